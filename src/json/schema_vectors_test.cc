// The public JSON Schema Test Suite: every required case, and the optional ones for the formats that we assert.
#include <gtest/gtest.h>

#include <map>

#include "json/schema.h"
#include "json/test_vectors.h"

namespace lumenflow::json {
namespace {

// The suite's remotes, at the address where it says they are served.
std::map<std::string, Value> remotes(const std::filesystem::path& folder) {
  std::map<std::string, Value> documents;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    const std::string name = std::filesystem::relative(entry.path(), folder).generic_string();
    documents.emplace("http://localhost:1234/" + name, parse(file_text(entry.path())).value());
  }
  return documents;
}

// Runs the groups of a file; returns how many cases there are.
int run_file(const std::filesystem::path& path, const SchemaOptions& options,
             std::string_view group_left_out = "none") {
  int cases = 0;
  const Value groups = parse(file_text(path)).value();
  for (const Value& group : groups.as_array()) {
    if (group.find("description")->as_string() == group_left_out) continue;
    const std::string title = path.stem().string() + ": " + group.find("description")->as_string();
    const Result<Schema> schema = Schema::compile(*group.find("schema"), options);
    if (!schema.ok()) ADD_FAILURE() << title << ": " << schema.error().message();
    for (const Value& test : group.find("tests")->as_array()) {
      ++cases;
      const std::string& name = test.find("description")->as_string();
      if (!schema.ok()) continue;
      const Value& data = *test.find("data");
      const bool valid = test.find("valid")->as_boolean();
      EXPECT_EQ(schema->accepts(data), valid) << title << ": " << name;
      EXPECT_EQ(schema->validate(data).empty(), valid) << title << ": " << name;
    }
  }
  return cases;
}

TEST(SchemaVectors, EveryRequiredCaseOfTheSuitePasses) {
  const auto folder = vectors("json-schema");
  LUMENFLOW_SKIP_WITHOUT(folder);
  const std::map<std::string, Value> documents = remotes(*folder / "remotes");
  SchemaOptions options;
  options.documents = &documents;
  int cases = 0;
  for (const auto& path : json_files(*folder / "tests/draft2020-12")) cases += run_file(path, options);
  EXPECT_EQ(cases, 1299);
}

TEST(SchemaVectors, AssertedFormatsAgreeWithTheSuite) {
  const auto folder = vectors("json-schema/tests/draft2020-12/optional/format");
  LUMENFLOW_SKIP_WITHOUT(folder);
  SchemaOptions options;
  options.assert_format = true;
  for (const char* format :
       {"date-time", "date", "time", "email", "hostname", "ipv4", "ipv6", "uri", "uuid", "regex", "json-pointer"})
    // What a punycode label stands for is not looked into.
    EXPECT_GT(
        run_file(*folder / (std::string(format) + ".json"), options, "validation of A-label (punycode) host names"), 0);
}

TEST(SchemaVectors, OptionalCasesThatWeSupportPass) {
  const auto folder = vectors("json-schema");
  LUMENFLOW_SKIP_WITHOUT(folder);
  const std::map<std::string, Value> documents = remotes(*folder / "remotes");
  SchemaOptions options;
  options.documents = &documents;
  for (const char* name :
       {"anchor", "bignum", "dependencies-compatibility", "dynamicRef", "ecmascript-regex", "float-overflow",
        "format-assertion", "id", "no-schema", "non-bmp-regex", "refOfUnknownKeyword", "unknownKeyword"})
    run_file(*folder / "tests/draft2020-12/optional" / (std::string(name) + ".json"), options);
}

}  // namespace
}  // namespace lumenflow::json
