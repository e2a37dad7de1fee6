#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <unordered_set>

#include "http/mailbox.h"
#include "http/server_context.h"

namespace tidemark::http {

class Connection;

/// One io thread and the connections that live on it.
class Worker {
 public:
  /// Starts the thread; throws std::system_error when the system has none.
  explicit Worker(ServerContext& context);
  ~Worker();  ///< join() must have come before.
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // From any thread.

  [[nodiscard]] boost::asio::io_context& io() { return io_; }
  /// Takes over a connection that was counted; its socket belongs to io().
  void adopt(boost::asio::ip::tcp::socket socket);
  /// No connection begins another exchange.
  void drain();
  /// Cuts off what remains, ends the thread and waits for it. A handler that does not return
  /// holds it up.
  void join();

  // From the io thread, for connections.

  [[nodiscard]] ServerContext& context() { return context_; }
  [[nodiscard]] const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
  [[nodiscard]] bool draining() const { return draining_; }
  /// For the Date field; made once a second.
  [[nodiscard]] const std::string& date();

 private:
  void sweep_later();
  void sweep();

  ServerContext& context_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer sweep_timer_;
  std::shared_ptr<Mailbox> mailbox_;
  std::unordered_set<std::shared_ptr<Connection>> connections_;
  bool draining_ = false;
  bool ending_ = false;
  std::string date_;
  std::chrono::sys_seconds date_of_{};
  std::thread thread_;
};

}  // namespace tidemark::http
