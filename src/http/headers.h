#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidemark::http {

/// The header fields of a message in their order, names as they came. A value: all text stands in
/// one buffer, so that a message costs two allocations whatever its number of fields.
class Headers {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  Headers() = default;
  Headers(std::initializer_list<Field> fields) {
    for (const Field& field : fields) add(field.name, field.value);
  }

  /// Keeps what it is given; is_field_name and is_field_value say what may be sent.
  void add(std::string_view name, std::string_view value);
  void clear();

  /// The first field of that name (RFC 9110 5.1: letter case does not count). The view lives until
  /// the next change.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;

  [[nodiscard]] std::size_t size() const { return spans_.size(); }
  [[nodiscard]] bool empty() const { return spans_.empty(); }
  [[nodiscard]] Field at(std::size_t index) const;
  /// Bytes of all names and values.
  [[nodiscard]] std::size_t bytes() const { return text_.size(); }

 private:
  struct Span {
    std::uint32_t name;
    std::uint32_t value;
    std::uint32_t end;
  };
  std::string text_;
  std::vector<Span> spans_;
};

/// Letter case of ASCII does not count.
[[nodiscard]] bool equal_fold(std::string_view a, std::string_view b);

/// A token of RFC 9110 5.6.2: method names and field names.
[[nodiscard]] bool is_token(std::string_view text);

/// A value that cannot end its line: no control characters but the tab (RFC 9110 5.5).
[[nodiscard]] bool is_field_value(std::string_view text);

}  // namespace tidemark::http
