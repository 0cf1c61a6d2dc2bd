// What falls due is announced, once.
#include "sidekick_fixture.h"

namespace lumenflow::sidekick {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kMinuteMs = 60'000;

class DueTest : public SidekickTest {
 protected:
  // "<id's prefix> <due_at>" of each event.
  std::vector<std::string> announced() {
    std::vector<std::string> found;
    for (const auto& event : context.emitted) {
      EXPECT_EQ(event.kind, "sidekick:routine_due");
      const std::string id(text(event.payload, "/routine_id"));
      EXPECT_EQ(event.options.idempotency_key, id + "@" + std::string(text(event.payload, "/due_at")));
      found.push_back(id.substr(0, id.find('-')) + " " + std::string(text(event.payload, "/due_at")));
    }
    context.emitted.clear();
    return found;
  }
  void run_at(std::int64_t minutes) {
    context.clock_ms = start_ms + minutes * kMinuteMs;
    next = run_timer();
  }
  std::string routine(std::string_view cron) {
    return std::string(text(succeed("routine:create", R"({"name":"r","steps":[{"tool":"task:list"}],"cron":")" +
                                                          std::string(cron) + R"("})"),
                            "/routine/id"));
  }

  const std::int64_t start_ms = context.clock_ms;
  std::optional<std::int64_t> next;
};

TEST_F(DueTest, AnnouncesATaskOnceWhenItFallsDue) {
  const std::string id = create(R"({"title":"x","due_at":"2026-03-01T13:05:00+01:00"})");
  EXPECT_THAT(context.wakes, ElementsAre(std::pair<std::string, std::int64_t>("due", start_ms + 5 * kMinuteMs)));
  run_at(4);
  EXPECT_THAT(announced(), IsEmpty());
  EXPECT_EQ(next, start_ms + 5 * kMinuteMs);
  run_at(5);
  EXPECT_THAT(announced(), ElementsAre("task 2026-03-01T12:05:00.000Z"));
  EXPECT_EQ(next, std::nullopt);
  EXPECT_EQ(text(store.contents["tasks/" + id], "/last_due_at"), "2026-03-01T12:05:00.000Z");
  run_at(6);
  EXPECT_THAT(announced(), IsEmpty());
  EXPECT_TRUE(store.contents.lower_bound("announced/") == store.contents.end() ||
              !store.contents.lower_bound("announced/")->first.starts_with("announced/"))
      << "no mark stays behind";
}

TEST_F(DueTest, LeavesOutWhatIsDone) {
  const std::string id = create(R"({"title":"x","due_at":"2026-03-01T12:05:00Z"})");
  succeed("task:complete", R"({"id":")" + id + R"("})");
  run_at(10);
  EXPECT_THAT(announced(), IsEmpty());
}

TEST_F(DueTest, AnnouncesATaskAgainWhenItIsScheduledAnew) {
  const std::string id = create(R"({"title":"x","due_at":"2026-03-01T12:05:00Z"})");
  run_at(5);
  announced();
  succeed("task:schedule", R"({"id":")" + id + R"(","due_at":"2026-03-01T12:05:00Z"})");
  run_at(6);
  EXPECT_THAT(announced(), IsEmpty()) << "that moment was announced";
  succeed("task:schedule", R"({"id":")" + id + R"(","due_at":"2026-03-01T12:01:00Z"})");
  run_at(7);
  EXPECT_THAT(announced(), ElementsAre("task 2026-03-01T12:01:00.000Z"));
}

TEST_F(DueTest, RepeatsWhatHasASchedule) {
  routine("*/10 * * * *");
  const std::string task = create(R"({"title":"x"})");
  succeed("task:schedule", R"({"id":")" + task + R"(","cron":"5 * * * *"})");
  run_at(0);
  EXPECT_EQ(next, start_ms + 5 * kMinuteMs);
  run_at(10);
  EXPECT_THAT(announced(), ElementsAre("task 2026-03-01T12:05:00.000Z", "routine 2026-03-01T12:10:00.000Z"));
  EXPECT_EQ(next, start_ms + 20 * kMinuteMs);
  EXPECT_EQ(text(store.contents["tasks/" + task], "/next_due_at"), "2026-03-01T13:05:00.000Z");
  run_at(20);
  EXPECT_THAT(announced(), ElementsAre("routine 2026-03-01T12:20:00.000Z"));
}

TEST_F(DueTest, CatchesUpOnceAfterADowntime) {
  const std::string id = routine("*/10 * * * *");
  run_at(0);
  run_at(24 * 60 + 5);
  EXPECT_THAT(announced(), ElementsAre("routine 2026-03-01T12:10:00.000Z")) << "the moment that was missed first";
  EXPECT_EQ(text(store.contents["routines/" + id], "/next_due_at"), "2026-03-02T12:10:00.000Z");
  run_at(24 * 60 + 9);
  EXPECT_THAT(announced(), IsEmpty());
}

TEST_F(DueTest, NeitherLosesNorRepeatsWhateverWriteFails) {
  for (std::size_t refused = 0; refused < 12; ++refused) {
    store.contents.clear();
    context.emitted.clear();
    context.clock_ms = start_ms;
    routine("5 * * * *");
    create(R"({"title":"x","due_at":"2026-03-01T12:05:00Z"})");
    context.clock_ms = start_ms + 5 * kMinuteMs;
    store.writes_until_refusal = refused;
    (void)registration_.timers().at(0).handler(context);  // as a crash: what comes after did not happen
    store.writes_until_refusal.reset();
    run_at(6);
    EXPECT_THAT(announced(),
                ::testing::UnorderedElementsAre("task 2026-03-01T12:05:00.000Z", "routine 2026-03-01T12:05:00.000Z"))
        << "write " << refused;
    EXPECT_EQ(next, start_ms + 65 * kMinuteMs);
  }
}

TEST_F(DueTest, AnnouncesMoreThanABatch) {
  for (int i = 0; i < 150; ++i) create(R"({"title":"x","due_at":"2026-03-01T12:05:00Z"})");
  run_at(5);
  EXPECT_EQ(announced().size(), 150u);
}

TEST_F(DueTest, LooksAtWhatIsDueAndNotAtWhatIsStored) {
  const auto cost = [this] {
    store.records_read = 0;
    run_timer();
    return store.records_read;
  };
  create(R"({"title":"x","due_at":"2027-01-01T00:00:00Z"})");
  const std::size_t few = cost();
  for (int i = 0; i < 1000; ++i) {
    const std::string id = create(R"({"title":"x","due_at":"2026-03-01T12:00:00Z"})");
    if (i % 2 == 0) succeed("task:complete", R"({"id":")" + id + R"("})");
  }
  run_timer();
  EXPECT_EQ(announced().size(), 500u);
  EXPECT_EQ(cost(), few);
}

}  // namespace
}  // namespace lumenflow::sidekick
