#include "mcp/request_state.h"

#include <gtest/gtest.h>

namespace lumenflow::mcp {
namespace {

TEST(RequestState, OpensForTheSameRequestOfTheSameSubjectInTimeAlone) {
  SystemRandom random;
  RequestState states(random);
  const RequestState others(random);
  const json::Value arguments = json::Object{{"a", 1}}, changed = json::Object{{"a", 2}};
  const RequestIdentity mine{"ws-1", "tools/call", "x", &arguments};
  const std::string state = states.seal("handle-1", mine, Timestamp{1000});
  ASSERT_TRUE(states.open(state, mine, Timestamp{1000}).ok());
  EXPECT_EQ(*states.open(state, mine, Timestamp{1000}), "handle-1");
  EXPECT_FALSE(states.open(state, mine, Timestamp{1001}).ok());
  EXPECT_FALSE(states.open(state, {"ws-2", "tools/call", "x", &arguments}, Timestamp{1}).ok());
  EXPECT_FALSE(states.open(state, {"ws-1", "prompts/get", "x", &arguments}, Timestamp{1}).ok());
  EXPECT_FALSE(states.open(state, {"ws-1", "tools/call", "y", &arguments}, Timestamp{1}).ok());
  EXPECT_FALSE(states.open(state, {"ws-1", "tools/call", "x", &changed}, Timestamp{1}).ok());
  EXPECT_FALSE(others.open(state, mine, Timestamp{1}).ok()) << "another key";
  std::string tampered = state;
  tampered[tampered.size() / 2] = tampered[tampered.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_EQ(states.open(tampered, mine, Timestamp{1}).error().code(), ErrorCode::kInvalidInput);
}

}  // namespace
}  // namespace lumenflow::mcp
