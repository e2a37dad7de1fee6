#include "cli/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Command program() {
  return {
      .name = "tidemark",
      .summary = {"x", "x"},
      .children = {
          {.name = "export",
           .summary = {"x", "x"},
           .flags = {{.names = "-d,--dry-run"},
                     {.names = "-t,--threads", .kind = FlagKind::value},
                     {.names = "--tenant", .kind = FlagKind::repeated},
                     {.names = "--field", .kind = FlagKind::repeated, .key = "export.fields"},
                     {.names = "-c,--compress",
                      .kind = FlagKind::optional_value,
                      .bare = "gzip",
                      .choices = "gzip|zstd"},
                     {.names = "--source", .kind = FlagKind::value, .key = "export.source"}}},
          {.name = "show",
           .summary = {"x", "x"},
           .positionals = {{.name = "ID"}, {.name = "FORM", .required = false, .choices = "a|b"}}},
          {.name = "drop", .positionals = {{.name = "ID", .required = false, .repeated = true}}},
      }};
}

/// The arguments of `tidemark export WORDS`.
Arguments exported(std::vector<std::string> words) {
  static const Command tree = program();
  words.insert(words.begin(), "export");
  Result<Invocation> invocation = parse(tree, words);
  EXPECT_TRUE(invocation) << invocation.error().what.en;
  return invocation ? invocation->arguments : Arguments{};
}

Error refused(const std::vector<std::string>& words) {
  static const Command tree = program();
  Result<Invocation> invocation = parse(tree, words);
  EXPECT_FALSE(invocation);
  if (invocation) return Error{ErrorKind::io, {}, {}};
  EXPECT_EQ(invocation.error().kind, ErrorKind::usage);
  EXPECT_FALSE(invocation.error().what.zh.empty());
  return invocation.error();
}

TEST(Parse, TakesEverySpellingOfAValue) {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"--threads", "4"}, {"--threads=4"}, {"-t", "4"}, {"-t4"}, {"-t=4"}, {"-dt4"}}) {
    EXPECT_EQ(exported(words).value("--threads"), "4") << words.front();
  }
  EXPECT_EQ(exported({"-t4", "-t", "8"}).value("--threads"), "8");
  EXPECT_EQ(exported({}).value("--threads"), std::nullopt);
}

TEST(Parse, ValuesPassByteForByte) {
  EXPECT_THAT(exported({"--tenant", "", "--tenant=a=b", "--tenant", "[x,y]", "--tenant", "\xff\n"})
                  .values("--tenant"),
              ElementsAre("", "a=b", "[x,y]", "\xff\n"));
  EXPECT_EQ(exported({"--threads", "-7"}).value("--threads"), "-7");
}

TEST(Parse, AForgottenValueNeverSwallowsAFlag) {
  const Arguments arguments = exported({"--tenant=", "--dry-run"});
  EXPECT_THAT(arguments.values("--tenant"), ElementsAre(""));
  EXPECT_TRUE(arguments.has("--dry-run"));
  EXPECT_THAT(refused({"export", "--tenant", "--dry-run"}).what.en, HasSubstr("needs a value"));
  EXPECT_THAT(refused({"export", "--tenant", "-d"}).hint.en, HasSubstr("--tenant=-d"));
  EXPECT_THAT(refused({"export", "--tenant"}).what.en, HasSubstr("needs a value"));
  EXPECT_EQ(exported({"--tenant=--dry-run"}).value("--tenant"), "--dry-run");
}

TEST(Parse, AnOptionalValueIsNeverTheNextWord) {
  EXPECT_EQ(exported({"--compress"}).value("--compress"), "gzip");
  EXPECT_EQ(exported({"--compress=zstd"}).value("--compress"), "zstd");
  EXPECT_EQ(exported({"-c", "-d"}).value("--compress"), "gzip");
  EXPECT_TRUE(exported({"-cd"}).has("--dry-run"));
  EXPECT_THAT(refused({"export", "-c", "zstd"}).what.en, HasSubstr("unexpected word 'zstd'"));
  EXPECT_THAT(refused({"export", "--compress=lz4"}).what.en, HasSubstr("gzip|zstd"));
  EXPECT_EQ(exported({"-czstd"}).value("--compress"), "zstd");
  EXPECT_EQ(exported({"-dczstd"}).value("--compress"), "zstd");
  EXPECT_THAT(refused({"export", "-czst"}).what.en, HasSubstr("unknown flag '-z'"));
}

TEST(Parse, AWordBehindAFlagWithAnOptionalValueIsExplained) {
  EXPECT_THAT(refused({"export", "-c", "zstd"}).hint.en, HasSubstr("--compress=zstd"));
  EXPECT_THAT(refused({"export", "-c", "lzma"}).hint.en,
              HasSubstr("one of gzip|zstd: --compress=gzip"));
  EXPECT_THAT(refused({"export", "lzma"}).hint.en, HasSubstr("--help"));
}

TEST(Parse, FlagsOfSettingsBecomeSettings) {
  static const Command tree = program();
  const std::vector<std::string> words = {"export", "--source", "sqlite:x.db", "-v"};
  const Result<Invocation> invocation = parse(tree, words);
  ASSERT_TRUE(invocation);
  ASSERT_EQ(invocation->settings.size(), 2U);
  EXPECT_EQ(invocation->settings[0].first, "export.source");
  EXPECT_EQ(invocation->settings[0].second.value, "sqlite:x.db");
  EXPECT_EQ(invocation->settings[0].second.where, "--source");
  EXPECT_EQ(invocation->settings[1].second.value, "debug");
}

TEST(Parse, ARepeatedFlagOfASettingMakesAList) {
  static const Command tree = program();
  const std::vector<std::string> words = {"export", "--field", "a", "--field=b"};
  const Result<Invocation> invocation = parse(tree, words);
  ASSERT_TRUE(invocation);
  ASSERT_EQ(invocation->settings.size(), 1U);
  EXPECT_EQ(invocation->settings[0].second.value, "a,b");
}

TEST(Parse, GlobalFlagsStandAnywhere) {
  static const Command tree = program();
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"--json", "show", "1"}, {"show", "--json", "1"}, {"show", "1", "--json"}}) {
    const Result<Invocation> invocation = parse(tree, words);
    ASSERT_TRUE(invocation);
    EXPECT_TRUE(invocation->arguments.has("--json"));
    EXPECT_EQ(invocation->name(), "tidemark show");
    EXPECT_EQ(invocation->arguments.positional("ID"), "1");
  }
}

TEST(Parse, PositionalsAreCountedAndChecked) {
  static const Command tree = program();
  const std::vector<std::string> words = {"show", "--", "--json"};
  const Result<Invocation> invocation = parse(tree, words);
  ASSERT_TRUE(invocation);
  EXPECT_EQ(invocation->arguments.positional("ID"), "--json");
  EXPECT_FALSE(invocation->arguments.has("--json"));
  EXPECT_EQ(invocation->arguments.positional("FORM"), std::nullopt);
  EXPECT_THAT(refused({"show"}).what.en, HasSubstr("ID is missing"));
  EXPECT_THAT(refused({"show", "1", "c"}).what.en, HasSubstr("a|b"));
  EXPECT_THAT(refused({"show", "1", "a", "x"}).what.en, HasSubstr("unexpected word 'x'"));
}

TEST(Parse, ARepeatedPositionalTakesAllThatIsLeft) {
  static const Command tree = program();
  const std::vector<std::string> words = {"drop", "1", "--json", "--", "-2"};
  const Result<Invocation> invocation = parse(tree, words);
  ASSERT_TRUE(invocation);
  EXPECT_THAT(invocation->arguments.values("ID"), testing::ElementsAre("1", "-2"));
  const std::vector<std::string> none = {"drop"};
  EXPECT_TRUE(parse(tree, none)->arguments.values("ID").empty());
}

TEST(Parse, SuggestsWhatWasMeant) {
  EXPECT_THAT(refused({"exprot"}).hint.en, HasSubstr("'export'"));
  EXPECT_THAT(refused({"export", "--thread", "4"}).hint.en, HasSubstr("'--threads'"));
  EXPECT_THAT(refused({"export", "--dryrun"}).hint.zh, HasSubstr("--dry-run"));
  EXPECT_THAT(refused({"export", "--zzzzzz"}).hint.en, HasSubstr("tidemark export --help"));
  EXPECT_THAT(refused({"export", "-x"}).what.en, HasSubstr("'-x'"));
  EXPECT_THAT(refused({"export", "--dry-run=no"}).what.en, HasSubstr("takes no value"));
  EXPECT_THAT(refused({"a\x1b[31m"}).what.en, HasSubstr("\\x1b"));
}

TEST(Parse, HelpIsShownThoughTheRestIsIncomplete) {
  static const Command tree = program();
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"show", "--help"}, {"help", "show"}, {"-h", "show", "--bogus"}}) {
    const Result<Invocation> invocation = parse(tree, words);
    ASSERT_TRUE(invocation);
    EXPECT_TRUE(invocation->help);
    EXPECT_EQ(invocation->name(), "tidemark show");
  }
}

TEST(Parse, ANameInCapitalsStandsForEveryOtherWord) {
  const std::vector<Flag> flags = {
      {.names = "--threads", .kind = FlagKind::value, .key = "export.*.threads"}};
  const Command tree = {.name = "tidemark",
                        .children = {{.name = "invoices", .flags = flags, .table = "invoices"},
                                     {.name = "drop_in", .flags = flags, .table = "invoices"},
                                     {.name = "NAME", .flags = flags}}};
  const auto key_of = [&](const std::string& word) {
    const std::vector<std::string> words = {word, "--threads", "2"};
    const Result<Invocation> invocation = parse(tree, words);
    return invocation ? invocation->name() + ": " + invocation->settings.front().first
                      : invocation.error().what.en;
  };
  EXPECT_EQ(key_of("invoices"), "tidemark invoices: export.invoices.threads");
  EXPECT_EQ(key_of("drop_in"), "tidemark drop_in: export.invoices.threads");
  EXPECT_EQ(key_of("receipts"), "tidemark receipts: export.receipts.threads");
  // What cannot be the name of a table is a slip.
  EXPECT_EQ(key_of("NAME"), "unknown command 'NAME'");
  EXPECT_EQ(key_of("re.ceipts"), "unknown command 're.ceipts'");
  EXPECT_EQ(key_of(""), "unknown command ''");
  const std::vector<std::string> words = {"invoces", "show"};
  EXPECT_THAT(parse(tree, words).error().hint.en, HasSubstr("'invoices'"));
}

TEST(Parse, MentionsLooksNoFurtherThanTheDoubleDash) {
  const std::vector<std::string> words = {"show", "--", "--json"};
  EXPECT_FALSE(mentions(words, "--json"));
  EXPECT_TRUE(mentions(words, "show"));
}

}  // namespace
}  // namespace tidemark::cli
