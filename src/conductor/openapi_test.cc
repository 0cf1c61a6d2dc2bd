// What GET /openapi.json says: every route with what it takes and answers, and no schema that nothing uses.
#include <gtest/gtest.h>

#include <set>

#include "conductor/testing/conductor_world.h"
#include "http/testing/documented.h"
#include "json/schema.h"

namespace lumenflow::conductor {
namespace {

constexpr std::string_view kComponents = "#/components/schemas/";

void collect_references(const json::Value& value, std::set<std::string>& names) {
  if (const json::Array* array = value.if_array())
    for (const json::Value& item : *array) collect_references(item, names);
  const json::Object* object = value.if_object();
  if (object == nullptr) return;
  for (const json::Member& member : *object) {
    const std::string* text = member.key == "$ref" ? member.value.if_string() : nullptr;
    if (text != nullptr) {
      EXPECT_TRUE(text->starts_with(kComponents)) << *text;
      names.insert(text->substr(kComponents.size()));
    }
    collect_references(member.value, names);
  }
}

class Description : public testing::Test {
 protected:
  Description() : document_(world_.get("/openapi.json").value) {}
  const json::Value& schemas() const { return *document_.at_pointer("/components/schemas"); }

  ConductorWorld world_;
  const json::Value document_;
};

TEST_F(Description, EveryRouteSaysWhatItTakesAndAnswers) {
  std::set<std::string> ids;
  for (const json::Member& path : document_.find("paths")->as_object())
    for (const json::Member& method : path.value.as_object()) {
      const std::string what = method.key + " " + path.key;
      const json::Value& operation = method.value;
      EXPECT_TRUE(ids.insert(operation.find("operationId")->as_string()).second) << what;
      EXPECT_NE(operation.at_pointer("/responses/default/content/application~1problem+json"), nullptr) << what;
      if (path.key == "/metrics" || path.key == "/openapi.json") continue;
      std::set<std::string> answered;
      for (const json::Member& response : operation.find("responses")->as_object())
        if (response.key.starts_with('2')) collect_references(response.value, answered);
      EXPECT_FALSE(answered.empty()) << what;
      const bool takes = operation.find("requestBody") != nullptr,
                 changes = method.key == "post" || method.key == "put";
      EXPECT_EQ(takes, changes && path.key != "/v2/keys/rotate") << what;
    }
}

TEST_F(Description, EverySchemaIsUsedAndEveryReferenceHasOne) {
  std::set<std::string> used, there;
  collect_references(document_, used);
  for (const json::Member& schema : schemas().as_object()) there.insert(schema.key);
  EXPECT_EQ(used, there);
}

TEST_F(Description, EverySchemaCompiles) {
  for (const json::Member& schema : schemas().as_object()) {
    const json::Value whole =
        json::Object{{"$ref", std::string(kComponents) + schema.key}, {"components", *document_.find("components")}};
    const auto compiled = json::Schema::compile(whole);
    EXPECT_TRUE(compiled.ok()) << schema.key << ": " << compiled.error().to_string();
  }
}

TEST_F(Description, IsKeptInTheTree) {
  EXPECT_TRUE(http::is_kept(document_, "schemas/http/conductor.openapi.json"))
      << "run conductor_test with LUMENFLOW_UPDATE=1, then tests/npm/run.py generate";
}

TEST_F(Description, WhoIsAskedForStandsAtTheRoute) {
  const json::Value* cancel = document_.at_pointer("/paths/~1v2~1workspaces~1{id}~1commands~1{command_id}/delete");
  ASSERT_NE(cancel, nullptr);
  EXPECT_EQ(json::serialize(*cancel->find("security")), R"([{"bearer":[]},{"session":[],"csrf":[]}])");
  EXPECT_EQ(json::serialize(*document_.at_pointer("/paths/~1v2~1enrollments~1{device_id}/get/security")),
            R"([{"ticket":[]}])");
  EXPECT_EQ(json::serialize(*document_.at_pointer("/paths/~1healthz/get/security")), "[]");
}

}  // namespace
}  // namespace lumenflow::conductor
