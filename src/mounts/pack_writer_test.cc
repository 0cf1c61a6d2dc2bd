// The pack of a server as it is written, read back; and the parts that it is made of.
#include "mounts/pack_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mounts/header_values.h"
#include "mounts/schema_dialect.h"
#include "mounts/tool_names.h"
#include "mounts/yaml_text.h"
#include "pack/manifest.h"
#include "pack/yaml.h"

namespace lumenflow::mounts {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Written final : public pack::PackFiles {
 public:
  explicit Written(const WrittenPack& pack) : pack_(pack) {}
  Result<std::string> read(std::string_view path) const override {
    const auto found = pack_.files.find(std::string(path));
    if (found == pack_.files.end()) return Error(ErrorCode::kNotFound, "no such file");
    return found->second;
  }

 private:
  const WrittenPack& pack_;
};

pack::Manifest manifest_of(const WrittenPack& written) {
  pack::Diagnostics diagnostics;
  auto manifest = pack::parse_manifest(Written(written), "manifest.yaml", diagnostics);
  EXPECT_TRUE(manifest.has_value()) << pack::render_text(diagnostics, false) << written.files.at("manifest.yaml");
  return manifest ? *std::move(manifest) : pack::Manifest{};
}

Definitions definitions(const std::string& tools, const std::string& server = R"({"name":"s","version":"1.2.3"})") {
  Definitions out;
  out.server = *json::parse(server);
  const json::Value list = *json::parse(tools);
  for (const json::Value& tool : list.as_array()) out.tools.push_back(*read_definition(tool));
  return out;
}

MountPlan plan() {
  MountPlan out;
  out.id = "files";
  out.command = {"/usr/bin/server", "--flag"};
  return out;
}

constexpr const char* kTools = R"([
  {"name":"readFile","annotations":{"readOnlyHint":true},"inputSchema":{"type":"object"}},
  {"name":"append","description":"Appends: \"more\"\n\ud83d\ude00 #1",
   "annotations":{"destructiveHint":false,"idempotentHint":true},"inputSchema":{"type":"object"}},
  {"name":"wipe","annotations":{"readOnlyHint":true,"destructiveHint":true},"inputSchema":{"type":"object"}},
  {"name":"mystery","inputSchema":{"type":"object"},
   "outputSchema":{"type":"object","properties":{"n":{"type":"integer"}}}},
  {"name":"no_schema"},
  {"name":"list","inputSchema":{"type":"array"}},
  {"name":"elsewhere","inputSchema":{"type":"object","properties":{"a":{"$ref":"https://example.com/x.json"}}}}])";

TEST(PackWriter, PermissionAndApprovalComeFromTheAnnotations) {
  const WrittenPack written = write_pack(plan(), definitions(kTools));
  const pack::Manifest manifest = manifest_of(written);
  EXPECT_EQ(manifest.runtime, pack::RuntimeType::kMcp);
  EXPECT_EQ(manifest.version, "1.2.3");
  ASSERT_EQ(manifest.tools.size(), 4U);
  const auto& [read, append, wipe, mystery] =
      std::tie(manifest.tools[0], manifest.tools[1], manifest.tools[2], manifest.tools[3]);
  EXPECT_EQ(read.name, "files:read_file");
  EXPECT_EQ(read.permission, pack::Permission::kRead);
  EXPECT_TRUE(read.required_approvals.empty());
  EXPECT_EQ(append.permission, pack::Permission::kWrite);
  EXPECT_TRUE(append.required_approvals.empty());
  EXPECT_TRUE(append.idempotent);
  EXPECT_EQ(append.description, "Appends: \"more\"\n\xf0\x9f\x98\x80 #1");
  EXPECT_THAT(wipe.required_approvals, ElementsAre("files:call")) << "a contradiction is asked about";
  EXPECT_EQ(wipe.permission, pack::Permission::kWrite);
  EXPECT_THAT(mystery.required_approvals, ElementsAre("files:call"));
  EXPECT_EQ(mystery.permission, pack::Permission::kWrite);
  ASSERT_EQ(written.left_out.size(), 3U);
  EXPECT_EQ(written.left_out[0].entry, "no_schema");
  EXPECT_THAT(written.left_out[1].reason, HasSubstr("not object"));
}

TEST(PackWriter, WhatWasAcceptedIsReadBack) {
  const Definitions before = definitions(kTools);
  const WrittenPack written = write_pack(plan(), before);
  const Result<Definitions> after = parse_definitions(written.files.at("definitions.json"));
  ASSERT_TRUE(after.ok()) << after.error().to_string();
  EXPECT_TRUE(compare(*after, before).empty());
  EXPECT_EQ(plan_of(after->plan).command, plan().command);
  std::string forged = written.files.at("definitions.json");
  forged.replace(forged.find("readFile"), 8, "readFyle");
  EXPECT_FALSE(parse_definitions(forged).ok());
}

TEST(PackWriter, AnUpdateKeepsWhatTheOperatorSaidAndBecomesNoLaxer) {
  const Definitions first = definitions(kTools);
  const WrittenPack written = write_pack(plan(), first);
  json::Value manifest = manifest_of(written).raw;
  json::Array& tools = manifest.as_object().find("tools")->as_array();
  tools[1].as_object().set("required_approvals", json::Array{"files:call"});  // append: the operator wants to be asked
  tools[2].as_object().set("timeout_ms", 5000);
  const Definitions second = definitions(R"([
    {"name":"readFile","annotations":{"readOnlyHint":false,"destructiveHint":true},"inputSchema":{"type":"object"}},
    {"name":"append","description":"x","annotations":{"destructiveHint":false},"inputSchema":{"type":"object"}},
    {"name":"wipe","annotations":{"readOnlyHint":true},"inputSchema":{"type":"object"}},
    {"name":"fresh","inputSchema":{"type":"object"}}])");
  const pack::Manifest updated = manifest_of(write_pack(plan(), second, manifest, &first));
  ASSERT_EQ(updated.tools.size(), 4U);
  EXPECT_EQ(updated.tools[0].permission, pack::Permission::kWrite);
  EXPECT_THAT(updated.tools[0].required_approvals, ElementsAre("files:call"));
  EXPECT_THAT(updated.tools[1].required_approvals, ElementsAre("files:call"));
  EXPECT_EQ(updated.tools[2].permission, pack::Permission::kWrite);  // it says now that it only reads
  EXPECT_THAT(updated.tools[2].required_approvals, ElementsAre("files:call"));
  EXPECT_EQ(updated.tools[2].timeout_ms, 5000);
  EXPECT_EQ(updated.tools[3].name, "files:fresh");
}

TEST(Definitions, DifferencesSayWhat) {
  const Definitions before = definitions(R"([{"name":"a","description":"x"},{"name":"b"},{"name":"c","title":"t"}])");
  const Definitions after = definitions(
      R"([{"name":"a","description":"y\u202e\u001b[2J","_meta":{"v":1}},{"name":"d"},{"name":"e","title":"u"}])");
  const std::vector<Change> changes = compare(before, after);
  ASSERT_EQ(changes.size(), 4U);
  EXPECT_EQ(changes[0].kind, Change::Kind::kChanged);
  EXPECT_THAT(changes[0].fields, ElementsAre("description"));
  EXPECT_EQ(changes[1].kind, Change::Kind::kRenamed);
  EXPECT_EQ(changes[1].renamed_to, "d");
  EXPECT_EQ(changes[2].kind, Change::Kind::kRemoved);
  EXPECT_EQ(changes[3].kind, Change::Kind::kAdded);
  const std::string shown = render(changes, before, after);
  EXPECT_THAT(shown, HasSubstr("- \"x\"\n"));
  EXPECT_EQ(shown.find('\x1b'), std::string::npos);
  EXPECT_EQ(shown.find("\xe2\x80\xae"), std::string::npos);
  EXPECT_TRUE(
      compare(before,
              definitions(R"([{"name":"a","description":"x","_meta":{"v":2}},{"name":"b"},{"name":"c","title":"t"}])"))
          .empty());
}

TEST(YamlText, ReadsBackAsItWasWritten) {
  const json::Value value =
      *json::parse(R"({"a":"yes","b":"1.5","c":"x: y","d":["p","q r",1,true,null],"e":{"f":{"g":[]}},
    "h":[{"i":1,"j":{"k":"l"}},{"m":[{"n":"o"}]}],
    "p q":"\u0085\u2028\ud83d\ude00\t'\"\\","q":9007199254740993,"r":{},"s":""})");
  pack::YamlDocument document;
  pack::Diagnostics diagnostics;
  ASSERT_TRUE(pack::parse_yaml("x.yaml", yaml_text(value.as_object()), "LF1001", document, diagnostics))
      << yaml_text(value.as_object()) << pack::render_text(diagnostics, false);
  EXPECT_EQ(json::serialize(document.value), json::serialize(value)) << yaml_text(value.as_object());
}

TEST(SchemaDialect, OldOnesBecomeTheCurrentOne) {
  const auto became = [](const char* schema) {
    const Result<json::Value> out = to_current_dialect(*json::parse(schema));
    return out.ok() ? json::serialize(*out) : out.error().message();
  };
  EXPECT_EQ(
      became(
          R"({"$schema":"http://json-schema.org/draft-07/schema#","type":"object","definitions":{"x":{"type":"string"}},
                       "properties":{"a":{"$ref":"#/definitions/x"},
                       "b":{"items":[{"type":"null"}],"additionalItems":false}},
                       "dependencies":{"a":["b"]}})"),
      R"({"type":"object","$defs":{"x":{"type":"string"}},"properties":{"a":{"$ref":"#/$defs/x"},)"
      R"("b":{"prefixItems":[{"type":"null"}],"items":false}},"dependentRequired":{"a":["b"]}})");
  EXPECT_EQ(became(
                R"({"$schema":"http://json-schema.org/draft-04/schema#","type":"object",
              "properties":{"n":{"minimum":1,"exclusiveMinimum":true}}})"),
            R"({"type":"object","properties":{"n":{"exclusiveMinimum":1}}})");
  EXPECT_EQ(became(R"({"type":"object","properties":{"$schema":{"enum":["definitions"]}}})"),
            R"({"type":"object","properties":{"$schema":{"enum":["definitions"]}}})");
  EXPECT_THAT(became(R"({"$schema":"https://example.com/mine","type":"object"})"), HasSubstr("dialect"));
}

TEST(HeaderValues, PlainAsciiStandsAndTheRestIsEncoded) {
  EXPECT_EQ(header_value("us-west1"), "us-west1");
  EXPECT_EQ(header_value("Hello, 世界"), "=?base64?SGVsbG8sIOS4lueVjA==?=");
  EXPECT_EQ(header_value(" padded "), "=?base64?IHBhZGRlZCA=?=");
  EXPECT_EQ(header_value("line1\nline2"), "=?base64?bGluZTEKbGluZTI=?=");
  EXPECT_EQ(header_value("=?base64?literal?="), "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=");
  const auto checked = [](const char* schema) { return check_parameter_headers(*json::parse(schema)).ok(); };
  EXPECT_TRUE(checked(
      R"({"properties":{"a":{"type":"string","x-mcp-header":"A"},
          "b":{"properties":{"c":{"type":"integer","x-mcp-header":"C"}}}}})"));
  EXPECT_FALSE(
      checked(R"({"properties":{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}}})"));
  EXPECT_FALSE(checked(R"({"properties":{"a":{"type":"number","x-mcp-header":"A"}}})"));
  EXPECT_FALSE(checked(R"({"properties":{"a":{"type":"string","x-mcp-header":"A\r\nB"}}})"));
  EXPECT_FALSE(checked(R"({"properties":{"a":{"items":{"type":"string","x-mcp-header":"A"}}}})"));
}

TEST(ToolNames, AreMadeOfWhatOthersSay) {
  EXPECT_EQ(slug_of("@modelcontextprotocol/server-everything@1.2.3"), "everything");
  EXPECT_EQ(slug_of("/opt/server-sequential-thinking/dist/index.js"), "sequential-thinking");
  EXPECT_EQ(slug_of("../../1"), "server");
  EXPECT_EQ(slug_of("kernel"), "server");
  std::set<std::string> taken;
  EXPECT_EQ(free_tool_name("x", "getWeather", taken), "x:get_weather");
  EXPECT_EQ(free_tool_name("x", "get-weather", taken), "x:get_weather_2");
  EXPECT_EQ(free_tool_name("x", "9/..", taken), "x:t_9");
}

}  // namespace
}  // namespace lumenflow::mounts
