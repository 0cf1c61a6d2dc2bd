// sidekick:init and sidekick:status.
#include "sidekick_fixture.h"

namespace lumenflow::sidekick {
namespace {

using SystemTools = SidekickTest;

TEST_F(SystemTools, InitializesAgainWithoutChange) {
  const json::Value first = succeed("sidekick:init", "{}");
  EXPECT_EQ(json::serialize(first), R"({"initialized":true,"root_dir":".sidekick"})");
  const json::Value layout = store.contents["meta/layout"];
  context.clock_ms += 1000;
  EXPECT_EQ(succeed("sidekick:init", "{}"), first);
  EXPECT_EQ(store.contents["meta/layout"], layout);
  ASSERT_EQ(audit().size(), 2u);
  EXPECT_EQ(text(audit()[0], "/op"), "create");
  EXPECT_EQ(text(audit()[1], "/op"), "update");
  EXPECT_EQ(audit()[0].find("ids"), nullptr);
}

TEST_F(SystemTools, ReportsAnEmptyPack) {
  EXPECT_EQ(json::serialize(succeed("sidekick:status", "{}")),
            R"({"initialized":false,"counts":{"tasks":0,"memories":0,"channels":0,"messages":0,"routines":0},)"
            R"("audit_events":0,"storage_adapter":"journal","bytes":0,"health":"ok","problems":[]})");
}

TEST_F(SystemTools, ReportsWhatIsStoredAtTheSameCost) {
  succeed("sidekick:init", "{}");
  create(R"({"title":"a"})");
  store.records_read = store.records_written = 0;
  const json::Value few = succeed("sidekick:status", "{}");
  const std::size_t cost = store.records_read;
  for (int i = 0; i < 500; ++i) create(R"({"title":"a"})");
  store.records_read = store.records_written = 0;
  const json::Value many = succeed("sidekick:status", "{}");
  EXPECT_EQ(store.records_read, cost);
  EXPECT_EQ(store.records_written, 0u) << "a read tool writes nothing";
  EXPECT_TRUE(json::boolean_or(many, "initialized", false));
  EXPECT_EQ(many.at_pointer("/counts/tasks")->as_integer(), 501);
  EXPECT_EQ(json::integer_or(many, "audit_events", 0), 502);
  EXPECT_GT(json::integer_or(many, "bytes", 0), 100 * json::integer_or(few, "bytes", 0));
}

TEST_F(SystemTools, CountsExactlyTheStoredBytes) {
  create(R"({"title":"due","due_at":"2027-01-01T00:00:00Z"})");
  const std::string id = create(R"({"title":"a"})");
  succeed("task:complete", R"({"id":")" + id + R"(","note":"done"})");
  std::int64_t bytes = 0;
  for (const auto& [key, value] : store.contents)
    if (!key.starts_with("counters/") && !key.starts_with("index/"))
      bytes += static_cast<std::int64_t>(key.size() + json::serialize(value).size());
  EXPECT_EQ(json::integer_or(succeed("sidekick:status", "{}"), "bytes", 0), bytes);
}

TEST_F(SystemTools, CountsEveryStore) {
  create(R"({"title":"a"})");
  for (int i = 0; i < 2; ++i) succeed("memory:store", R"({"type":"fact","content":"c"})");
  for (int i = 0; i < 3; ++i) succeed("channel:send", R"({"content":"c"})");
  for (int i = 0; i < 4; ++i) succeed("routine:create", R"({"name":"r","steps":[{"tool":"a:b"}]})");
  const json::Value status = succeed("sidekick:status", "{}");
  EXPECT_EQ(json::serialize(*status.find("counts")),
            R"({"tasks":1,"memories":2,"channels":1,"messages":3,"routines":4})");
  EXPECT_EQ(json::integer_or(status, "audit_events", 0), 10);
}

TEST_F(SystemTools, ExportsEverythingOldestFirst) {
  const std::string task = create(R"({"title":"a"})");
  for (int i = 0; i < 600; ++i) create(R"({"title":"b"})");
  succeed("memory:store", R"({"type":"fact","content":"c"})");
  succeed("channel:send", R"({"content":"c"})");
  succeed("routine:create", R"({"name":"r","steps":[{"tool":"a:b"}]})");
  store.records_written = 0;
  const json::Value all = succeed("sidekick:export", "{}");
  EXPECT_EQ(text(all, "/exported_at"), "2026-03-01T12:00:00.000Z");
  EXPECT_EQ(json::integer_or(all, "version", 0), 1);
  EXPECT_EQ(all.at_pointer("/data/tasks")->as_array().size(), 601u);
  EXPECT_EQ(text(all, "/data/tasks/0/id"), task);
  for (const char* one : {"memories", "channels", "messages", "routines"})
    EXPECT_EQ(all.find("data")->find(one)->as_array().size(), 1u) << one;
  EXPECT_EQ(all.at_pointer("/data/audit")->as_array().size(), 604u);
  EXPECT_EQ(succeed("sidekick:export", R"({"include_audit":false})").at_pointer("/data/audit"), nullptr);
  EXPECT_EQ(store.records_written, 0u);

  const json::Value lines = succeed("sidekick:export", R"({"format":"ndjson"})");
  for (const json::Member& member : *all.find("data")->if_object()) {
    std::string expected;
    for (const json::Value& record : member.value.as_array()) expected += json::serialize(record) + "\n";
    EXPECT_EQ(lines.find("data")->find(member.key)->as_string(), expected) << member.key;
  }
}

TEST_F(SystemTools, StopsAnExportThatIsCancelled) {
  context.is_cancelled = true;
  EXPECT_EQ(refuse("sidekick:export", "{}").code, "TOOL_CANCELLED");
}

TEST_F(SystemTools, SaysWhenItsFiguresAreDamaged) {
  store.contents["counters/memories"] = "nonsense";
  const json::Value status = succeed("sidekick:status", "{}");
  EXPECT_EQ(text(status, "/health"), "degraded");
  EXPECT_EQ(status.find("problems")->as_array().size(), 1u);
}

TEST_F(SystemTools, IsInitializedOnceSomethingWasWritten) {
  EXPECT_FALSE(json::boolean_or(succeed("sidekick:status", "{}"), "initialized", true));
  const std::string memory(text(succeed("memory:store", R"({"type":"fact","content":"c"})"), "/memory/id"));
  EXPECT_TRUE(json::boolean_or(succeed("sidekick:status", "{}"), "initialized", false));
  succeed("memory:forget", R"({"id":")" + memory + R"("})");
  EXPECT_TRUE(json::boolean_or(succeed("sidekick:status", "{}"), "initialized", false));
}

}  // namespace
}  // namespace lumenflow::sidekick
