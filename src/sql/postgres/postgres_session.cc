#include "sql/postgres/postgres_session.h"

#include <poll.h>

#include <cctype>
#include <cerrno>

#include "base/check.h"
#include "sql/statement.h"

namespace tidemark::sql {
namespace {

using Milliseconds = std::chrono::milliseconds;

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

/// libpq tells the SQLSTATE of a refused login only in a verbose text: `FATAL:  28P01: password …`.
/// Takes it out of `text`; empty if there is none.
std::string take_sqlstate(std::string& text) {
  const auto is_code = [&text](std::size_t at) {
    for (std::size_t i = at; i < at + 5; ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (std::isdigit(c) == 0 && std::isupper(c) == 0) return false;
    }
    return text[at + 5] == ':';
  };
  for (std::size_t at = text.find(":  "); at != std::string::npos; at = text.find(":  ", at + 1)) {
    if (at + 9 > text.size() || !is_code(at + 3)) continue;
    std::string code = text.substr(at + 3, 5);
    text.erase(at + 3, 7);
    return code;
  }
  return "";
}

std::string sslmode(const Url& url) {
  const std::string mode = url.option("tls", "prefer");
  return mode == "off" ? "disable" : mode == "verify" ? "verify-full" : mode;
}

using Parameters = std::vector<std::pair<const char*, std::string>>;

Parameters connection_parameters(const Url& url, const ConnectOptions& options) {
  return {
      {"host", url.option("socket", url.host)},
      {"port", url.port == 0 ? "" : std::to_string(url.port)},
      {"user", url.user},
      {"password", url.password.value_or("")},
      {"dbname", url.database},
      {"sslmode", sslmode(url)},
      {"sslrootcert", url.option("tls_ca")},
      {"gssencmode", "disable"},
      {"client_encoding", "UTF8"},
      {"fallback_application_name", "tidemark"},
      {"keepalives_idle", "60"},
      {"keepalives_interval", "15"},
      {"keepalives_count", "4"},
      {"tcp_user_timeout", std::to_string(options.read_timeout.count())},
  };
}

}  // namespace

ErrorKind kind_of_sqlstate(std::string_view sqlstate) {
  const std::string_view group = sqlstate.substr(0, 2);
  if (group == "28" || sqlstate == "42501") return ErrorKind::unauthorized;
  if (sqlstate == "53100") return ErrorKind::no_space;
  if (sqlstate == "57014") return ErrorKind::cancelled;
  if (sqlstate == "3D000") return ErrorKind::not_found;
  // Lock not available; and what is cured by doing the transaction again.
  if (sqlstate == "55P03" || sqlstate == "40001" || sqlstate == "40P01") return ErrorKind::timeout;
  // 25006: it is read-only now, as a demoted primary is; the one that took its place is elsewhere.
  if (sqlstate == "25006") return ErrorKind::unreachable;
  if (group == "08" || sqlstate == "53300" || sqlstate == "25P03" || sqlstate.starts_with("57P")) {
    return ErrorKind::unreachable;
  }
  if (sqlstate == "XX001" || sqlstate == "XX002") return ErrorKind::corrupt;
  return ErrorKind::query;
}

Result<PostgresSession> PostgresSession::open(const Url& url, const ConnectOptions& options) {
  const Parameters parameters = connection_parameters(url, options);
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : parameters) {
    if (value.empty()) continue;  // Left to libpq: its environment variables, its service file.
    keywords.push_back(keyword);
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);

  // 0: the name of a database is never read as a connection string.
  PostgresHandle handle(PQconnectStartParams(keywords.data(), values.data(), 0));
  check(handle != nullptr, "libpq has memory for a connection");
  PostgresSession session(std::move(handle));
  session.read_timeout_ = options.read_timeout;
  PQsetErrorVerbosity(session.handle(), PQERRORS_VERBOSE);
  Result<void> connected =
      session.finish_connecting(url, url.connect_timeout(options.connect_timeout));
  if (!connected) return fail(std::move(connected).error());
  PQsetErrorVerbosity(session.handle(), PQERRORS_DEFAULT);
  // Notices are for people at a prompt; errors come as results.
  PQsetNoticeReceiver(session.handle(), [](void*, const PGresult*) {}, nullptr);
  PQsetnonblocking(session.handle(), 1);
  session.cancel_.reset(PQgetCancel(session.handle()));
  return session;
}

Result<void> PostgresSession::finish_connecting(const Url& url, Milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (PQstatus(handle()) != CONNECTION_BAD) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now());
    Result<void> ready =
        wait(state == PGRES_POLLING_READING ? POLLIN : POLLOUT, std::max(left, Milliseconds{0}));
    if (!ready) return fail(std::move(ready).error().within({"{}", "{}"}, url.redacted()));
    state = PQconnectPoll(handle());
    if (state == PGRES_POLLING_OK) return {};
    if (state == PGRES_POLLING_FAILED) break;
  }
  std::string text(first_line(PQerrorMessage(handle())));
  const std::string sqlstate = take_sqlstate(text);
  const bool no_password = PQconnectionNeedsPassword(handle()) != 0;
  return fail(make_error(no_password        ? ErrorKind::unauthorized
                         : sqlstate.empty() ? ErrorKind::unreachable
                                            : kind_of_sqlstate(sqlstate),
                         {"PostgreSQL: {}: {}", "PostgreSQL：{}：{}"}, url.redacted(), text));
}

std::string_view PostgresSession::server_encoding() const {
  const char* name = PQparameterStatus(handle(), "server_encoding");
  return name == nullptr ? "" : name;
}

Result<void> PostgresSession::wait(short events, Milliseconds timeout) {
  pollfd descriptor{.fd = PQsocket(handle()), .events = events, .revents = 0};
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now());
    const int ready =
        ::poll(&descriptor, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
    if (ready > 0) return {};
    if (ready < 0 && errno == EINTR) continue;
    broken_ = true;
    return fail(ErrorKind::timeout,
                {"PostgreSQL: no answer within {} s", "PostgreSQL：{} 秒内没有应答"},
                std::chrono::ceil<std::chrono::seconds>(timeout).count());
  }
}

Result<void> PostgresSession::flush() {
  if (broken_) return fail(connection_failure());
  while (true) {
    const int left = PQflush(handle());
    if (left == 0) return {};
    if (left < 0) return fail(connection_failure());
    // Reading too, since the server may be waiting for us to take its answer.
    if (Result<void> ready = wait(POLLIN | POLLOUT, read_timeout_); !ready) return ready;
    if (PQconsumeInput(handle()) == 0) return fail(connection_failure());
  }
}

Result<void> PostgresSession::wait_while_busy() {
  if (broken_) return fail(connection_failure());
  while (PQisBusy(handle()) != 0) {
    if (Result<void> ready = wait(POLLIN, read_timeout_); !ready) return ready;
    if (PQconsumeInput(handle()) == 0) return fail(connection_failure());
  }
  return {};
}

Result<PostgresResult> PostgresSession::next_result(std::string_view sql) {
  if (Result<void> waited = wait_while_busy(); !waited) return fail(std::move(waited).error());
  PostgresResult result(PQgetResult(handle()));
  if (!result) return result;
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_FATAL_ERROR && status != PGRES_BAD_RESPONSE) return result;
  const char* sqlstate = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  const char* primary = PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
  Error error = connection_failure();
  if (sqlstate != nullptr && primary != nullptr) {
    error = make_error(kind_of_sqlstate(sqlstate),
                       {"PostgreSQL error {}: {}: {}", "PostgreSQL 错误 {}：{}：{}"}, sqlstate,
                       primary, excerpt(sql));
  }
  discard_results();
  return fail(std::move(error));
}

void PostgresSession::discard_results() {
  while (wait_while_busy()) {
    const PostgresResult result(PQgetResult(handle()));
    if (!result) return;
    // A COPY that nobody feeds would go on for ever.
    if (PQresultStatus(result.get()) == PGRES_COPY_IN) PQputCopyEnd(handle(), "abandoned");
    if (PQresultStatus(result.get()) == PGRES_COPY_OUT) broken_ = true;
  }
}

Error PostgresSession::connection_failure() const {
  const std::string_view text = first_line(PQerrorMessage(handle()));
  return make_error(ErrorKind::unreachable,
                    {"PostgreSQL: the connection is broken: {}", "PostgreSQL：连接已断开：{}"},
                    text);
}

void PostgresSession::cancel() const {
  std::array<char, 256> ignored;  // The reason of a failure; the statement then just goes on.
  if (cancel_) PQcancel(cancel_.get(), ignored.data(), static_cast<int>(ignored.size()));
}

}  // namespace tidemark::sql
