// A real process on a real disk under random work, killed at random moments; each time the next one goes on with what
// is there.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <random>

#include "base/logging.h"
#include "harness.h"

namespace lumenflow::crash {
namespace {

constexpr std::uint32_t kProcessKills = 50, kLivesBetweenChecks = 5;

// What the process says through a pipe of each acknowledgement; short enough to be written whole.
struct Message {
  std::array<char, 40> kind{};
  std::int64_t n = 0;
  std::array<char, 72> event_id{};
};

template <std::size_t size>
void copy(std::string_view from, std::array<char, size>& to) {
  std::memcpy(to.data(), from.data(), std::min(from.size(), size - 1));
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lumenflow-crash-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Life after life: other numbers, other draws, a later time.
std::unique_ptr<World> world_of(const std::string& folder, std::uint32_t life) {
  auto world = std::make_unique<World>(life);
  world->folder = folder + "/";
  world->clock.advance(std::chrono::minutes(life));
  return world;
}

[[noreturn]] void work_until_killed(const std::string& folder, std::uint32_t life, int report_to) {
  const std::unique_ptr<World> world = world_of(folder, life);
  auto started = Process::start(*world);
  if (!started.ok()) ::_exit(1);
  const auto told = [report_to](std::string_view kind, std::int64_t n, const Asked& asked) {
    Message message;
    copy(kind, message.kind);
    message.n = n;
    copy(asked.event_id, message.event_id);
    if (::write(report_to, &message, sizeof message) != sizeof message) ::_exit(2);
  };
  for (Workload workload(life, std::int64_t{life} * 1'000'000, told);;) workload.step(**started);
}

TEST(KillNine, NothingPromisedIsLostAndNothingHappensTwice) {
  configure_logging(LogLevel::kOff, LogFormat::kText);
  const TemporaryFolder folder;
  std::mt19937 random(20260301);
  History history;
  std::uint32_t life = 0;
  for (std::uint32_t kill = 0; kill < kProcessKills * scale(); ++kill) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ++life;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) work_until_killed(folder.path(), life, ends[1]);
    ::close(ends[1]);
    const auto hear = [&] {
      Message message;
      if (::read(ends[0], &message, sizeof message) != sizeof message) return false;
      history[{message.kind.data(), message.n}] = {true, message.event_id.data()};
      return true;
    };
    for (std::uint32_t left = 1 + random() % 40; left > 0; --left) ASSERT_TRUE(hear());
    for (volatile std::uint32_t spin = random() % 200'000; spin > 0;) spin = spin - 1;
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it failed: " << WEXITSTATUS(status);
    while (hear()) continue;
    ::close(ends[0]);

    // The next one begins with what this one left. Some handlers fail at their first try in each life; they have eight.
    if (kill % kLivesBetweenChecks != kLivesBetweenChecks - 1) continue;
    const std::unique_ptr<World> world = world_of(folder.path(), ++life);
    const auto process = Process::start(*world);
    ASSERT_TRUE(process.ok()) << process.error().to_string();
    ASSERT_EQ(check(**process, *world, history, false), "");
    ASSERT_TRUE((*process)->come_to_rest());
    ASSERT_EQ(check(**process, *world, history, true), "");
  }
  std::printf("%u kills, %zu emissions acknowledged\n", kProcessKills * scale(), history.size());
}

}  // namespace
}  // namespace lumenflow::crash
