// Every code has a fixture that fails, and says exactly what the fixture expects.
#include "fixtures.h"
#include "support/source_tree.h"

#include <gmock/gmock.h>

#include <locale>
#include <set>

namespace lumenflow::testing {
namespace {

using ::testing::HasSubstr;

class Fixture : public ::testing::TestWithParam<std::string> {};

TEST_P(Fixture, SaysExactlyWhatIsExpected) {
  const pack::Diagnostics found = diagnose(GetParam());
  ASSERT_FALSE(found.items().empty());
  const std::string text = render_text(found, false), path = "fixtures/" + GetParam() + "/expected.txt";
  if (updating()) write_file(path, text);
  EXPECT_EQ(text, read_file(path));
  const std::string code = code_of(GetParam());
  for (const pack::Diagnostic& item : found.items()) {
    EXPECT_TRUE(code.empty() || item.code == code) << item.code << " is dragged along";
    EXPECT_EQ(item.place.line > 0, !item.snippet.empty()) << item.message;
    EXPECT_EQ(item.place.line > 0, item.place.column > 0) << item.message;
  }
}

INSTANTIATE_TEST_SUITE_P(Every, Fixture, ::testing::ValuesIn(fixture_names()), [](const auto& test) {
  std::string name = test.param;
  for (char& c : name)
    if (c == '-') c = '_';
  return name;
});

TEST(Fixtures, AreThereForEveryCodeAndForNoOther) {
  std::set<std::string> expected, covered;
  for (const pack::DiagnosticKind& kind : pack::diagnostic_kinds()) expected.emplace(kind.code);
  expected.erase("LF1032");  // packs compiled into the program register tools alone, no handlers
  for (const std::string& fixture : fixture_names())
    if (const std::string code = code_of(fixture); !code.empty()) covered.insert(code);
  EXPECT_EQ(covered, expected);
}

TEST(Fixtures, FaultsAreSortedByPlaceAndAllReportedAtOnce) {
  const pack::Diagnostics found = diagnose("several-faults");
  std::vector<std::string> codes;
  for (const pack::Diagnostic& item : found.items()) codes.push_back(item.code);
  EXPECT_THAT(codes, ::testing::ElementsAre("LF1002", "LF1016"));
}

// Digits grouped, and a comma for the point: nothing printed may depend on it.
struct Grouping : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\1"; }
};

TEST(Fixtures, SayTheSameInEveryLocale) {
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Grouping));
  for (const std::string& fixture : fixture_names()) {
    const pack::Diagnostics found = diagnose(fixture);
    EXPECT_EQ(render_text(found, false), read_file("fixtures/" + fixture + "/expected.txt"));
  }
  std::locale::global(before);
}

TEST(ReferencePage, IsUpToDate) {
  const std::string path = lumenflow::testing::source_path("docs/reference/diagnostics.md");
  if (updating()) write_file(path, reference_page());
  EXPECT_EQ(read_file(path), reference_page()) << "run diagnostics_test with LUMENFLOW_UPDATE=1";
  for (const pack::DiagnosticKind& kind : pack::diagnostic_kinds()) {
    EXPECT_THAT(reference_page(), HasSubstr("\n## " + std::string(kind.code)));
    EXPECT_GT(kind.reason.size(), 20u) << kind.code;
    EXPECT_GT(kind.fix.size(), 8u) << kind.code;
  }
}

}  // namespace
}  // namespace lumenflow::testing
