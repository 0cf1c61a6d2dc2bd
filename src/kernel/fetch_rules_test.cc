#include "kernel/fetch_rules.h"

#include <gtest/gtest.h>

namespace lumenflow::kernel {
namespace {

std::string refusal(const pack::HttpRequest& request) {
  const json::Value section =
      json::parse(R"({"models":{"a":{"base_url":"https://llm.example/v1","api_key_env":"LLM_KEY","model":"LLM_OTHER"},
                  "b":{"base_url_env":"LLM_URL"}},"list":[{"token_env":"LIST_KEY"}]})")
          .value();
  const Status status = check_named(request, section);
  return status.ok() ? "" : std::string(name(status.error().code()));
}

TEST(FetchRules, OnlyWhatTheOperatorNamesIsReadOfTheEnvironment) {
  const auto header = [](std::string variable) {
    pack::HttpRequest request;
    request.headers = {{"authorization", "Bearer ", std::move(variable)}};
    return refusal(request);
  };
  EXPECT_EQ(header("LLM_KEY"), "");
  EXPECT_EQ(header("LIST_KEY"), "");
  EXPECT_EQ(header("LLM_OTHER"), "SCOPE_DENIED") << "it stands there, but not as a variable";
  EXPECT_EQ(header("HOME"), "SCOPE_DENIED");
}

TEST(FetchRules, OnlyWhereTheOperatorPointsIsReached) {
  pack::HttpRequest request;
  request.base_url = "https://llm.example/v1";
  EXPECT_EQ(refusal(request), "");
  request.base_url = "https://llm.example/";
  EXPECT_EQ(refusal(request), "SCOPE_DENIED");
  request.base_url = "";
  request.base_url_env = "LLM_URL";
  EXPECT_EQ(refusal(request), "");
  request.base_url_env = "LLM_KEY";
  EXPECT_EQ(refusal(request), "SCOPE_DENIED") << "a key is no URL";
}

}  // namespace
}  // namespace lumenflow::kernel
