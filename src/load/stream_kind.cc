#include "load/stream_kind.h"

#include <algorithm>

#include "base/check.h"

namespace tidemark::load {
namespace {

struct Words {
  StreamKind stream;
  std::string_view name;
  std::string_view table;
  const char* en;
  const char* zh;
};

constexpr std::array words = {
    Words{StreamKind::orders, "orders", "orders", "orders", "订单"},
    Words{StreamKind::aftersales, "aftersales", "refunds", "refunds", "售后单"},
    Words{StreamKind::users, "users", "users", "users", "用户"},
    Words{StreamKind::products, "products", "products", "products", "商品"},
    Words{StreamKind::live, "live", "live_streams", "live streams", "直播"},
};

const Words& words_of(StreamKind stream) {
  const auto found = std::ranges::find(words, stream, &Words::stream);
  check(found != words.end(), "every stream has its words");
  return *found;
}

}  // namespace

std::string_view name(StreamKind stream) { return words_of(stream).name; }

std::string_view table_name(StreamKind stream) { return words_of(stream).table; }

Message title(StreamKind stream) { return {words_of(stream).en, words_of(stream).zh}; }

std::optional<StreamKind> stream_named(std::string_view name) {
  const auto found = std::ranges::find(words, name, &Words::name);
  if (found == words.end()) return std::nullopt;
  return found->stream;
}

}  // namespace tidemark::load
