#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "http/client.h"
#include "http/ip_address.h"
#include "http/plain_exchange.h"
#include "http/socket_events.h"

namespace tidemark::http {

/// Connections of plain HTTP/1.1: those with a request under way, and those that are kept for the
/// next one. On the client's thread.
class PlainLines {
 public:
  using Time = PlainExchange::Time;
  using Exchange = std::unique_ptr<PlainExchange>;
  /// Gets each exchange that is over.
  using Over = std::function<void(Exchange, ClientResponse)>;
  /// Gets each exchange that needs a connection of its own.
  using Connect = std::function<void(Exchange)>;

  /// `options` and `events` must outlive it.
  PlainLines(const ClientOptions& options, SocketEvents& events, Over over, Connect connect);
  ~PlainLines();
  PlainLines(const PlainLines&) = delete;
  PlainLines& operator=(const PlainLines&) = delete;

  /// On a kept connection, if there is one; else `connect` gets it.
  void send(Exchange exchange, Time now);
  /// On a connection that was made for it.
  void send_on(UniqueFd fd, const IpAddress& peer, Exchange exchange, Time now);

  /// False when the descriptor is none of these.
  bool act(int fd, std::uint32_t happened, Time now);
  /// When the next exchange has had its time; nullopt: none is under way.
  [[nodiscard]] std::optional<Time> next_deadline() const;
  /// Ends those, and closes what was kept long enough.
  void give_up(Time now);
  void cancel_all(Time now);
  [[nodiscard]] bool idle() const { return deadlines_.empty(); }

 private:
  struct Line {
    UniqueFd fd;
    IpAddress peer;
    std::string origin;
    Time opened;
    Time used;
    Exchange exchange{};  ///< None: it is kept.
  };

  [[nodiscard]] Line* at(int fd);
  [[nodiscard]] bool is_fresh(const Line& line, Time now) const;
  [[nodiscard]] Line* kept_for(const std::string& origin, Time now);
  void begin(Line& line, Exchange exchange, bool reused, Time now);
  void follow(Line& line, PlainExchange::Progress progress, Time now);
  [[nodiscard]] Exchange take_exchange(Line& line);
  /// Of what is under way, the one whose time is over first.
  void break_off_first(ClientError why, std::string text, Time now);
  void keep(Line& line, Time now);
  void close(Line& line);

  const ClientOptions& options_;
  SocketEvents& events_;
  const Over over_;
  const Connect connect_;
  std::vector<std::unique_ptr<Line>> lines_;  ///< By descriptor.
  std::unordered_map<std::string, std::vector<int>> kept_;
  std::size_t kept_count_ = 0;
  std::set<std::pair<Time, int>> deadlines_;  ///< Of what is under way.
  Time swept_{};
};

}  // namespace tidemark::http
