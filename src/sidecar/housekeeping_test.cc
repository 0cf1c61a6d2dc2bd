// What a sidecar does of itself: retention and backups.
#include "sidecar/housekeeping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::sidecar {
namespace {

using testing::HasSubstr;

constexpr auto kAtMost = std::chrono::seconds(20);

template <class Is>
bool comes_true(Is is) {
  const auto end = std::chrono::steady_clock::now() + kAtMost;
  while (std::chrono::steady_clock::now() < end)
    if (is()) return true;
  return false;
}

std::string metrics(const SidecarWorld& world) {
  return world.get("/metrics", world.as(world.token("metrics:read"))).body;
}

TEST(Retention, LetsGoOfOldResultsAndSaysSoToWhoeverAsks) {
  SidecarWorld world({.config = "journal: {retention: {inputs: 1s, outputs: 1s}}\nevents: {idempotency_window: 1s}\n",
                      .housekeeping = true});
  const Answer called = world.call("probe:echo", R"({"text":"to be let go"})");
  const std::string receipt = called.text("/metadata/receipt_id");
  EXPECT_NE(world.get("/calls/" + receipt).value.find("result"), nullptr);
  ASSERT_TRUE(comes_true([&] { return world.get("/calls/" + receipt).value.find("result_gone") != nullptr; }));
  const Answer after = world.get("/calls/" + receipt);
  EXPECT_EQ(after.status, 200);
  EXPECT_EQ(after.text("/result_gone/code"), "RETENTION_ENDED");
  EXPECT_EQ(after.value.find("result"), nullptr);
  EXPECT_EQ(after.text("/finished/outcome"), "success");
  EXPECT_THAT(metrics(world), HasSubstr("lumenflow_retention_bodies_total 2"));
  const std::vector<json::Value> entries = world.entries();
  EXPECT_TRUE(std::ranges::any_of(
      entries, [](const json::Value& entry) { return json::string_or(entry, "type", "") == "workspace.retention"; }));
}

TEST(Backups, AreMadeByThemselvesAndOnceForAllThatWasMissed) {
  SidecarWorld world(
      {.config = "journal: {backup: {folder: .lumenflow/backups, interval: 1h, keep: 3}}\n", .housekeeping = true});
  const std::string folder = world.root() + "/.lumenflow/backups";
  const auto count = [&] {
    std::size_t backups = 0;
    std::error_code none;
    for (std::filesystem::directory_iterator it(folder, none), end; !none && it != end; it.increment(none))
      backups += it->path().extension() == ".backup";
    return backups;
  };
  ASSERT_TRUE(comes_true([&] { return count() == 1; }));
  ASSERT_TRUE(comes_true([&] { return metrics(world).find("backup_last_seconds") != std::string::npos; }));
  world.stop();
  const std::string made = std::filesystem::directory_iterator(folder)->path().extension() == ".backup"
                               ? std::filesystem::directory_iterator(folder)->path()
                               : std::next(std::filesystem::directory_iterator(folder))->path();
  std::filesystem::rename(made, folder + "/lumenflow-ws-42-20200101T000000Z.backup");  // long ago
  world.start();
  ASSERT_TRUE(comes_true([&] { return count() == 2; }));
  world.stop();
  EXPECT_EQ(count(), 2u);
}

TEST(Backups, ThatFailAreToldAndTriedAgain) {
  SidecarWorld world({.config = "journal: {backup: {folder: .lumenflow/backups}}\n",
                      .housekeeping = true,
                      .files = {{".lumenflow/backups", "a file stands where the folder should"}}});
  ASSERT_TRUE(comes_true([&] { return metrics(world).find("backup_failures\"} 1") != std::string::npos; }));
  world.stop();
  PosixFiles files;
  const auto status = read_housekeeping(files, WorkspacePaths(world.root()));
  ASSERT_TRUE(status.ok()) << status.error().to_string();
  EXPECT_EQ(status->backup.failures, 1u);
  EXPECT_THAT(status->backup.error, HasSubstr("backups"));
  EXPECT_FALSE(status->backup.last);
}

TEST(Retention, AKeyAnswersAsLongAsItLives) {
  kernel::WorkspaceConfig config;
  config.retention = json::Object{{"inputs_ms", 1'000}, {"outputs_ms", std::int64_t{48} * 3'600'000}};
  config.idempotency_window = std::chrono::hours(24);
  const Timestamp now{1'772'366'400'000};
  EXPECT_EQ(cut_terms(config, now).inputs_before, now - std::chrono::hours(24));
  EXPECT_EQ(cut_terms(config, now).outputs_before, now - std::chrono::hours(48));
}

}  // namespace
}  // namespace lumenflow::sidecar
