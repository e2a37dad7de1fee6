#include "http/plain_lines.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "http/transfer.h"

namespace tidemark::http {
namespace {

/// How often kept connections are looked through.
constexpr std::chrono::seconds sweep_every{1};

/// Neither closed by the other side nor saying what nobody asked for, which would be taken for the
/// next answer.
bool is_silent(int fd) {
  char byte = 0;
  return ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace

PlainLines::PlainLines(const ClientOptions& options, SocketEvents& events, Over over,
                       Connect connect)
    : options_(options), events_(events), over_(std::move(over)), connect_(std::move(connect)) {}

PlainLines::~PlainLines() = default;

PlainLines::Line* PlainLines::at(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  return index < lines_.size() ? lines_[index].get() : nullptr;
}

bool PlainLines::is_fresh(const Line& line, Time now) const {
  return now - line.used < options_.idle_timeout && now - line.opened < options_.connection_age_max;
}

PlainLines::Line* PlainLines::kept_for(const std::string& origin, Time now) {
  while (true) {
    const auto kept = kept_.find(origin);
    if (kept == kept_.end() || kept->second.empty()) return nullptr;
    Line& line = *at(kept->second.back());
    if (!is_fresh(line, now) || !is_silent(line.fd.get())) {
      close(line);
      continue;
    }
    kept->second.pop_back();
    --kept_count_;
    return &line;
  }
}

void PlainLines::send(Exchange exchange, Time now) {
  Line* line = kept_for(exchange->origin(), now);
  if (line == nullptr) return connect_(std::move(exchange));
  begin(*line, std::move(exchange), true, now);
}

void PlainLines::send_on(UniqueFd fd, const IpAddress& peer, Exchange exchange, Time now) {
  const int number = fd.get();
  const auto index = static_cast<std::size_t>(number);
  if (lines_.size() <= index) lines_.resize(index + 1);
  events_.opened(number);
  lines_[index] = std::make_unique<Line>(Line{
      .fd = std::move(fd), .peer = peer, .origin = exchange->origin(), .opened = now, .used = now});
  begin(*lines_[index], std::move(exchange), false, now);
}

/// Its address must please this request, whatever an earlier one was allowed.
void PlainLines::begin(Line& line, Exchange exchange, bool reused, Time now) {
  exchange->set_out(line.peer, reused);
  const auto refused = refusal_of(exchange->request().policy.get(), line.peer);
  line.exchange = std::move(exchange);
  deadlines_.emplace(line.exchange->deadline(), line.fd.get());
  if (refused) {
    Exchange over = take_exchange(line);
    ClientResponse response = over->break_off(ClientError::address_refused, *refused, now);
    keep(line, now);
    return over_(std::move(over), std::move(response));
  }
  line.exchange->write(line.fd.get());
  follow(line, PlainExchange::Progress::under_way, now);
}

bool PlainLines::act(int fd, std::uint32_t happened, Time now) {
  Line* line = at(fd);
  if (line == nullptr) return false;
  if (!line->exchange) {
    // Closed by the other side; or it talks without having been asked.
    close(*line);
    return true;
  }
  PlainExchange& exchange = *line->exchange;
  PlainExchange::Progress progress = PlainExchange::Progress::under_way;
  if ((happened & EPOLLOUT) != 0) exchange.write(fd);
  if ((happened & ~std::uint32_t{EPOLLOUT}) != 0 || exchange.write_failed())
    progress = exchange.read(fd, now);
  follow(*line, progress, now);
  return true;
}

void PlainLines::follow(Line& line, PlainExchange::Progress progress, Time now) {
  if (progress == PlainExchange::Progress::under_way) {
    const bool writing = !line.exchange->is_written();
    return events_.watch(line.fd.get(), writing ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }
  Exchange exchange = take_exchange(line);
  if (progress == PlainExchange::Progress::again) {
    close(line);
    return connect_(std::move(exchange));
  }
  const bool kept = exchange->keeps_connection();
  ClientResponse response = exchange->finish(now);
  kept ? keep(line, now) : close(line);
  over_(std::move(exchange), std::move(response));
}

PlainLines::Exchange PlainLines::take_exchange(Line& line) {
  deadlines_.erase({line.exchange->deadline(), line.fd.get()});
  return std::move(line.exchange);
}

void PlainLines::keep(Line& line, Time now) {
  if (kept_count_ >= options_.idle_connections_max) return close(line);
  line.used = now;
  events_.watch(line.fd.get(), EPOLLIN);  // So that its end is seen.
  kept_[line.origin].push_back(line.fd.get());
  ++kept_count_;
}

void PlainLines::close(Line& line) {
  const int fd = line.fd.get();
  if (const auto kept = kept_.find(line.origin); kept != kept_.end()) {
    kept_count_ -= static_cast<std::size_t>(std::erase(kept->second, fd));
    if (kept->second.empty()) kept_.erase(kept);
  }
  events_.closed(fd);
  lines_[static_cast<std::size_t>(fd)].reset();
}

std::optional<PlainLines::Time> PlainLines::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

void PlainLines::break_off_first(ClientError why, std::string text, Time now) {
  Line& line = *at(deadlines_.begin()->second);
  Exchange exchange = take_exchange(line);
  close(line);
  ClientResponse response = exchange->break_off(why, std::move(text), now);
  over_(std::move(exchange), std::move(response));
}

void PlainLines::give_up(Time now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now)
    break_off_first(ClientError::etimedout, "no answer came in time", now);
  if (now - swept_ < sweep_every) return;
  swept_ = now;
  for (std::size_t index = 0; index < lines_.size(); ++index)
    if (Line* line = lines_[index].get();
        line != nullptr && !line->exchange && !is_fresh(*line, now))
      close(*line);
}

void PlainLines::cancel_all(Time now) {
  while (!deadlines_.empty())
    break_off_first(ClientError::cancelled, "stopped before an answer came", now);
}

}  // namespace tidemark::http
