// The tools over files: what they tell the host, and what became of a call that nobody recorded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "sidekick/registration.h"
#include "sidekick/tools/descriptor.h"
#include "support/fake_tool_context.h"

namespace lumenflow::sidekick {
namespace {

using Effect = pack::Aftermath::Effect;

class FileTools : public ::testing::Test {
 protected:
  FileTools() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lumenflow-tools-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    context.root = pattern;
    sidekick_pack().register_pack(*registration_);
  }
  ~FileTools() override {
    registration_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(context.root, ignored);
  }
  json::Value call(std::string_view tool, const char* input) {
    for (const pack::RegisteredTool& registered : registration_->tools()) {
      if (registered.name != tool) continue;
      context.tool_name = tool;
      pack::ToolResult result = registered.handler(context, *json::parse(input));
      if (auto* output = std::get_if<pack::ToolOutput>(&result)) return std::move(output->data);
      ADD_FAILURE() << std::get<pack::ToolError>(result).message;
    }
    return {};
  }
  pack::Aftermath aftermath(std::string_view tool, std::string_view receipt) {
    return registration_->status()({receipt, tool, context.root});
  }
  // As a new process would find it.
  void restart() {
    registration_ = std::make_unique<pack::Registration>();
    sidekick_pack().register_pack(*registration_);
  }

  lumenflow::testing::MemoryStore store;
  lumenflow::testing::FakeToolContext context{store};
  std::unique_ptr<pack::Registration> registration_ = std::make_unique<pack::Registration>();
};

TEST_F(FileTools, AreTheDefaultAndHaveEffectsOutsideTheJournal) {
  for (const pack::RegisteredTool& tool : registration_->tools()) {
    EXPECT_FALSE(tool.traits.store_only) << tool.name;
    EXPECT_FALSE(tool.traits.bounded) << tool.name;
  }
  pack::Registration journal(json::Object{{"storage", "journal"}});
  sidekick_pack().register_pack(journal);
  for (std::size_t i = 0; i < all_tools().size(); ++i)
    EXPECT_EQ(journal.tools()[i].traits.store_only, all_tools()[i].traits.store_only) << journal.tools()[i].name;
}

TEST_F(FileTools, TellWhatBecameOfACallByItsReceipt) {
  context.receipt = "rcpt-create";
  const json::Value created = call("task:create", R"({"title":"a"})");
  context.receipt = "rcpt-store";
  const json::Value stored = call("memory:store", R"({"type":"fact","content":"c"})");
  context.receipt = "rcpt-dry";
  call("task:create", R"({"title":"b","dry_run":true})");
  for (const bool restarted : {false, true}) {
    if (restarted) restart();
    EXPECT_EQ(aftermath("task:create", "rcpt-create").effect, Effect::kDone);
    EXPECT_EQ(aftermath("task:create", "rcpt-create").data, created);
    EXPECT_EQ(aftermath("memory:store", "rcpt-store").data, stored);
    EXPECT_EQ(aftermath("task:create", "rcpt-dry").effect, Effect::kNone);
    EXPECT_EQ(aftermath("task:create", "rcpt-other").effect, Effect::kNone);
  }
  context.receipt = "rcpt-send";
  call("channel:send", R"({"content":"hi"})");
  EXPECT_EQ(aftermath("channel:send", "rcpt-send").effect, Effect::kUnknown) << "it reached beyond the store";
  EXPECT_TRUE(store.contents.empty()) << "nothing of it is in the journal's store";
}

TEST_F(FileTools, DoNotGuessWhenTheFilesCannotBeRead) {
  call("task:create", R"({"title":"a"})");
  registration_.reset();
  std::filesystem::remove(context.root + "/.sidekick/tasks/tasks.json");
  std::filesystem::create_symlink("/nowhere", context.root + "/.sidekick/tasks/tasks.json");
  restart();
  EXPECT_EQ(aftermath("task:create", "rcpt-1").effect, Effect::kUnknown);
}

}  // namespace
}  // namespace lumenflow::sidekick
