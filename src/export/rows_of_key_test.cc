#include "export/rows_of_key.h"

#include <gtest/gtest.h>

namespace tidemark::exporter {
namespace {

RowsOfKey::Row row(const std::string& number, const std::string& payload = "{}",
                   Held held = Held::nothing) {
  return {.look = {.tenant = "t1", .number = number, .hash = content_hash(payload)}, .held = held};
}

RowsOfKey::Row broken(RowsOfKey::Row row) {
  row.is_good = false;
  return row;
}

RowsOfKey::Row not_read(RowsOfKey::Row row) {
  row.is_read = false;
  return row;
}

DoubledKey decided(const std::vector<RowsOfKey::Row>& rows) {
  RowsOfKey key;
  for (const RowsOfKey::Row& each : rows) key.add(each);
  EXPECT_TRUE(key.differ());
  return key.decided();
}

std::string kept(const std::vector<RowsOfKey::Row>& rows) {
  const DoubledKey key = decided(rows);
  if (!key.kept) return "none";
  return key.kept->number + (key.awaits_file ? ", to be written" : "");
}

TEST(RowsOfKey, RowsThatLookAlikeAreAsGoodAsOne) {
  RowsOfKey key;
  key.add(row("A"));
  key.add(row("A"));
  EXPECT_FALSE(key.differ());
  EXPECT_EQ(key.count(), 2U);
  EXPECT_EQ(decided({row("A"), row("A"), row("B")}).hash, decided({row("A"), row("B")}).hash);
}

TEST(RowsOfKey, TheHashIsOfAllRowsInWhateverOrder) {
  const ContentHash hash = decided({row("A"), row("B"), row("C")}).hash;
  EXPECT_EQ(decided({row("C"), row("A"), row("B")}).hash, hash);
  EXPECT_EQ(decided({row("C", "{}", Held::all), row("A"), row("B")}).hash, hash);
  EXPECT_NE(decided({row("A"), row("B")}).hash, hash);
  EXPECT_NE(decided({row("A"), row("B"), row("D")}).hash, hash);
  EXPECT_NE(decided({row("A"), row("B"), row("C", "[]")}).hash, hash);
  EXPECT_NE(decided({row("A"), row("B"), row("C"), row("D")}).hash, hash);
  // What one part ends with, the next does not begin with.
  RowsOfKey::Row left = row("A");
  RowsOfKey::Row right = row("BA");
  left.look.date = "B";
  EXPECT_NE(decided({left, row("Z")}).hash, decided({right, row("Z")}).hash);
}

TEST(RowsOfKey, WhatTheTreeHoldsStays) {
  EXPECT_EQ(kept({row("A"), row("B", "{}", Held::all)}), "B");
  EXPECT_EQ(kept({row("A"), broken(row("B", "{}", Held::all))}), "B");
  EXPECT_EQ(kept({row("A"), not_read(row("B", "{}", Held::all))}), "B");
  EXPECT_EQ(kept({row("A", "{}", Held::name), row("A", "[]", Held::all)}), "A");
  EXPECT_EQ(decided({row("A"), row("B", "{}", Held::all)}).left_out.number, "A");
}

TEST(RowsOfKey, TheFileFollowsTheRowThatHasItsName) {
  EXPECT_EQ(kept({row("A"), row("B", "{}", Held::name)}), "B, to be written");
  EXPECT_EQ(kept({row("A"), not_read(row("B", "{}", Held::name))}), "B");
  // The last good file of it, if it is broken now.
  EXPECT_EQ(kept({row("A"), broken(row("B", "{}", Held::name))}), "B");
  EXPECT_EQ(kept({broken(row("B", "{", Held::name)), row("B", "[]", Held::name)}),
            "B, to be written");
}

TEST(RowsOfKey, ElseTheSmallestThatCanBeWritten) {
  EXPECT_EQ(kept({row("C"), row("B"), row("D")}), "B, to be written");
  EXPECT_EQ(decided({row("C"), row("B"), row("D")}).left_out.number, "C");
  EXPECT_EQ(kept({row("C"), broken(row("A")), not_read(row("B"))}), "C, to be written");
  EXPECT_EQ(kept({broken(row("A")), not_read(row("B"))}), "none");
}

}  // namespace
}  // namespace tidemark::exporter
