#include "http/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lumenflow::http {
namespace {

using testing::HasSubstr;

class RouterTest : public testing::Test {
 protected:
  void add(Method method, const std::string& pattern) {
    router.add(method, pattern, [this, pattern](RoutedRequest request, std::unique_ptr<Responder>) {
      matched = pattern;
      routed = std::move(request);
    });
  }
  Status route(Method method, std::string target) {
    matched.clear();
    Request request;
    request.method = method;
    request.target = std::move(target);
    std::unique_ptr<Responder> none;
    return router.route(std::move(request), none);
  }
  std::string get(const std::string& target) {
    const Status status = route(Method::kGet, target);
    return status.ok() ? matched : std::string(name(status.error().code()));
  }

  Router router;
  std::string matched;
  RoutedRequest routed;
};

TEST_F(RouterTest, DecodesPathAndQuery) {
  add(Method::kGet, "/tools/{name}");
  EXPECT_EQ(get("/tools/task%3Acreate?wait=30s&wait=1&kind=a%26b&flag&plus=a+b&=x"), "/tools/{name}");
  EXPECT_EQ(routed.path.at("name"), "task:create");
  EXPECT_EQ(routed.query.at("wait"), "30s");
  EXPECT_EQ(routed.query.at("kind"), "a&b");
  EXPECT_EQ(routed.query.at("flag"), "");
  EXPECT_EQ(routed.query.at("plus"), "a+b");
}

TEST_F(RouterTest, ALiteralWinsAndTheParameterIsTheWayBack) {
  for (const char* pattern : {"/audit/{position}", "/audit/head", "/audit/{at}/proof", "/", "/audit"})
    add(Method::kGet, pattern);
  EXPECT_EQ(get("/audit/head"), "/audit/head");
  EXPECT_EQ(get("/audit/7"), "/audit/{position}");
  EXPECT_EQ(get("/audit/7/proof"), "/audit/{at}/proof");
  EXPECT_EQ(routed.path.at("at"), "7") << "each route names its parameters itself";
  EXPECT_EQ(get("/audit/head/proof"), "/audit/{at}/proof");
  EXPECT_EQ(get("/"), "/");
  EXPECT_EQ(get("/audit"), "/audit");
}

TEST_F(RouterTest, WhatIsNotThereIsNotFound) {
  add(Method::kGet, "/tools/{name}");
  for (const char* target : {"/", "/tools", "/tools/", "/tools/a/", "/tools//a", "/tools/a/b", "//tools/a", "*"})
    EXPECT_EQ(get(target), "NOT_FOUND") << target;
}

TEST_F(RouterTest, AWrongMethodLearnsTheRightOnes) {
  add(Method::kGet, "/approvals/{id}");
  add(Method::kPost, "/approvals/{id}");
  const Status status = route(Method::kDelete, "/approvals/7");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kMethodNotAllowed);
  EXPECT_EQ(status.error().details().at(0), (ErrorDetail{"allow", "GET, HEAD, POST"}));
  EXPECT_TRUE(route(Method::kHead, "/approvals/7").ok());
  EXPECT_EQ(matched, "/approvals/{id}");
}

TEST_F(RouterTest, RefusesPathsThatClimbOrHide) {
  add(Method::kGet, "/tasks/{id}");
  for (const char* target :
       {"/tasks/..", "/tasks/.", "/tasks/%2e%2e", "/tasks/%2E", "/../tasks/a", "/tasks/a%2Fb", "/tasks/a%00",
        "/tasks/%", "/tasks/%4", "/tasks/%zz", "/tasks/%ff", "/tasks/%c0%ae", "/tasks/a?x=%", "/tasks/a?%ff=1"})
    EXPECT_EQ(get(target), "INVALID_REQUEST") << target;
  EXPECT_EQ(get("/tasks/..."), "/tasks/{id}");
  EXPECT_EQ(get("/tasks/caf%C3%A9"), "/tasks/{id}");
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "/a";
  EXPECT_EQ(get(deep), "INVALID_REQUEST");
}

TEST_F(RouterTest, TheSameRouteTwiceAborts) {
  add(Method::kGet, "/a/{x}");
  EXPECT_DEATH(add(Method::kGet, "/a/{y}"), "has_value");
}

}  // namespace
}  // namespace lumenflow::http
