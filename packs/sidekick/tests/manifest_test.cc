// The manifest, the descriptors and the implementation say the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libfyaml.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>

#include "sidekick/tools/descriptor.h"
#include "sidekick_fixture.h"
#include "support/source_tree.h"

namespace lumenflow::sidekick {
namespace {

using ::testing::UnorderedElementsAreArray;

json::Value read_manifest() {
  const std::string text(sidekick_pack().files.at(0).content);
  const std::unique_ptr<fy_document, decltype(&fy_document_destroy)> document(
      fy_document_build_from_string(nullptr, text.data(), text.size()), fy_document_destroy);
  if (document == nullptr || fy_document_resolve(document.get()) != 0) return nullptr;
  const std::unique_ptr<char, decltype(&std::free)> as_json(
      fy_emit_document_to_string(document.get(), FYECF_MODE_JSON_ONELINE), std::free);
  Result<json::Value> value = json::parse(as_json.get());
  EXPECT_TRUE(value.ok()) << as_json.get();
  return value.ok() ? *std::move(value) : json::Value();
}

const json::Value& manifest() {
  static const json::Value value = read_manifest();
  return value;
}

std::vector<std::string> strings(const json::Value* list) {
  std::vector<std::string> found;
  if (list != nullptr)
    for (const json::Value& each : list->as_array()) found.push_back(each.as_string());
  return found;
}

void expect_fields(const json::Value& schema, std::span<const Field> fields, const std::string& where) {
  EXPECT_EQ(json::string_or(schema, "type", {}), "object") << where;
  EXPECT_FALSE(json::boolean_or(schema, "additionalProperties", true)) << where;
  std::vector<std::string> names, required, declared;
  for (const Field& field : fields) {
    names.emplace_back(field.name);
    if (field.presence == Presence::kRequired) required.emplace_back(field.name);
  }
  for (const json::Member& member : schema.find("properties")->as_object()) declared.push_back(member.key);
  EXPECT_THAT(declared, UnorderedElementsAreArray(names)) << where;
  EXPECT_THAT(strings(schema.find("required")), UnorderedElementsAreArray(required)) << where;
  for (const Field& field : fields) {
    if (field.members.empty()) continue;
    const json::Value* member = schema.find("properties")->find(field.name);
    ASSERT_NE(member, nullptr) << where;
    if (const json::Value* items = member->find("items")) member = items;
    expect_fields(*member, field.members, where + "/" + std::string(field.name));
  }
}

// That a value has no member that its schema lacks and every one that it requires, in objects at any depth.
void expect_described(const json::Value& value, const json::Value& schema, const std::string& where) {
  if (const json::Array* items = value.if_array())
    for (const json::Value& item : *items) expect_described(item, *schema.find("items"), where + "/-");
  const json::Object* object = value.if_object();
  if (object == nullptr || schema.find("properties") == nullptr) return;
  for (const std::string& name : strings(schema.find("required"))) EXPECT_TRUE(object->contains(name)) << where << name;
  for (const json::Member& member : *object) {
    const json::Value* property = schema.find("properties")->find(member.key);
    ASSERT_NE(property, nullptr) << where << "/" << member.key;
    expect_described(member.value, *property, where + "/" + member.key);
  }
}

const json::Value& tool_in_manifest(std::string_view name) {
  for (const json::Value& tool : manifest().find("tools")->as_array())
    if (json::string_or(tool, "name", {}) == name) return tool;
  static const json::Value absent{json::Object{}};
  ADD_FAILURE() << name;
  return absent;
}

TEST(Manifest, IsEmbeddedByteForByte) {
  std::ifstream file(lumenflow::testing::source_path("packs/sidekick/manifest.yaml"), std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  ASSERT_EQ(sidekick_pack().files.size(), 2u);
  EXPECT_EQ(sidekick_pack().files[0].path, "manifest.yaml");
  EXPECT_EQ(sidekick_pack().files[0].content, text.str());
  EXPECT_EQ(json::string_or(manifest(), "id", {}), sidekick_pack().id);
}

TEST(Manifest, DeclaresWhatTheCodeDescribesAndRegisters) {
  pack::Registration registration;
  sidekick_pack().register_pack(registration);
  std::vector<std::string> declared, described, registered;
  for (const json::Value& tool : manifest().find("tools")->as_array())
    declared.emplace_back(json::string_or(tool, "name", {}));
  for (const ToolDescriptor& tool : all_tools()) described.emplace_back(tool.name);
  for (const pack::RegisteredTool& tool : registration.tools()) registered.push_back(tool.name);
  EXPECT_EQ(declared, described);
  EXPECT_EQ(registered, described);
}

TEST(Manifest, SchemasHaveTheFieldsOfTheDescriptors) {
  for (const ToolDescriptor& tool : all_tools()) {
    const json::Value& declared = tool_in_manifest(tool.name);
    expect_fields(*declared.find("input_schema"), tool.input, std::string(tool.name) + " input");
    expect_fields(*declared.find("output_schema"), tool.output, std::string(tool.name) + " output");
    EXPECT_FALSE(json::string_or(declared, "title", {}).empty()) << tool.name;
    EXPECT_FALSE(json::string_or(declared, "description", {}).empty()) << tool.name;
  }
}

TEST(Manifest, ScopesFollowFromPermissionAndGroup) {
  for (const ToolDescriptor& tool : all_tools()) {
    const json::Value& declared = tool_in_manifest(tool.name);
    const bool writes = tool.permission == Permission::kWrite;
    const bool is_system = tool.name.starts_with("sidekick:");
    EXPECT_EQ(json::string_or(declared, "permission", {}), writes ? "write" : "read") << tool.name;
    std::vector<std::string> expected, scopes;
    if (!writes || is_system) expected.push_back("read " + std::string(tool.scope_pattern));
    if (writes) expected.push_back("write " + std::string(tool.scope_pattern));
    if (writes && !is_system) expected.push_back("write .sidekick/audit/**");
    for (const json::Value& scope : declared.find("required_scopes")->as_array()) {
      EXPECT_EQ(json::string_or(scope, "type", {}), "path");
      scopes.push_back(std::string(json::string_or(scope, "access", {})) + " " +
                       std::string(json::string_or(scope, "pattern", {})));
    }
    EXPECT_THAT(scopes, UnorderedElementsAreArray(expected)) << tool.name;
  }
}

TEST(Manifest, ToolsThatLookThroughMuchDoNotRunOnTheStrand) {
  const std::set<std::string_view> unbounded{"task:list",       "memory:recall", "channel:send",
                                             "channel:receive", "routine:list",  "sidekick:export"};
  for (const ToolDescriptor& tool : all_tools()) {
    EXPECT_EQ(tool.traits.store_only, tool.name != "channel:send") << tool.name;
    EXPECT_EQ(tool.traits.bounded, !unbounded.contains(tool.name)) << tool.name;
  }
}

TEST(Manifest, DeclaresExactlyTheseTools) {
  std::vector<std::string_view> names;
  for (const ToolDescriptor& tool : all_tools()) names.push_back(tool.name);
  EXPECT_THAT(names, ::testing::ElementsAre("task:create", "task:list", "task:complete", "task:schedule",
                                            "memory:store", "memory:recall", "memory:forget", "channel:configure",
                                            "channel:send", "channel:receive", "routine:create", "routine:list",
                                            "routine:run", "sidekick:init", "sidekick:status", "sidekick:export"));
}

TEST(Manifest, WriteToolsHaveADryRunAndReadToolsHaveNone) {
  for (const ToolDescriptor& tool : all_tools()) {
    const json::Value* dry_run = tool_in_manifest(tool.name).at_pointer("/input_schema/properties/dry_run");
    EXPECT_EQ(dry_run != nullptr, tool.permission == Permission::kWrite && tool.name != "sidekick:init") << tool.name;
  }
}

class ManifestAnswers : public SidekickTest {
 protected:
  void expect_answer(std::string_view tool, const std::string& input) {
    expect_described(succeed(tool, input), *tool_in_manifest(tool).find("output_schema"), std::string(tool));
  }
};

TEST_F(ManifestAnswers, AreWhatTheSchemasSay) {
  const std::string id = create(R"({"title":"x"})");
  expect_answer("task:create",
                R"({"title":"x","description":"d","priority":"P1","due_at":"2026-03-02T00:00:00Z","tags":["t"]})");
  expect_answer("task:create", R"({"title":"x","dry_run":true})");
  expect_answer("task:schedule", R"({"id":")" + id + R"(","due_at":"2026-03-02T00:00:00Z","cron":"0 9 * * *"})");
  expect_answer("task:complete", R"({"id":")" + id + R"(","note":"n"})");
  expect_answer("task:list", R"({"limit":1})");
  const std::string memory(
      text(succeed("memory:store", R"({"type":"fact","content":"c","tags":["t"]})"), "/memory/id"));
  expect_answer("memory:store", R"({"type":"note","content":"c","dry_run":true})");
  expect_answer("memory:recall", R"({"query":"c","limit":1})");
  expect_answer("memory:recall", R"({"limit":1})");
  expect_answer("memory:forget", R"({"id":")" + memory + R"(","dry_run":true})");
  expect_answer("memory:forget", R"({"id":")" + memory + R"("})");
  expect_answer("channel:configure",
                R"({"name":"ops","type":"webhook","settings":{"url":"https://a.example/","timeout_ms":500}})");
  expect_answer("channel:configure", R"({"name":"x","dry_run":true})");
  expect_answer("channel:send", R"({"content":"hi","channel":"ops","metadata":{"n":1}})");
  expect_answer("channel:send", R"({"content":"hi","dry_run":true})");
  expect_answer("channel:receive", "{}");
  const std::string routine(text(succeed("routine:create", R"({"name":"r","cron":"0 9 * * *","on_event":"a:b",
    "steps":[{"tool":"task:list"},{"tool":"no:tool","input":{"a":1}}]})"),
                                 "/routine/id"));
  expect_answer("routine:create", R"({"name":"r","steps":[{"tool":"task:list"}],"dry_run":true})");
  expect_answer("routine:list", R"({"limit":1})");
  expect_answer("routine:run", R"({"id":")" + routine + R"("})");
  expect_answer("sidekick:init", "{}");
  expect_answer("sidekick:status", "{}");
  expect_answer("sidekick:export", R"({"include_audit":true})");
}

}  // namespace
}  // namespace lumenflow::sidekick
