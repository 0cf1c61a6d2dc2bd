#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/client.h"
#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::sidecar {
namespace {

using testing::HasSubstr;

// Until the handler has failed with it as often as it may; in the tests' world its pauses are below 130 ms together.
json::Value dead_letters_of(const SidecarWorld& world, std::size_t wanted) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(40);
  for (;;) {
    const Answer answer = world.get("/handlers/probe/dead-letters");
    EXPECT_EQ(answer.status, 200) << answer.body;
    const json::Value items = *answer.value.find("items");
    if (items.as_array().size() == wanted || std::chrono::steady_clock::now() > give_up) return items;
  }
}

Answer kernel_call(const SidecarWorld& world, const std::string& tool, const json::Value& input) {
  http::ClientOptions options;
  options.socket_path = world.socket_path();
  http::Client client(options);
  http::ClientRequest request;
  request.method = http::Method::kPost;
  request.path = "/kernel/" + tool;
  request.body = json::serialize(input);
  const Result<http::ClientResponse> response = client.send(request);
  EXPECT_TRUE(response.ok());
  Answer answer;
  if (response.ok())
    answer = {response->status, {}, response->body, json::parse(response->body).value_or(json::Value())};
  return answer;
}

TEST(HandlerRoutes, TellWhoHandlesWhat) {
  const SidecarWorld world;
  const Answer answer = world.get("/handlers");
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text("/items/0/pack"), "probe");
  EXPECT_EQ(answer.text("/items/0/handlers/0/kind"), "probe:happened");
  EXPECT_EQ(world.get("/handlers/nobody/dead-letters").status, 404);
  EXPECT_EQ(world.get("/handlers", world.as(world.token("tools:read"))).status, 403);
}

TEST(HandlerRoutes, ADeadLetterIsListedTriedAgainAndLetGo) {
  const SidecarWorld world;
  EXPECT_EQ(world.call("probe:emit", R"({"n":13})").status, 200);
  EXPECT_EQ(world.call("probe:emit", R"({"n":14})").status, 200);
  const json::Value letters = dead_letters_of(world, 1);
  ASSERT_EQ(letters.as_array().size(), 1u);
  EXPECT_THAT(json::string_or(letters.as_array()[0], "reason", ""), HasSubstr("thirteen"));
  EXPECT_EQ(letters.as_array()[0].at_pointer("/event/payload/n")->as_integer(), 13);
  const std::int64_t position = json::integer_or(letters.as_array()[0], "position", 0);
  const json::Object input{{"pack", "probe"}, {"position", position}};
  EXPECT_EQ(kernel_call(world, "delivery_requeue", json::Value(input)).status, 200);
  EXPECT_EQ(kernel_call(world, "delivery_purge", json::Value(input)).text("/data/stream"), "sidecar");
  EXPECT_EQ(dead_letters_of(world, 0).as_array().size(), 0u);
  EXPECT_EQ(kernel_call(world, "delivery_purge", json::Value(input)).code(), "NOT_FOUND");
}

}  // namespace
}  // namespace lumenflow::sidecar
