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
  const std::string id = create(R"({"title":"a"})");
  succeed("task:complete", R"({"id":")" + id + R"(","note":"done"})");
  std::int64_t bytes = 0;
  for (const auto& [key, value] : store.contents)
    if (!key.starts_with("counters/")) bytes += static_cast<std::int64_t>(key.size() + json::serialize(value).size());
  EXPECT_EQ(json::integer_or(succeed("sidekick:status", "{}"), "bytes", 0), bytes);
}

TEST_F(SystemTools, SaysWhenItsFiguresAreDamaged) {
  store.contents["counters/memories"] = "nonsense";
  const json::Value status = succeed("sidekick:status", "{}");
  EXPECT_EQ(text(status, "/health"), "degraded");
  EXPECT_EQ(status.find("problems")->as_array().size(), 1u);
}

}  // namespace
}  // namespace lumenflow::sidekick
