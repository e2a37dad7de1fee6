#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <vector>

#include "base/result.h"
#include "http/listen_address.h"
#include "http/server_context.h"
#include "http/worker.h"

namespace tidemark::http {

/// Opens what the address means: one socket, two for localhost, all with the same port.
/// Errors: as Server::start.
[[nodiscard]] Result<std::vector<boost::asio::ip::tcp::acceptor>> listen_on(
    boost::asio::io_context& io, const ListenAddress& address);

/// Accepts until the acceptor is closed; workers take turns. On the acceptor's thread. The caller
/// keeps all that it refers to alive so long.
[[nodiscard]] boost::asio::awaitable<void> accept_all(
    boost::asio::ip::tcp::acceptor* acceptor, ServerContext* context,
    const std::vector<std::unique_ptr<Worker>>* workers);

}  // namespace tidemark::http
