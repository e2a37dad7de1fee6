#include "export/path_clean.h"

#include <gtest/gtest.h>

#include "export/tree_file.h"

namespace tidemark::exporter {
namespace {

TEST(PathClean, ReplacesWhatNoPathMayHold) {
  EXPECT_EQ(clean_component("../../etc"), "_._.._etc");
  EXPECT_EQ(clean_component("A/B\\C:D*E?F\"G<H>I|J K"), "A_B_C_D_E_F_G_H_I_J_K");
  EXPECT_EQ(clean_component(std::string_view("a\0b\nc\x7f", 6)), "a_b_c_");
  EXPECT_EQ(clean_component("a\xff\xfe"), "a__");
  EXPECT_EQ(clean_component("a\xE3\x80\x80m\xE2\x80\xAEn"), "a_m_n");  // U+3000, U+202E
}

TEST(PathClean, NeverIsEmptyHiddenOrAnOption) {
  EXPECT_EQ(clean_component(""), "_");
  EXPECT_EQ(clean_component("."), "_");
  EXPECT_EQ(clean_component(".."), "_.");
  EXPECT_EQ(clean_component("-rf"), "_rf");
}

TEST(PathClean, KeepsLettersOfEveryScript) {
  EXPECT_EQ(clean_component("发票-Ünïcode😀"), "发票-Ünïcode😀");
}

TEST(PathClean, CutsLongPartsAtACharacterAndTellsThemApart) {
  std::string first;
  for (int i = 0; i < 100; ++i) first += "发";
  const std::string second = first + "票";
  EXPECT_LE(clean_component(first).size(), path_part_bytes_max);
  EXPECT_NE(clean_component(first), clean_component(second));
  EXPECT_EQ(clean_component(clean_component(first)), clean_component(first));
}

TEST(PathClean, NamesThatDifferInCaseOnlyAreEqual) {
  EXPECT_EQ(name_hash("t/DE/INV-ÄÖ"), name_hash("T/de/inv-äö"));
  EXPECT_NE(name_hash("t/DE/INV-1"), name_hash("t/DE/INV-2"));
}

}  // namespace
}  // namespace tidemark::exporter
