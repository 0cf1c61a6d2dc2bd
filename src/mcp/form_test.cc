#include "mcp/form.h"

#include <gtest/gtest.h>

namespace lumenflow::mcp {
namespace {

json::Value text(std::string_view json) { return *json::parse(json); }

TEST(Form, AnAcceptedOneHasTheContentThatWasAskedFor) {
  const json::Value params = text(R"({"message":"m","requestedSchema":{"type":"object",)"
                                  R"("properties":{"name":{"type":"string"}},"required":["name"]}})");
  EXPECT_TRUE(check_answer("elicitation/create", params, text(R"({"action":"accept","content":{"name":"x"}})")).ok());
  EXPECT_TRUE(check_answer("elicitation/create", params, text(R"({"action":"decline"})")).ok());
  for (const char* bad :
       {R"({"action":"accept"})", R"({"action":"accept","content":{"name":1}})", R"({"action":"maybe"})", "{}", "1"})
    EXPECT_FALSE(check_answer("elicitation/create", params, text(bad)).ok()) << bad;
}

TEST(Form, ModelsAndRootsAreLookedAtToo) {
  EXPECT_TRUE(
      check_answer("sampling/createMessage", {}, text(R"({"role":"assistant","content":{},"model":"m"})")).ok());
  EXPECT_FALSE(check_answer("sampling/createMessage", {}, text(R"({"role":"assistant"})")).ok());
  EXPECT_TRUE(check_answer("roots/list", {}, text(R"({"roots":[]})")).ok());
  EXPECT_FALSE(check_answer("roots/list", {}, text("{}")).ok());
}

TEST(Form, AClientIsAskedWhatItDeclared) {
  EXPECT_TRUE(can_answer(text(R"({"elicitation":{}})"), "elicitation/create"));
  EXPECT_FALSE(can_answer(text(R"({"elicitation":{"url":{}}})"), "elicitation/create"));
  const json::Value page = text(R"({"mode":"url"})");
  EXPECT_TRUE(can_answer(text(R"({"elicitation":{"url":{}}})"), "elicitation/create", &page));
  EXPECT_FALSE(can_answer(text(R"({"elicitation":{}})"), "elicitation/create", &page));
  EXPECT_FALSE(can_answer(text("{}"), "sampling/createMessage"));
  EXPECT_FALSE(can_answer({}, "roots/list"));
  EXPECT_FALSE(can_answer(text(R"({"tools":{}})"), "tools/list"));
}

}  // namespace
}  // namespace lumenflow::mcp
