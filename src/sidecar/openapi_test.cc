#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "http/testing/documented.h"
#include "json/schema.h"
#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::sidecar {
namespace {

// Every `$ref` below a value.
void collect_refs(const json::Value& value, std::vector<std::string>& refs) {
  if (const json::Array* array = value.if_array())
    for (const json::Value& item : *array) collect_refs(item, refs);
  if (const json::Object* object = value.if_object())
    for (const json::Member& member : *object) {
      if (member.key == "$ref" && member.value.is_string()) refs.push_back(member.value.as_string());
      collect_refs(member.value, refs);
    }
}

// A path of the document with something in place of each {parameter}.
std::string concrete(std::string path) {
  for (std::size_t open = path.find('{'); open != std::string::npos; open = path.find('{'))
    path.replace(open, path.find('}', open) - open + 1, "1");
  return path;
}

class OpenApi : public testing::Test {
 protected:
  OpenApi() : document(world.get("/openapi.json").value) {}
  // Each operation as (method, path, operation).
  template <class Each>
  void for_each_operation(Each each) const {
    for (const json::Member& path : document.find("paths")->as_object())
      for (const json::Member& method : path.value.as_object()) each(method.key, path.key, method.value);
  }
  SidecarWorld world;
  json::Value document;
};

TEST_F(OpenApi, TellsOfEveryRouteAndOfNoOther) {
  std::map<std::string, std::set<std::string>> methods;
  for_each_operation([&](const std::string& method, const std::string& path, const json::Value&) {
    if (!path.starts_with("/tools/probe:")) methods[path].insert(method);
  });
  ASSERT_GE(methods.size(), 16u);
  for (const auto& [path, described] : methods) {
    const Answer answer = world.send(http::Method::kPatch, concrete(path), "{}");
    ASSERT_EQ(answer.status, 405) << path << " is served: " << answer.body;
    std::set<std::string> served;
    const std::string allow = answer.header("allow");
    for (std::size_t at = 0; at < allow.size();) {
      const std::size_t end = std::min(allow.find(", ", at), allow.size());
      std::string method = allow.substr(at, end - at);
      at = end + 2;
      for (char& c : method) c = static_cast<char>(c | 0x20);
      if (method != "head") served.insert(method);
    }
    EXPECT_EQ(served, described) << path;
  }
  for (const char* path :
       {"/tools", "/tools/{name}", "/calls/{receipt_id}", "/events", "/events/stream", "/audit", "/audit/{position}",
        "/audit/{position}/proof", "/audit/head", "/packs", "/diagnostics", "/handlers", "/outbox", "/metrics",
        "/healthz", "/readyz", "/openapi.json", "/kernel/{name}"})
    EXPECT_TRUE(methods.contains(path)) << path;
}

TEST_F(OpenApi, SaysWhichScopeARouteNeeds) {
  for_each_operation([&](const std::string& method, const std::string& path, const json::Value& operation) {
    if (method != "get") return;
    const bool open = operation.find("security")->as_array().empty();
    EXPECT_EQ(world.get(concrete(path), {{"Authorization", "Bearer x"}}).status == 401, !open) << path;
    const std::string_view scope = json::string_or(operation, "x-required-scope", "");
    if (scope.empty()) return;
    EXPECT_EQ(world.get(concrete(path), world.as(world.token("control:stop"))).code(), "TOKEN_SCOPE_DENIED") << path;
  });
}

TEST_F(OpenApi, HasOneOperationPerToolWithItsOwnSchemas) {
  const Answer tools = world.get("/tools");
  for (const json::Value& tool : tools.value.find("tools")->as_array()) {
    const std::string name(json::string_or(tool, "name", ""));
    const json::Value* post = document.at_pointer("/paths/" + json::escape_pointer_token("/tools/" + name) + "/post");
    ASSERT_NE(post, nullptr) << name;
    EXPECT_EQ(*post->at_pointer("/requestBody/content/application~1json/schema"), *tool.find("input_schema"));
    EXPECT_EQ(*post->at_pointer("/responses/200/content/application~1json/schema/properties/data"),
              *tool.find("output_schema"));
  }
}

// Of a workspace it says its tools besides.
TEST_F(OpenApi, WhatIsFixedIsKeptInTheTree) {
  json::Object fixed;
  for (const json::Member& path : document.find("paths")->as_object())
    if (!path.key.starts_with("/tools/probe:")) fixed.set(path.key, path.value);
  json::Value kept = document;
  kept.as_object().set("paths", std::move(fixed));
  kept.as_object().set("info", json::Object{{"title", "LumenFlow sidecar"}, {"version", "1"}});
  EXPECT_TRUE(http::is_kept(kept, "schemas/http/sidecar.openapi.json")) << "run sidecar_test with LUMENFLOW_UPDATE=1";
}

TEST_F(OpenApi, EveryFixedRouteSaysWhatItTakesAndAnswers) {
  for_each_operation([&](const std::string& method, const std::string& path, const json::Value& operation) {
    if (path.starts_with("/tools/probe:") || path.starts_with("/mcp") || path.starts_with("/.well-known/")) return;
    if (path == "/metrics" || path == "/openapi.json") return;
    std::vector<std::string> refs;
    for (const json::Member& response : operation.find("responses")->as_object())
      if (response.key.starts_with('2')) collect_refs(response.value, refs);
    EXPECT_FALSE(refs.empty()) << method << " " << path << " says not what it answers";
    if (const json::Value* body = operation.find("requestBody")) {
      const std::size_t before = refs.size();
      collect_refs(*body, refs);
      EXPECT_GT(refs.size(), before) << method << " " << path << " says not what it takes";
    }
  });
  std::vector<std::string> all;
  collect_refs(document, all);
  for (const json::Member& schema : document.at_pointer("/components/schemas")->as_object()) {
    EXPECT_TRUE(std::ranges::count(all, "#/components/schemas/" + schema.key) > 0) << schema.key << " is used nowhere";
    const json::Value whole =
        json::Object{{"$ref", "#/components/schemas/" + schema.key}, {"components", *document.find("components")}};
    const auto compiled = json::Schema::compile(whole);
    EXPECT_TRUE(compiled.ok()) << schema.key << ": " << compiled.error().to_string();
  }
}

TEST_F(OpenApi, HoldsTogether) {
  EXPECT_EQ(json::string_or(document, "openapi", ""), "3.1.0");
  std::vector<std::string> refs;
  collect_refs(document, refs);
  EXPECT_FALSE(refs.empty());
  for (const std::string& ref : refs) {
    ASSERT_TRUE(ref.starts_with("#/")) << ref;
    EXPECT_NE(document.at_pointer(ref.substr(1)), nullptr) << ref;
  }
  std::set<std::string> ids;
  for_each_operation([&](const std::string& method, const std::string& path, const json::Value& operation) {
    const std::string id(json::string_or(operation, "operationId", ""));
    EXPECT_TRUE(!id.empty() && ids.insert(id).second) << method << " " << path;
    EXPECT_NE(json::string_or(operation, "summary", ""), "") << path;
    EXPECT_NE(operation.find("responses"), nullptr);
    std::set<std::string> in_path;
    if (const json::Value* parameters = operation.find("parameters"))
      for (const json::Value& parameter : parameters->as_array()) {
        EXPECT_NE(parameter.find("schema"), nullptr);
        if (json::string_or(parameter, "in", "") == "path")
          in_path.insert(std::string(json::string_or(parameter, "name", "")));
      }
    for (const std::string& name : in_path) EXPECT_NE(path.find("{" + name + "}"), std::string::npos) << path;
    EXPECT_EQ(static_cast<std::size_t>(std::count(path.begin(), path.end(), '{')), in_path.size()) << path;
  });
}

}  // namespace
}  // namespace lumenflow::sidecar
