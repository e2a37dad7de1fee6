#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidemark::bench {

/// A voucher of about 1 KB, as a contract with a few lines, that says in fixed places which event
/// it is and when it was published. Its length is always the same.
class Voucher {
 public:
  /// `source` keeps apart what several runs publish to one hub.
  explicit Voucher(std::string_view source);

  /// The text of event number `event`, published at `sent_ns`. Valid until the next call.
  [[nodiscard]] std::string_view text(std::uint64_t event, std::int64_t sent_ns);
  [[nodiscard]] std::size_t bytes() const { return text_.size(); }

 private:
  void put(std::size_t at, std::uint64_t number, std::size_t digits);

  std::string text_;
  std::size_t id_at_;
  std::size_t event_at_;
  std::size_t sent_at_;
};

/// What a receiver finds in a body that carries it; false when there is nothing of the kind.
[[nodiscard]] bool find_marks(std::string_view body, std::uint64_t& event, std::int64_t& sent_ns);

}  // namespace tidemark::bench
