#include "export/codec.h"

#include <gtest/gtest.h>

#include "export/tree_file.h"

namespace tidemark::exporter {
namespace {

constexpr std::size_t plenty = 1 << 20;

class Codec : public testing::TestWithParam<Compression> {
 protected:
  [[nodiscard]] static std::string packed(std::string_view text, int level = 0) {
    return std::string(Compressor(GetParam(), level).compress(text));
  }
  [[nodiscard]] static Result<std::string> unpacked(std::string_view file,
                                                    std::size_t limit = plenty) {
    return decompress(GetParam(), file, limit);
  }
  [[nodiscard]] static std::string text(std::size_t bytes) {
    std::string made;
    for (std::uint32_t state = 1; made.size() < bytes; state = state * 1664525 + 1013904223) {
      made += static_cast<char>(state >> 24);
    }
    return made;
  }
};

TEST_P(Codec, GivesBackWhatItTook) {
  Compressor compressor(GetParam(), 0);
  for (const std::string& content : {std::string(), std::string("{}"), std::string(100'000, 'x'),
                                     text(70'000), std::string("\0\0", 2)}) {
    EXPECT_EQ(unpacked(compressor.compress(content)).value(), content) << content.size();
  }
}

TEST_P(Codec, IsDeterministic) { EXPECT_EQ(packed(text(5000)), packed(text(5000))); }

TEST_P(Codec, HighLevelsWork) {
  const int level = GetParam() == Compression::gzip ? 12 : 22;
  EXPECT_EQ(unpacked(packed(text(5000), level)).value(), text(5000));
}

TEST_P(Codec, HonoursTheLimit) {
  const std::string file = packed(text(5000));
  EXPECT_EQ(unpacked(file, 5000).value().size(), 5000U);
  EXPECT_FALSE(unpacked(file, 4999));
  EXPECT_FALSE(unpacked(file, 0));
  EXPECT_FALSE(unpacked(file + packed("x"), 5000));
  EXPECT_EQ(unpacked(packed(""), 0).value(), "");
}

TEST_P(Codec, ReadsPieceByPiece) {
  const std::string file = packed("one") + packed("") + packed("two");
  EXPECT_EQ(unpacked(file).value(), "onetwo");
  if (GetParam() == Compression::none) return;
  std::string_view rest = file;
  EXPECT_EQ(decompress_first(GetParam(), rest, plenty).value(), "one");
  EXPECT_EQ(decompress_first(GetParam(), rest, plenty).value(), "");
  EXPECT_EQ(decompress_first(GetParam(), rest, plenty).value(), "two");
  EXPECT_TRUE(rest.empty());
}

TEST_P(Codec, NoticesDamage) {
  if (GetParam() == Compression::none) return;
  const std::string file = packed(text(5000));
  for (std::size_t length = 1; length < file.size(); length += 61) {
    EXPECT_EQ(unpacked(file.substr(0, length)).error().kind, ErrorKind::corrupt) << length;
  }
  EXPECT_FALSE(unpacked(file + "garbage"));
  EXPECT_FALSE(unpacked("not compressed at all"));
}

TEST(CodecGzip, NoticesAChangedByte) {
  std::string file(Compressor(Compression::gzip, 0).compress("some content"));
  for (std::size_t i = 10; i < file.size(); ++i) {  // Behind the header, which has no checksum.
    std::string changed = file;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(decompress(Compression::gzip, changed, plenty)) << i;
  }
}

std::string name_of(const testing::TestParamInfo<Compression>& info) {
  if (info.param == Compression::none) return "none";
  return info.param == Compression::gzip ? "gzip" : "zstd";
}

INSTANTIATE_TEST_SUITE_P(All, Codec, testing::ValuesIn(all_compressions), name_of);

}  // namespace
}  // namespace tidemark::exporter
