#include "config/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "config/testing_request.h"

namespace tidemark::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::request_of;
using testing::Variables;

class SettingsTest : public ::testing::Test {
 protected:
  SettingsTest() {
    std::string pattern = ::testing::TempDir() + "tidemark-config-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  ~SettingsTest() override { std::filesystem::remove_all(folder_); }

  /// Writes a file beside the configuration; the path.
  std::string put(const std::string& name, std::string_view content, mode_t mode = 0600) {
    const std::string path = folder_ + "/" + name;
    EXPECT_TRUE(write_file_atomically(path, content, mode));
    return path;
  }
  LoadRequest with_file(std::string_view content, Variables variables = {}) {
    return request_of(put("tidemark.toml", content), std::move(variables));
  }
  Settings load(const LoadRequest& request) {
    auto settings = Settings::load(request);
    EXPECT_TRUE(settings) << settings.error().what.en;
    return settings ? std::move(*settings) : Settings{};
  }
  /// What is wrong with a file, without the folder in front.
  std::string problem(std::string_view content, Variables variables = {}) {
    return problem(with_file(content, std::move(variables)));
  }
  std::string problem(const LoadRequest& request) {
    const auto settings = Settings::load(request);
    if (settings) return "(none)";
    EXPECT_EQ(settings.error().kind, ErrorKind::invalid_config);
    EXPECT_FALSE(settings.error().what.zh.empty());
    EXPECT_EQ(settings.error().hint.en.empty(), settings.error().hint.zh.empty());
    std::string text = settings.error().what.en;
    if (!settings.error().hint.empty()) text += " | " + settings.error().hint.en;
    for (std::size_t at = text.find(folder_ + "/"); at != std::string::npos;
         at = text.find(folder_ + "/"))
      text.erase(at, folder_.size() + 1);
    return text;
  }

  std::string folder_;
};

TEST_F(SettingsTest, NothingConfiguredGivesTheDefaults) {
  const Settings settings = load(request_of());
  EXPECT_EQ(settings.file(), std::nullopt);
  EXPECT_EQ(settings.text("lang"), "auto");
  EXPECT_EQ(settings.text("export.invoices.table"), "t_invoice");
  EXPECT_EQ(settings.integer("export.invoices.threads"), 4);
  EXPECT_EQ(settings.duration("export.invoices.margin"), std::chrono::minutes{5});
  EXPECT_FALSE(settings.boolean("export.invoices.prune"));
  EXPECT_THAT(settings.list("export.invoices.key"), IsEmpty());
  EXPECT_THAT(settings.exports(), ElementsAre("invoices"));
  EXPECT_EQ(settings.setting("lang").origin, Origin::fallback);
  EXPECT_FALSE(settings.is_set("lang"));
}

TEST_F(SettingsTest, AProgramMayHaveDefaultsOfItsOwn) {
  LoadRequest request = with_file("[export.invoices]\nthreads = 5\n");
  request.defaults = {{"export.invoices.output", "../context"}, {"export.invoices.threads", "9"}};
  const Settings settings = load(request);
  EXPECT_EQ(settings.text("export.invoices.output"), "../context");
  EXPECT_FALSE(settings.is_set("export.invoices.output"));
  EXPECT_EQ(settings.integer("export.invoices.threads"), 5);
}

TEST_F(SettingsTest, TheStrongerLayerWins) {
  constexpr std::string_view file = "[export.invoices]\nthreads = 5\ntable = 'f'\noutput = 'o'\n";
  LoadRequest request = with_file(file, {{"TIDEMARK_EXPORT__INVOICES__THREADS", "6"},
                                         {"TIDEMARK_EXPORT__INVOICES__TABLE", "e"}});
  request.flags = {{"export.invoices.threads", {"7", Origin::flag, "--threads"}}};
  const Settings settings = load(request);

  EXPECT_EQ(settings.integer("export.invoices.threads"), 7);
  EXPECT_EQ(settings.setting("export.invoices.threads").where, "--threads");
  EXPECT_EQ(settings.text("export.invoices.table"), "e");
  EXPECT_EQ(settings.setting("export.invoices.table").origin, Origin::environment);
  EXPECT_EQ(settings.setting("export.invoices.table").where, "TIDEMARK_EXPORT__INVOICES__TABLE");
  EXPECT_EQ(settings.text("export.invoices.output"), "o");
  EXPECT_EQ(settings.setting("export.invoices.output").origin, Origin::file);
  EXPECT_EQ(settings.setting("export.invoices.output").where, folder_ + "/tidemark.toml:4");
  EXPECT_EQ(settings.text("export.invoices.layout"), "files");
  EXPECT_TRUE(settings.is_set("export.invoices.output"));
}

TEST_F(SettingsTest, FurtherExportsHaveTheSameKeysAndDefaults) {
  const Settings settings = load(with_file("[export.receipts]\ntable = 't_receipt'\n",
                                           {{"TIDEMARK_EXPORT__RECEIPTS__THREADS", "2"}}));
  EXPECT_THAT(settings.exports(), ElementsAre("invoices", "receipts"));
  EXPECT_EQ(settings.text("export.receipts.table"), "t_receipt");
  EXPECT_EQ(settings.text("export.receipts.tenant_column"), "ftenant_id");
  EXPECT_EQ(settings.integer("export.receipts.threads"), 2);
  EXPECT_EQ(settings.text("export.invoices.table"), "t_invoice");
}

TEST_F(SettingsTest, AnEmptyTableIsAnExportToo) {
  EXPECT_THAT(load(with_file("[export.receipts]\n")).exports(),
              ElementsAre("invoices", "receipts"));
  EXPECT_THAT(load(with_file("export.receipts = {}\n")).exports(),
              ElementsAre("invoices", "receipts"));
}

TEST_F(SettingsTest, ANearlyKnownExportIsPointedOut) {
  const Settings settings = load(with_file("[export.invocies]\nthreads = 2\n"));
  ASSERT_EQ(settings.warnings().size(), 1U);
  EXPECT_THAT(settings.warnings()[0].en, HasSubstr("did you mean [export.invoices]"));
}

TEST_F(SettingsTest, OnlyTheFileAddsExports) {
  EXPECT_THAT(problem(request_of(Variables{{"TIDEMARK_EXPORT__INVOCIES__TABLE", "t"}})),
              HasSubstr("there is no export \"invocies\": TIDEMARK_EXPORT__INVOCIES__TABLE needs "
                        "[export.invocies] in the configuration file | did you mean invoices?"));
  LoadRequest request = request_of();
  request.flags = {{"export.receipts.threads", {"7", Origin::flag, "--threads"}}};
  EXPECT_THAT(problem(request),
              HasSubstr("there is no export \"receipts\": --threads needs [export.receipts]"));
}

TEST_F(SettingsTest, GzipHasFewerLevelsThanZstd) {
  EXPECT_EQ(problem("[export.invoices]\ncompress = 'gzip'\ncompress_level = 13\n"),
            "tidemark.toml:3: export.invoices.compress_level = 13: gzip has levels from 1 to 12 | "
            "zstd goes up to 22");
  EXPECT_EQ(load(with_file("[export.invoices]\ncompress = 'gzip'\ncompress_level = 12\n"))
                .integer("export.invoices.compress_level"),
            12);
}

TEST_F(SettingsTest, ReadsEveryKindOfValue) {
  const Settings settings = load(with_file(R"(
lang = "zh"
log.level = "debug"
source = "mysql://reader@db/finance"
[export.invoices]
threads = 0x10
prune = true
margin = "2d"
key = ["fid", "fno"]
require_fields = "a, b ,c"
status_value = 3
status_column = ""
compress_level = "19"
)"));
  EXPECT_EQ(settings.text("lang"), "zh");
  EXPECT_EQ(settings.text("log.level"), "debug");
  EXPECT_EQ(settings.integer("export.invoices.threads"), 16);
  EXPECT_TRUE(settings.boolean("export.invoices.prune"));
  EXPECT_EQ(settings.duration("export.invoices.margin"), std::chrono::hours{48});
  EXPECT_THAT(settings.list("export.invoices.key"), ElementsAre("fid", "fno"));
  EXPECT_THAT(settings.list("export.invoices.require_fields"), ElementsAre("a", "b", "c"));
  EXPECT_EQ(settings.text("export.invoices.status_value"), "3");
  EXPECT_EQ(settings.text("export.invoices.status_column"), "");
  EXPECT_TRUE(settings.is_set("export.invoices.status_column"));
  EXPECT_EQ(settings.integer("export.invoices.compress_level"), 19);
}

TEST_F(SettingsTest, UnknownKeysAreErrorsWithASuggestion) {
  EXPECT_EQ(problem("\n[export.invoices]\ntabel = 'x'\n"),
            "tidemark.toml:3: unknown key export.invoices.tabel | did you mean "
            "export.invoices.table?");
  EXPECT_THAT(problem("[exports.invoices]\ntable = 'x'\n"),
              HasSubstr("tidemark.toml:1: unknown key exports | did you mean export?"));
  EXPECT_THAT(problem("threads = 3"), HasSubstr("did you mean export.invoices.threads?"));
  EXPECT_THAT(problem("[empty_unknown_table]\n"), HasSubstr("unknown key empty_unknown_table"));
  EXPECT_THAT(problem("\"log.level\" = 'debug'"), HasSubstr("unknown key \"log.level\""));
  EXPECT_THAT(problem("'' = 1"), HasSubstr("unknown key \"\""));
  EXPECT_THAT(problem("[export.Receipts]\ntable='x'"), HasSubstr("lower-case letters"));
  EXPECT_THAT(problem("[[export.receipts]]\ntable='x'"), HasSubstr("must be a table, not a list"));
  EXPECT_THAT(problem("lang.x = 1"), HasSubstr("lang: must be one of auto, en, zh, not a table"));
}

TEST_F(SettingsTest, AnUnknownTableIsReportedOnce) {
  const auto problems = Settings::problems(
      with_file("[billing]\na = 1\nb = 2\n[billing.c]\nd = 3\n[log]\nlvl = 'x'\n"));
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_THAT(problems[0].what.en, HasSubstr("unknown key billing"));
  EXPECT_THAT(problems[1].what.en, HasSubstr("unknown key log.lvl"));
}

TEST_F(SettingsTest, LoadSaysHowManyMoreProblemsThereAre) {
  EXPECT_THAT(problem("a = 1\nb = 2\nc = 3\n"), HasSubstr("(and 2 more: tidemark config check)"));
}

TEST_F(SettingsTest, AFileOfRubbishIsGivenUpEarly) {
  std::string content;
  for (int i = 0; i < 50'000; ++i) content += fmt::format("key_{} = {}\n", i, i);
  const auto problems = Settings::problems(with_file(content));
  EXPECT_EQ(problems.size(), 100U);
}

TEST_F(SettingsTest, WrongValuesNameKeyValueRangePlaceAndExample) {
  EXPECT_EQ(problem("[export.invoices]\nthreads = 300\n"),
            "tidemark.toml:2: export.invoices.threads = 300: must be a whole number between 1 and "
            "256 | for example: 8");
  EXPECT_EQ(problem("[export.invoices]\nthreads = 'four'\n"),
            "tidemark.toml:2: export.invoices.threads = four: must be a whole number between 1 and "
            "256 | for example: 8");
  EXPECT_EQ(problem("[export.invoices]\nthreads = 4.5\n"),
            "tidemark.toml:2: export.invoices.threads: must be a whole number between 1 and 256, "
            "not a number with decimals | for example: threads = 8");
  EXPECT_EQ(problem("export.invoices.margin = 5"),
            "tidemark.toml:1: export.invoices.margin: must be a duration such as 90s, 5m, 1h or 2d "
            "between 0s and 30d, not a whole number | for example: margin = \"90s\"");
  EXPECT_THAT(problem("export.invoices.margin = '31d'"), HasSubstr("between 0s and 30d"));
  EXPECT_THAT(problem("export.invoices.layout = 'tree'"),
              HasSubstr("layout = tree: must be one of files, ndjson"));
  EXPECT_THAT(problem("export.invoices.prune = 'maybe'"), HasSubstr("must be true or false"));
  EXPECT_THAT(problem("export.invoices.prune = 1"), HasSubstr("not a whole number"));
  EXPECT_THAT(problem("export.invoices.key = [1, 2]"), HasSubstr("something else than texts"));
  EXPECT_THAT(problem("export.invoices.key = ['a,b']"), HasSubstr("no comma"));
  EXPECT_THAT(problem("export.invoices.key = ['a', '']"), HasSubstr("empty item"));
  EXPECT_THAT(problem("export.invoices.table = 2025-01-01"), HasSubstr("not a date"));
  EXPECT_THAT(problem("export.invoices.table = \"a\\u0000b\""), HasSubstr("without NUL"));
  EXPECT_THAT(problem("log = 'debug'"), HasSubstr("log must be a table, not text | write [log]"));
  EXPECT_THAT(problem("source = 'oracle://db/x'"), HasSubstr("must be a database URL"));
}

TEST_F(SettingsTest, WrongVariablesAndFlagsAreNamed) {
  EXPECT_THAT(
      problem(request_of(Variables{{"TIDEMARK_EXPORT__INVOICES__THREADS", "0"}})),
      HasSubstr("TIDEMARK_EXPORT__INVOICES__THREADS: export.invoices.threads = 0: must be"));
  LoadRequest request = request_of();
  request.flags = {{"export.invoices.compress", {"lzma", Origin::flag, "--compress"}}};
  EXPECT_THAT(problem(request), HasSubstr("--compress: export.invoices.compress = lzma"));
}

TEST_F(SettingsTest, NoErrorShowsAPassword) {
  for (const std::string& text :
       {problem("source = 'oracle://root:hunter2@db/x'"),
        problem("source_password = \"hunter2\\nhunter2\""),
        problem(request_of(Variables{{"TIDEMARK_SOURCE", "root:hunter2@db"}})),
        problem("source_password = ['hunter2']")}) {
    EXPECT_THAT(text, ::testing::Not(HasSubstr("(none)")));
    EXPECT_THAT(text, ::testing::Not(HasSubstr("hunter2")));
  }
}

TEST_F(SettingsTest, UnknownVariablesAreErrorsWithASuggestion) {
  EXPECT_EQ(problem(request_of(Variables{{"TIDEMARK_EXPORT__INVOICES__TABEL", "t"}})),
            "unknown variable TIDEMARK_EXPORT__INVOICES__TABEL | did you mean "
            "TIDEMARK_EXPORT__INVOICES__TABLE?");
  EXPECT_THAT(problem(request_of(Variables{{"TIDEMARK_THREADS", "4"}})),
              HasSubstr("did you mean TIDEMARK_EXPORT__INVOICES__THREADS?"));
  EXPECT_THAT(problem(request_of(Variables{{"TIDEMARK_", ""}})), HasSubstr("unknown variable"));
  EXPECT_THAT(problem(request_of(Variables{{"TIDEMARK_LANG__", "zh"}})),
              HasSubstr("TIDEMARK_LANG?"));
  EXPECT_THAT(problem(request_of(Variables{{"TIDEMARK_FILE", "x"}})),
              HasSubstr("unknown variable"));
}

TEST_F(SettingsTest, OtherPartsVariablesAreLeftAlone) {
  EXPECT_EQ(problem(request_of(Variables{{"TIDEMARK_TEST_MYSQL_URL", "x"},
                                         {"TIDEMARK_TOKEN", "x"},
                                         {"TIDEMARK_SERVER", "x"},
                                         {"TIDEMARK_MASTER_KEY_FILE", "x"},
                                         {"TIDEMARK_ADMIN_TOKEN", "x"},
                                         {"TIDEMARK_LANG", "zh"},
                                         {"TIDEMARKET", "x"},
                                         {"PATH", "/bin"}})),
            "(none)");
}

TEST_F(SettingsTest, TakesAVariablesValueFromAFile) {
  const std::string secret = put("secret", "p@ss word\n");
  const Settings settings = load(request_of(Variables{{"TIDEMARK_SOURCE_PASSWORD_FILE", secret}}));
  EXPECT_EQ(settings.text("source_password"), "p@ss word");
  EXPECT_EQ(settings.setting("source_password").where, "TIDEMARK_SOURCE_PASSWORD_FILE");
}

TEST_F(SettingsTest, AVariableAndItsFileExcludeEachOther) {
  EXPECT_THAT(problem(request_of(Variables{{"TIDEMARK_SOURCE_PASSWORD", "a"},
                                           {"TIDEMARK_SOURCE_PASSWORD_FILE", "/b"}})),
              HasSubstr("both TIDEMARK_SOURCE_PASSWORD and TIDEMARK_SOURCE_PASSWORD_FILE are set"));
  EXPECT_THAT(
      problem(request_of(Variables{{"TIDEMARK_SOURCE_PASSWORD_FILE", folder_ + "/missing"}})),
      HasSubstr("TIDEMARK_SOURCE_PASSWORD_FILE: cannot open missing: No such file"));
}

TEST_F(SettingsTest, FillsInReferences) {
  put("password", "from file\r\n");
  const Settings settings = load(with_file(R"(
source = "mysql://${USER_NAME}@${DB:-localhost}/finance"
source_password = "${file:password}"
[export.invoices]
threads = "${THREADS:-7}"
key = ["${KEY}", "b"]
table = "literal $${x}"
)",
                                           {{"USER_NAME", "reader"}, {"KEY", "a"}}));
  EXPECT_EQ(settings.text("source"), "mysql://reader@localhost/finance");
  EXPECT_EQ(settings.text("source_password"), "from file");
  EXPECT_EQ(settings.integer("export.invoices.threads"), 7);
  EXPECT_THAT(settings.list("export.invoices.key"), ElementsAre("a", "b"));
  EXPECT_EQ(settings.text("export.invoices.table"), "literal ${x}");
}

TEST_F(SettingsTest, AMissingReferenceNamesKeyFileAndLine) {
  EXPECT_EQ(problem("\nsource_password = '${PASS}'"),
            "tidemark.toml:2: source_password: the variable PASS is not set | set PASS, or write "
            "${PASS:-default}");
  EXPECT_THAT(problem("source_password = '${file:gone}'"),
              HasSubstr("tidemark.toml:1: source_password: cannot open gone"));
}

TEST_F(SettingsTest, AVariablesValueIsTakenAsItIs) {
  const Settings settings =
      load(request_of(Variables{{"TIDEMARK_SOURCE_PASSWORD", "${NOT_RESOLVED}"}}));
  EXPECT_EQ(settings.text("source_password"), "${NOT_RESOLVED}");
}

TEST_F(SettingsTest, TakesTheFilesOfEveryEditor) {
  EXPECT_EQ(load(with_file("")).text("lang"), "auto");
  EXPECT_EQ(load(with_file("\n\n# nothing\n")).text("lang"), "auto");
  EXPECT_EQ(load(with_file("\xef\xbb\xbflang = 'zh'\r\n[log]\r\nlevel = 'debug'\r\n")).text("lang"),
            "zh");
  EXPECT_EQ(load(with_file("lang = 'zh'")).text("lang"), "zh") << "no newline at the end";
}

TEST_F(SettingsTest, RefusesFilesThatAreNoConfiguration) {
  EXPECT_THAT(problem(request_of(folder_)), HasSubstr("Is a directory"));
  EXPECT_THAT(problem(request_of(folder_ + "/missing")),
              HasSubstr("missing does not exist (named by --config)"));
  EXPECT_THAT(problem(request_of(Variables{{"TIDEMARK_CONFIG", folder_ + "/missing"}})),
              HasSubstr("(named by TIDEMARK_CONFIG)"));
  EXPECT_THAT(problem("lang = 'zh'\nlang = 'en'\n"), HasSubstr("tidemark.toml:2:"));
  EXPECT_THAT(problem("lang = zh\n"), HasSubstr("tidemark.toml:1:8: "));
  EXPECT_THAT(problem("lang = 'z\xff'\n"), HasSubstr("tidemark.toml:1:"));
  EXPECT_THAT(problem("\xff\xfel\0a\0"), HasSubstr("UTF-16"));
  EXPECT_THAT(problem(std::string(1'100'000, '#')), HasSubstr("1048576 bytes"));
}

TEST_F(SettingsTest, TakesALongFile) {
  std::string content;
  while (content.size() < 1'000'000) content += "# The quick brown fox. [jumps] {over}...\n";
  EXPECT_EQ(load(with_file(content + "lang = 'zh'\n")).text("lang"), "zh");
}

TEST_F(SettingsTest, NestingCannotExhaustTheStack) {
  std::string dots = "a";
  for (int i = 0; i < 300'000; ++i) dots += ".a";
  EXPECT_THAT(problem(dots + " = 1"), HasSubstr("too many dots"));
  EXPECT_THAT(problem("[" + dots + "]"), HasSubstr("too many dots"));
  EXPECT_THAT(problem("a = " + std::string(4000, '[')), HasSubstr("tidemark.toml:1:"));
  std::string allowed = "a";
  for (int i = 0; i < 4'900; ++i) allowed += ".a";
  EXPECT_THAT(problem(allowed + " = 1"), HasSubstr("unknown key a"));
}

TEST_F(SettingsTest, WarnsOfASecretThatEverybodyMayRead) {
  const auto warnings = [&](std::string_view content, mode_t mode) {
    const std::string path = put("open.toml", content);
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return load(request_of(path, {{"P", "x"}})).warnings();
  };
  const auto open = warnings("source_password = 'secret'", 0644);
  ASSERT_EQ(open.size(), 1U);
  EXPECT_THAT(open[0].en, HasSubstr("open.toml:1: source_password holds a secret"));
  EXPECT_THAT(open[0].en, ::testing::Not(HasSubstr("'secret'")));
  EXPECT_EQ(warnings("source = 'mysql://u:p@db/x'", 0644).size(), 1U);
  EXPECT_THAT(warnings("source_password = 'secret'", 0640), IsEmpty());
  EXPECT_THAT(warnings("source_password = '${P}'", 0644), IsEmpty());
  EXPECT_THAT(warnings("source = 'mysql://u@db/x'\nsource_password = ''", 0644), IsEmpty());
}

TEST_F(SettingsTest, WarnsOfAPasswordOnTheCommandLine) {
  const auto warnings = [&](const std::string& key, const std::string& url) {
    LoadRequest request = request_of();
    request.flags = {{key, {url, Origin::flag, "--source"}}};
    return load(request).warnings();
  };
  const auto one = warnings("export.invoices.source", "mysql://u:hidden@db/x");
  ASSERT_EQ(one.size(), 1U);
  EXPECT_THAT(one[0].en, HasSubstr("--source: everybody"));
  EXPECT_THAT(one[0].en, HasSubstr("TIDEMARK_EXPORT__INVOICES__SOURCE_PASSWORD_FILE"));
  EXPECT_THAT(one[0].en, ::testing::Not(HasSubstr("hidden")));
  EXPECT_THAT(warnings("export.invoices.source", "mysql://u@db/x"), IsEmpty());
  EXPECT_THAT(warnings("export.invoices.source", "sqlite:a.db"), IsEmpty());
}

TEST_F(SettingsTest, AskingForAnUndeclaredKeyIsOurMistake) {
  const Settings settings = load(request_of());
  EXPECT_DEATH((void)settings.text("no.such.key"), "undeclared setting no.such.key");
  EXPECT_DEATH((void)settings.text("export.receipts.table"), "undeclared setting");
  EXPECT_DEATH((void)settings.integer("lang"), "no integer");
}

}  // namespace
}  // namespace tidemark::config
