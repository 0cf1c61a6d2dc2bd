#include "pack/diagnostic.h"

#include <gmock/gmock.h>

#include <set>

namespace lumenflow::pack {
namespace {

using ::testing::HasSubstr;

Diagnostics two_faults() {
  Diagnostics diagnostics;
  diagnostics.add("LF1016", {"packs/a b/manifest.yaml", 9, 5}, "nothing declares 'x:y'");
  diagnostics.add("LF1002", {"packs/a b/manifest.yaml", 3, 3}, "unknown field 'titel'", "did you mean 'title'?",
                  "\té titel: x");
  diagnostics.sort();
  return diagnostics;
}

TEST(Diagnostics, EveryCodeStandsOnceInOrder) {
  std::set<std::string_view> names;
  std::string_view before;
  for (const DiagnosticKind& kind : diagnostic_kinds()) {
    EXPECT_LT(before, kind.code);
    EXPECT_FALSE(kind.name.empty());
    before = kind.code;
  }
}

TEST(Diagnostics, SeverityComesFromTheTableAndStrictCountsWarnings) {
  Diagnostics diagnostics;
  diagnostics.add("LF1016", {"m", 1, 1}, "a warning");
  EXPECT_FALSE(diagnostics.has_errors());
  EXPECT_TRUE(diagnostics.has_errors(true));
  diagnostics.add("LF1010", {"m", 1, 1}, "an error");
  EXPECT_TRUE(diagnostics.has_errors());
}

TEST(DiagnosticsDeathTest, AnUnknownCodeIsAFaultOfTheProgram) {
  EXPECT_DEATH(Diagnostics().add("LF9999", {}, "?"), "kind != nullptr");
}

TEST(Diagnostics, SortsByPlace) {
  const Diagnostics diagnostics = two_faults();
  EXPECT_EQ(diagnostics.items()[0].place.line, 3);
  EXPECT_EQ(diagnostics.items()[1].place.line, 9);
}

TEST(RenderText, ShowsTheLineWithACaretUnderTheWord) {
  const std::string text = render_text(two_faults(), false);
  EXPECT_THAT(text, HasSubstr("packs/a b/manifest.yaml:3:3: error LF1002 unknown-field: unknown field 'titel'\n"));
  EXPECT_THAT(text, HasSubstr("   3 | \té titel: x\n"));
  EXPECT_THAT(text, HasSubstr("     | \t ^\n"));
  EXPECT_THAT(text, HasSubstr("     help: did you mean 'title'?\n"));
  EXPECT_THAT(text, HasSubstr("1 error, 1 warning\n"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_THAT(render_text(two_faults(), true), HasSubstr("\x1b[1;31merror LF1002\x1b[0m"));
}

TEST(RenderText, UnderlinesTheWholeWordByCodePoints) {
  Diagnostics diagnostics;
  diagnostics.add("LF1004", {"m", 1, 4}, "bad", "", "k: größe, next");
  EXPECT_THAT(render_text(diagnostics, false), HasSubstr("     |    ^~~~~\n"));
}

TEST(RenderText, UnderlinesOnlyWhereWhatIsLongBegins) {
  Diagnostics diagnostics;
  diagnostics.add("LF1001", {"m", 1, 4}, "too deep", "", "k: " + std::string(300, '['));
  EXPECT_THAT(render_text(diagnostics, false), HasSubstr("     |    ^\n"));
  Diagnostics wordy;
  wordy.add("LF1004", {"m", 1, 1}, "too long", "", std::string(300, 'x'));
  EXPECT_THAT(render_text(wordy, false), HasSubstr("     | ^" + std::string(79, '~') + "\n"));
}

TEST(RenderText, DoesNotLetAFileDriveTheTerminal) {
  Diagnostics diagnostics;
  diagnostics.add("LF1004", {"m", 1, 1}, "bad '\x1b[2J'");
  EXPECT_THAT(render_text(diagnostics, false), HasSubstr("bad '\\x1b[2J'"));
}

TEST(RenderText, SaysNothingOfNothing) { EXPECT_EQ(render_text({}, true), ""); }

TEST(RenderJson, ListsTheStableMembers) {
  const json::Value list = render_json(two_faults());
  EXPECT_EQ(json::serialize(list.as_array().front()),
            R"({"code":"LF1002","name":"unknown-field","severity":"error","file":"packs/a b/manifest.yaml","line":3,)"
            R"("column":3,"message":"unknown field 'titel'","help":"did you mean 'title'?"})");
}

TEST(RenderSarif, HasRulesResultsAndEscapedPlaces) {
  const json::Value sarif = render_sarif(two_faults(), "1.2.3");
  EXPECT_EQ(*sarif.at_pointer("/version"), json::Value("2.1.0"));
  EXPECT_EQ(sarif.at_pointer("/runs/0/tool/driver/rules")->as_array().size(), diagnostic_kinds().size());
  const json::Value& result = *sarif.at_pointer("/runs/0/results/0");
  EXPECT_EQ(*result.at_pointer("/ruleId"), json::Value("LF1002"));
  EXPECT_EQ(*result.at_pointer("/locations/0/physicalLocation/artifactLocation/uri"),
            json::Value("packs/a%20b/manifest.yaml"));
  EXPECT_EQ(*result.at_pointer("/locations/0/physicalLocation/region/startLine"), json::Value(3));
  EXPECT_EQ(*result.at_pointer("/locations/0/physicalLocation/region/startColumn"), json::Value(3));
  EXPECT_EQ(*result.at_pointer("/locations/0/physicalLocation/region/endColumn"), json::Value(4))
      << "nothing but a blank stands there";
  EXPECT_EQ(*sarif.at_pointer("/runs/0/results/1/locations/0/physicalLocation/region/endColumn"), json::Value(6))
      << "at least one column";
  const auto index = static_cast<std::size_t>(result.at_pointer("/ruleIndex")->as_integer());
  EXPECT_EQ(sarif.at_pointer("/runs/0/tool/driver/rules")->as_array()[index].find("id")->as_string(), "LF1002");
}

TEST(Nearest, FindsWhatWasMeantAndNothingElse) {
  constexpr std::string_view kWords[] = {"title", "tools", "id", "backpressure_policy"};
  EXPECT_EQ(nearest("titel", kWords), "title");
  EXPECT_EQ(nearest("tool", kWords), "tools");
  EXPECT_EQ(nearest("backpresure-policy", kWords), "backpressure_policy");
  EXPECT_EQ(nearest("backpressure", kWords), "backpressure_policy") << "an abbreviation";
  EXPECT_EQ(nearest("ba", kWords), std::nullopt);
  EXPECT_EQ(nearest("xyzzy", kWords), std::nullopt);
  EXPECT_EQ(nearest("q", kWords), std::nullopt);
  EXPECT_EQ(nearest(std::string(1000, 't'), kWords), std::nullopt);
}

}  // namespace
}  // namespace lumenflow::pack
