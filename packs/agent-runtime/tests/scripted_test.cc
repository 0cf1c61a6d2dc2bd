// The scripted model, and what it is read from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "agent-runtime/provider.h"
#include "agent-runtime/workspace_file.h"
#include "support/fake_tool_context.h"

namespace lumenflow::agent_runtime {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ScriptedModel : public ::testing::Test {
 protected:
  ScriptedModel() {
    std::string pattern = (fs::temp_directory_path() / "lumenflow-script-XXXXXX").string();
    root_ = fs::canonical(::mkdtemp(pattern.data())).string();
    host_.root = root_;
    request_.messages = {{Message::Role::kUser, "Tidy up.", {}, {}, false}};
  }
  ~ScriptedModel() override { fs::remove_all(root_); }

  void script(std::string_view text, const std::string& path = "script.yaml") const {
    fs::create_directories(fs::path(root_ + "/" + path).parent_path());
    std::ofstream(root_ + "/" + path) << text;
  }
  Completion complete(const std::string& path = "script.yaml") {
    const auto provider = make_provider({"demo", "scripted", path, {}, {}, {}, {}, {}});
    EXPECT_TRUE(provider.ok());
    return (*provider)->complete(host_, request_, [this](std::string_view piece) {
      streamed_ += piece;
      return true;
    });
  }
  Proposal proposed() {
    const Completion completion = complete();
    if (const auto* error = std::get_if<ProviderError>(&completion)) {
      ADD_FAILURE() << error->code << " " << error->message;
      return {};
    }
    return std::get<Proposal>(completion);
  }
  std::string fault(const std::string& path = "script.yaml") {
    const Completion completion = complete(path);
    const auto* error = std::get_if<ProviderError>(&completion);
    return error == nullptr ? "none" : error->code + " " + error->message;
  }
  void spoken(Proposal proposal, std::string answer) {
    request_.messages.push_back({Message::Role::kAssistant, proposal.text, proposal.requests, {}, false});
    for (const ToolRequest& asked : proposal.requests)
      request_.messages.push_back({Message::Role::kTool, answer, {}, asked.id, false});
  }

  std::string root_, streamed_;
  testing::MemoryStore memory_;
  testing::FakeToolContext host_{memory_};
  ModelRequest request_;
};

TEST_F(ScriptedModel, SaysOneStepAfterTheOther) {
  script(R"(
turns:
  - tool: task:create
    input: {title: Tidy up, priority: P1}
    usage: {input_tokens: 12, output_tokens: 3}
  - tools:
      - {tool: task:complete, input: {id: '{{/data/task/id}}'}}
      - {tool: task:list}
    expect: task-1
  - reply: 'Done: {{/data/task/id}} {{/none}}.'
    intent: tidy
)");
  const Proposal first = proposed();
  ASSERT_EQ(first.requests.size(), 1u);
  EXPECT_EQ(first.requests[0].name, "task:create");
  EXPECT_EQ(json::string_or(first.requests[0].input, "priority", ""), "P1");
  EXPECT_EQ(first.usage->total_tokens, 15u);
  EXPECT_EQ(first.finish_reason, "tool_calls");
  spoken(first, R"({"data":{"task":{"id":"task-1"}}})");
  const Proposal second = proposed();
  ASSERT_EQ(second.requests.size(), 2u);
  EXPECT_EQ(json::string_or(second.requests[0].input, "id", ""), "task-1");
  EXPECT_NE(second.requests[0].id, second.requests[1].id);
  spoken(second, R"({"data":{"task":{"id":"task-2"}}})");
  request_.stream = true;
  const Proposal third = proposed();
  EXPECT_EQ(third.text, "Done: task-2 {{/none}}.");
  EXPECT_EQ(third.intent, "tidy");
  EXPECT_EQ(streamed_, third.text);
  spoken(third, "");
  EXPECT_THAT(fault(), HasSubstr("CONFIGURATION_ERROR the script script.yaml has no step 4"));
}

TEST_F(ScriptedModel, RepeatsAStepForEver) {
  script("turns:\n  - {tool: task:list, repeat: true}\n  - {reply: never}\n");
  for (int i = 0; i < 5; ++i) {
    const Proposal again = proposed();
    ASSERT_EQ(again.requests.size(), 1u) << i;
    spoken(again, "{}");
  }
}

TEST_F(ScriptedModel, FailsAsItIsTold) {
  script("turns:\n  - error: {code: PROVIDER_RATE_LIMITED, message: later, retry_after_ms: 1500}\n");
  const Completion completion = complete();
  const auto& error = std::get<ProviderError>(completion);
  EXPECT_EQ(error.code, "PROVIDER_RATE_LIMITED");
  EXPECT_EQ(error.retry_after_ms, 1500);
  script("turns:\n  - {reply: hello, expect: no such words}\n");
  EXPECT_THAT(fault(), HasSubstr("PROVIDER_MALFORMED_RESPONSE"));
}

TEST_F(ScriptedModel, IsAPlainFileInTheWorkspace) {
  EXPECT_THAT(fault(), HasSubstr("CONFIGURATION_ERROR"));
  script("turns: [}");
  EXPECT_THAT(fault(), HasSubstr("YAML"));
  script("turns: []");
  EXPECT_THAT(fault(), HasSubstr("'turns'"));
  EXPECT_THAT(fault("../script.yaml"), HasSubstr("no path below the workspace"));
  EXPECT_THAT(fault(".lumenflow/state/keys/token.pem"), HasSubstr("no path below the workspace"));
  fs::create_symlink("/etc/passwd", root_ + "/link");
  EXPECT_THAT(fault("link"), HasSubstr("no plain file"));
  fs::create_directory_symlink("/etc", root_ + "/etc");
  EXPECT_THAT(fault("etc/passwd"), HasSubstr("no plain file"));
}

TEST_F(ScriptedModel, FilesAreWrittenWholeAndNotThroughLinks) {
  ASSERT_TRUE(write_workspace_file(root_, ".agent-runtime/sessions/a.json", "{}").ok());
  ASSERT_TRUE(write_workspace_file(root_, ".agent-runtime/sessions/a.json", "{\"b\":1}").ok());
  EXPECT_EQ(*read_workspace_file(root_, ".agent-runtime/sessions/a.json", 100), "{\"b\":1}");
  EXPECT_EQ(read_workspace_file(root_, ".agent-runtime/sessions/a.json", 3).error().code(),
            ErrorCode::kInvalidConfiguration);
  fs::remove_all(root_ + "/.agent-runtime");
  fs::create_directories(root_ + "/elsewhere");
  fs::create_directory_symlink(root_ + "/elsewhere", root_ + "/.agent-runtime");
  EXPECT_FALSE(write_workspace_file(root_, ".agent-runtime/sessions/a.json", "{}").ok());
  EXPECT_TRUE(fs::is_empty(root_ + "/elsewhere"));
}

TEST(Providers, AreThoseThatThereAre) {
  EXPECT_FALSE(make_provider({"demo", "oracle", "m", {}, {}, {}, {}, {}}).ok());
  EXPECT_FALSE(make_provider({"demo", "scripted", "", {}, {}, {}, {}, {}}).ok());
}

}  // namespace
}  // namespace lumenflow::agent_runtime
