// The sidekick tools as callers meet them: through dispatch, schemas and the journal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sidekick/tools/descriptor.h"
#include "sidekick_world.h"

namespace lumenflow::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Sample {
  const char* tool;
  std::string input;  // that is accepted
};

class SidekickKernel : public ::testing::Test {
 protected:
  SidekickKernel() {
    world.open();
    task = text(world.data("task:create", R"({"title":"t","due_at":"2027-01-01T00:00:00Z"})"), "/task/id");
    memory = text(world.data("memory:store", R"({"type":"fact","content":"c"})"), "/memory/id");
    routine = text(world.data("routine:create", R"({"name":"r","steps":[{"tool":"task:list"}]})"), "/routine/id");
    world.data("channel:send", R"({"content":"hello"})");
  }
  // One of each tool; the id's quotes are closed before `members` follow.
  std::vector<Sample> samples(const std::string& more = "") const {
    return {{"task:create", R"({"title":" New ","description":"d","priority":"P0","tags":["a"])" + more + "}"},
            {"task:schedule", R"({"id":")" + task + R"(","cron":"0 9 * * *")" + more + "}"},
            {"task:complete", R"({"id":")" + task + R"(","note":"n")" + more + "}"},
            {"memory:store", R"({"type":"note","content":"c","tags":["a"])" + more + "}"},
            {"memory:forget", R"({"id":")" + memory + "\"" + more + "}"},
            {"channel:configure", R"({"name":"ops","type":"conductor")" + more + "}"},
            {"channel:send", R"({"content":"x","channel":"new","sender":"s","metadata":{"a":1})" + more + "}"},
            {"routine:create", R"({"name":"r","cron":"0 9 * * *","steps":[{"tool":"a:b","input":{}}])" + more + "}"}};
  }
  std::vector<Sample> reads() const {
    return {{"task:list", R"({"status":"pending","search":"t","limit":1000})"},
            {"memory:recall", R"({"query":"c"})"},
            {"memory:recall", "{}"},
            {"channel:receive", R"({"channel":"default"})"},
            {"routine:list", R"({"enabled_only":true})"},
            {"routine:run", R"({"id":")" + routine + R"("})"},
            {"sidekick:status", "{}"},
            {"sidekick:export", R"({"format":"ndjson"})"}};
  }

  SidekickWorld world;
  std::string task, memory, routine;
};

TEST_F(SidekickKernel, EveryToolAnswersWhatItsSchemasSay) {
  for (const Sample& sample : samples()) EXPECT_EQ(world.refusal(sample.tool, sample.input), "") << sample.tool;
  for (const Sample& sample : reads()) EXPECT_EQ(world.refusal(sample.tool, sample.input), "") << sample.tool;
  EXPECT_EQ(world.refusal("sidekick:init", "{}"), "");
}

TEST_F(SidekickKernel, ADryRunChangesNotOneByteOfTheStore) {
  const std::string before = world.pack_store();
  const std::size_t shown = world.notices.size();
  for (const Sample& sample : samples(R"(,"dry_run":true)")) {
    EXPECT_TRUE(json::boolean_or(world.data(sample.tool, sample.input), "dry_run", false)) << sample.tool;
    EXPECT_EQ(world.pack_store(), before) << sample.tool;
  }
  EXPECT_THAT(world.notices, SizeIs(shown));
  EXPECT_THAT(world.payloads("sidekick:message_sent"), SizeIs(1)) << "the one of the set-up";
  for (const Sample& sample : samples()) world.data(sample.tool, sample.input);
  EXPECT_NE(world.pack_store(), before) << "the same calls without it do change the store";
}

TEST_F(SidekickKernel, AReadToolWritesNothing) {
  const std::string before = world.pack_store();
  for (const Sample& sample : reads()) {
    world.data(sample.tool, sample.input);
    EXPECT_EQ(world.pack_store(), before) << sample.tool;
  }
}

TEST_F(SidekickKernel, EveryWriteLeavesOneAuditLineWithItsReceipt) {
  const auto audit_events = [this] { return json::integer_or(world.data("sidekick:status", "{}"), "audit_events", 0); };
  for (const Sample& sample : samples()) {
    const std::int64_t before = audit_events();
    world.clock.advance(std::chrono::milliseconds(1));  // ids of one moment are in no order
    const kernel::CallResult result = world.call(sample.tool, *json::parse(sample.input));
    EXPECT_EQ(audit_events(), before + 1) << sample.tool;
    const json::Value all = world.data("sidekick:export", "{}");
    const json::Value& last = all.at_pointer("/data/audit")->as_array().back();
    EXPECT_EQ(text(last, "/receipt_id"), result.receipt.str());
    EXPECT_EQ(text(last, "/tool"), sample.tool);
    EXPECT_EQ(text(last, "/actor"), "ws-42:test");
  }
}

TEST_F(SidekickKernel, RefusesWhatTheSchemasDoNotAllow) {
  const Sample bad[] = {{"memory:store", R"({"type":"rumour","content":"c"})"},
                        {"memory:store", R"({"type":"fact"})"},
                        {"memory:recall", R"({"limit":0})"},
                        {"memory:recall", R"({"limit":1001})"},
                        {"memory:forget", "{}"},
                        {"channel:configure", R"({"name":"a\u0007b"})"},
                        {"channel:configure", R"({"name":"a","settings":{"token":"x"}})"},
                        {"channel:send", R"({"content":"  "})"},
                        {"channel:send", R"({"content":"x","channel":"a\u001fb"})"},
                        {"channel:receive", R"({"limit":1.5})"},
                        {"routine:create", R"({"name":"r","steps":[]})"},
                        {"routine:create", R"({"name":"r","steps":[{"input":{}}]})"},
                        {"routine:create", R"({"name":"r","steps":[{"tool":"a:b"}],"on_event":"Not A Kind"})"},
                        {"routine:list", R"({"enabled":true})"},
                        {"routine:run", R"({"id":"x","dry_run":true})"},
                        {"sidekick:export", R"({"format":"csv"})"}};
  const std::string before = world.pack_store();
  for (const Sample& sample : bad) EXPECT_EQ(world.refusal(sample.tool, sample.input), "INVALID_INPUT") << sample.input;
  EXPECT_EQ(world.pack_store(), before);
}

TEST_F(SidekickKernel, KnowsWhichToolsARoutineMayName) {
  const json::Value data =
      world.data("routine:create",
                 R"({"name":"r","steps":[{"tool":"task:create"},{"tool":"sidekick:task_create"},{"tool":"a:b"}]})");
  ASSERT_THAT(data.find("warnings")->as_array(), SizeIs(1));
  EXPECT_EQ(data.at_pointer("/warnings/0")->as_string(), "step 2: no active pack has a tool 'a:b'");
}

TEST_F(SidekickKernel, AnnouncesWhatWasSent) {
  EXPECT_THAT(world.payloads("sidekick:message_sent"), SizeIs(1));
  EXPECT_EQ(world.notices, std::vector<std::string>{"[default] assistant: hello"});
}

}  // namespace
}  // namespace lumenflow::testing
