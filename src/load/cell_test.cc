#include "load/cell.h"

#include <gtest/gtest.h>

#include <chrono>

namespace tidemark::load {
namespace {

TEST(CellWriter, WritesWhatTheFunctionsMake) {
  const std::optional<CivilTime> time = CivilTime::parse("2025-01-02 03:04:05");
  const std::optional<std::int64_t> none, fen = -350;
  sql::Values row;
  {
    CellWriter cells(row);
    cells.exactly("").text("").text("课程").number(7).number(none).yuan(fen).yuan(none);
    cells.time(time).time(std::nullopt).null();
  }
  const sql::Values wanted = {std::string(),    cell::text(""),     cell::text("课程"),
                              std::int64_t{7},  cell::number(none), cell::yuan(fen),
                              cell::yuan(none), cell::time(time),   cell::time(std::nullopt),
                              std::monostate{}};
  ASSERT_EQ(row.size(), wanted.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    EXPECT_EQ(row[i].index(), wanted[i].index()) << i;
    if (const auto* text = std::get_if<std::string>(&row[i]))
      EXPECT_EQ(*text, std::get<std::string>(wanted[i]));
  }
}

TEST(CellWriter, NothingOfTheRowBeforeIsLeft) {
  sql::Values row = {"a text that is too long to stand in the cell itself", std::int64_t{5}, "x"};
  const char* memory = std::get<std::string>(row[0]).data();
  {
    CellWriter cells(row);
    cells.exactly("a shorter one, but not short").null();
  }
  ASSERT_EQ(row.size(), 2U);
  EXPECT_EQ(std::get<std::string>(row[0]), "a shorter one, but not short");
  EXPECT_EQ(std::get<std::string>(row[0]).data(), memory);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(row[1]));
  {
    CellWriter cells(row);
    cells.number(1).number(2).number(3);
  }
  ASSERT_EQ(row.size(), 3U);
  EXPECT_EQ(std::get<std::int64_t>(row[2]), 3);
}

}  // namespace
}  // namespace tidemark::load
