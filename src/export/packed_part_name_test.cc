#include "export/packed_part_name.h"

#include <gtest/gtest.h>

namespace tidemark::exporter {
namespace {

constexpr const char* run = "20251203T170406-123456";

TEST(PackedPartName, TellsItsRun) {
  for (const Compression compression : {Compression::none, Compression::gzip, Compression::zstd}) {
    const std::string name = packed_part_name(run, 7, compression);
    EXPECT_EQ(run_of_part(name), run);
    EXPECT_EQ(packed_compression(name), compression);
  }
  EXPECT_EQ(packed_part_name(run, 1, Compression::gzip), std::string(run) + "-0001.ndjson.gz");
  EXPECT_EQ(run_of_part(packed_part_name(run, 12345, Compression::none)), run);
}

TEST(PackedPartName, OthersAreNoParts) {
  for (const char* rest :
       {"", "-", "-0001", "-0001.txt", "-0001.ndjson.bak", "-1.ndjson", "-00001.ndjson",
        "-abcd.ndjson", "-+001.ndjson", "_0001.ndjson", "-0001.ndjson~"}) {
    EXPECT_EQ(run_of_part(std::string(run) + rest), "") << rest;
  }
  EXPECT_EQ(run_of_part("20251303T170406-123456-0001.ndjson"), "");
  EXPECT_EQ(run_of_part("copy of 20251203T170406-123456-0001.ndjson"), "");
  EXPECT_EQ(run_of_part("notes.ndjson"), "");
}

}  // namespace
}  // namespace tidemark::exporter
