#include "export/fast_gzip.h"

#include <gtest/gtest.h>

#include <random>

#include "export/codec.h"

namespace tidemark::exporter {
namespace {

std::string unpacked(std::string_view file) {
  const Result<std::string> content = decompress(Compression::gzip, file, 64 << 20);
  return content ? *content : "not a gzip file: " + content.error().what.en;
}

std::string random_bytes(std::size_t size) {
  std::mt19937_64 random(size);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

TEST(FastGzip, GivesBackWhatWentIn) {
  const std::string invoice =
      R"({"invoiceNo":"FP-1","seller":"上海示例科技有限公司","total":"12345.67","lines":[]})";
  std::string out;
  for (const std::string& text :
       {std::string(), std::string("{}"), invoice, std::string(100'000, 'a')}) {
    const std::size_t size = fast_gzip(text, out);
    EXPECT_EQ(unpacked(std::string_view(out).substr(0, size)), text);
  }
}

TEST(FastGzip, MakesJsonSmaller) {
  std::string text;
  for (int i = 0; i < 20; ++i) text += R"({"lineId":"7","quantity":"12","amount":"462.00"},)";
  std::string out;
  EXPECT_LT(fast_gzip(text, out), text.size() / 5);
}

TEST(FastGzip, StoresWhatCannotBeCompressed) {
  std::string out;
  // Around the length of a stored block, and several of them.
  for (const std::size_t size : {1U, 100U, 65'534U, 65'535U, 65'536U, 1'000'000U}) {
    const std::string bytes = random_bytes(size);
    out.clear();
    const std::size_t packed = fast_gzip(bytes, out);
    EXPECT_LE(packed, size + size / 65'535 * 5 + 64) << size;
    EXPECT_TRUE(unpacked(std::string_view(out).substr(0, packed)) == bytes) << size;
  }
}

TEST(FastGzip, TheSameBytesGiveTheSameFile) {
  std::string first;
  std::string second(1 << 20, 'x');  // What the buffer held before must not matter.
  const std::string text = R"({"a": 1, "b": [2, 3, {"c": "4"}]})";
  const std::size_t size = fast_gzip(text, first);
  ASSERT_EQ(fast_gzip(text, second), size);
  EXPECT_EQ(first.substr(0, size), second.substr(0, size));
}

TEST(FastGzip, IsTheDefaultOfTheCompressorAndLevelsAreSmaller) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += R"({"name":"办公用品 )" + std::to_string(i * 977) + R"("},)";
  Compressor fast(Compression::gzip, 0);
  Compressor small(Compression::gzip, 9);
  const std::string packed(fast.compress(text));
  EXPECT_EQ(unpacked(packed), text);
  EXPECT_EQ(unpacked(small.compress(text)), text);
  EXPECT_LT(small.compress(text).size(), packed.size());
}

}  // namespace
}  // namespace tidemark::exporter
