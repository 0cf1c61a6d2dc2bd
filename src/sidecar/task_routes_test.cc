// /tasks of a running sidecar.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::sidecar {
namespace {

using ::testing::ElementsAre;

class TaskRoutes : public ::testing::Test {
 protected:
  Answer post(const std::string& path, const std::string& body = "", Headers headers = {}) const {
    if (!body.empty()) headers.emplace_back("Content-Type", "application/json");
    return world.send(http::Method::kPost, path, body, std::move(headers));
  }
  Answer create(const std::string& id) const {
    return post("/tasks", R"({"task_id":")" + id + R"(","type":"work-unit","title":"T"})");
  }
  std::vector<std::string> listed(const std::string& query) const {
    const Answer answer = world.get("/tasks" + query);
    EXPECT_EQ(answer.status, 200) << answer.body;
    std::vector<std::string> ids;
    for (const json::Value& task : answer.value.find("items")->as_array())
      ids.emplace_back(json::string_or(task, "task_id", ""));
    return ids;
  }

  SidecarWorld world;
};

TEST_F(TaskRoutes, ATaskIsCreatedTakenAndDone) {
  const Answer created = create("WU-1");
  EXPECT_EQ(created.status, 200) << created.body;
  EXPECT_EQ(created.text("/task/state"), "ready");
  EXPECT_EQ(created.text("/task/spec_hash").size(), 64u);
  EXPECT_EQ(post("/tasks/WU-1/claim").text("/task/claimed_by"), "ws-42");
  EXPECT_EQ(post("/tasks/WU-1/wait", R"({"reason":"review"})").text("/task/state"), "waiting");
  const Answer illegal = post("/tasks/WU-1/release", R"({"reason":"x"})");
  EXPECT_EQ(illegal.status, 409);
  EXPECT_EQ(illegal.code(), "ILLEGAL_TRANSITION");
  EXPECT_EQ(post("/tasks/WU-1/resume").text("/task/state"), "active");
  EXPECT_EQ(
      post("/tasks/WU-1/delegate", R"({"task_id":"WU-1.1","type":"t","title":"part"})").text("/task/parent_task_id"),
      "WU-1");
  EXPECT_EQ(post("/tasks/WU-1/complete", R"({"evidence_refs":["sha256:aa"]})").text("/task/state"), "done");
  EXPECT_EQ(world.get("/tasks/WU-1").text("/task/evidence_refs/0"), "sha256:aa");
}

TEST_F(TaskRoutes, PagesAreByIdAndByState) {
  for (const char* id : {"c", "a", "b"}) ASSERT_EQ(create(id).status, 200);
  EXPECT_EQ(post("/tasks/b/claim").status, 200);
  EXPECT_THAT(listed(""), ElementsAre("a", "b", "c"));
  EXPECT_THAT(listed("?state=ready"), ElementsAre("a", "c"));
  EXPECT_THAT(listed("?limit=1&after=0"), ElementsAre("a"));
  const Answer page = world.get("/tasks?limit=2");
  EXPECT_EQ(page.text("/next"), "b");
  EXPECT_THAT(listed("?limit=2&after=b"), ElementsAre("c"));
  EXPECT_EQ(world.get("/tasks?state=asleep").status, 400);
  EXPECT_EQ(world.get("/tasks/none").status, 404);
}

TEST_F(TaskRoutes, WrongInputIsRefusedWithItsPlace) {
  EXPECT_EQ(post("/tasks", "[]").code(), "INVALID_INPUT");
  EXPECT_EQ(post("/tasks", R"({"task_id":"x"})").code(), "INVALID_INPUT");
  EXPECT_EQ(post("/tasks", "{").status, 400);
  EXPECT_EQ(post("/tasks/none/claim").status, 404);
  const Headers reader = world.as(world.token("tools:read", "ws-42:reader"));
  EXPECT_EQ(world.get("/tasks", reader).status, 200);
  EXPECT_EQ(post("/tasks", R"({"task_id":"x","type":"t","title":"T"})", reader).code(), "TOKEN_SCOPE_DENIED");
}

TEST_F(TaskRoutes, TheHeaderNamesATaskThatTheSubjectHolds) {
  ASSERT_EQ(create("WU-1").status, 200);
  const Headers header = {{"LumenFlow-Task", "WU-1"}};
  EXPECT_EQ(world.call("probe:echo", "{}", header).code(), "INVALID_REQUEST");
  ASSERT_EQ(post("/tasks/WU-1/claim").status, 200);
  EXPECT_NE(world.call("probe:echo", "{}", header).code(), "INVALID_REQUEST");
}

TEST_F(TaskRoutes, ARepeatedRequestUnderOneKeyIsOneChange) {
  ASSERT_EQ(create("WU-1").status, 200);
  const Headers key = {{"Idempotency-Key", "k-1"}};
  EXPECT_EQ(post("/tasks/WU-1/claim", "", key).status, 200);
  EXPECT_EQ(post("/tasks/WU-1/claim", "", key).status, 200);
  EXPECT_EQ(post("/tasks/WU-1/claim").code(), "ILLEGAL_TRANSITION");
}

}  // namespace
}  // namespace lumenflow::sidecar
