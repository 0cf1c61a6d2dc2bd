// Eight processes create tasks while the sidecar is killed at random moments, again and again.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <set>

#include "running_sidecar.h"

namespace lumenflow::testing {
namespace {

using std::chrono::milliseconds;

constexpr int kClients = 8;

int kills() {
  const char* wanted = std::getenv("LUMENFLOW_KILLS");
  return wanted == nullptr ? 50 : std::atoi(wanted);
}

// What the clients were told. Reading with a deadline is also how the test lets time pass.
class Clients {
 public:
  Clients(const ScratchWorkspace& workspace, const std::string& url, const std::string& token) {
    for (int i = 0; i < kClients; ++i) {
      ProcessOptions options;
      options.command = {LUMENFLOW_LOAD_CLIENT, url, token, "client-" + std::to_string(i)};
      options.environment = child_environment(workspace.root() + "-run");
      auto started = PosixProcesses().start(options);
      EXPECT_TRUE(started.ok());
      if (started.ok()) processes_.push_back(*std::move(started));
    }
  }

  // Reads until `until`; false when a client got an answer that it should not get.
  bool read_until(std::chrono::steady_clock::time_point until) {
    while (std::chrono::steady_clock::now() < until)
      for (const auto& process : processes_) {
        const auto line = process->read_line(milliseconds(1));
        if (line.ok() && *line && !note(**line)) return false;
      }
    return true;
  }

  const std::set<std::string>& receipts() const { return receipts_; }
  const std::set<std::string>& tasks() const { return tasks_; }
  void stop() { processes_.clear(); }

 private:
  bool note(const std::string& line) {
    if (line == ".") return true;
    const std::size_t space = line.find(' ');
    if (line.starts_with("!") || space == std::string::npos) {
      ADD_FAILURE() << line;
      return false;
    }
    receipts_.insert(line.substr(0, space));
    EXPECT_TRUE(tasks_.insert(line.substr(space + 1)).second) << "one task was acknowledged for two keys: " << line;
    return true;
  }

  std::vector<std::unique_ptr<Process>> processes_;
  std::set<std::string> receipts_;
  std::set<std::string> tasks_;
};

// Every page of GET /audit.
std::vector<json::Value> all_entries(const std::string& url, const std::string& token) {
  std::vector<json::Value> entries;
  http::ClientOptions options;
  options.base_url = url;
  http::Client client(options);
  for (std::int64_t after = 0;;) {
    http::ClientRequest request;
    request.path = "/audit?limit=1000&after=" + std::to_string(after);
    request.headers = {{"Authorization", "Bearer " + token}};
    const auto answer = client.send(request);
    if (!answer.ok() || answer->status != 200) {
      ADD_FAILURE() << (answer.ok() ? answer->body : answer.error().to_string());
      return entries;
    }
    const json::Value page = *json::parse(answer->body);
    for (const json::Value& item : page.find("items")->as_array()) entries.push_back(*item.find("entry"));
    if (page.find("next")->is_null()) return entries;
    after = page.find("next")->as_integer();
  }
}

TEST(Crash, EverythingAcknowledgedSurvivesKillNine) {
  const ScratchWorkspace workspace;
  const std::string token = workspace.mint_token("workspace audit:read");
  RunningSidecar sidecar(workspace);
  ASSERT_TRUE(sidecar.start());
  const int port = sidecar.port();
  Clients clients(workspace, sidecar.url(), token);
  std::mt19937 random(20260301);
  milliseconds slowest{0};
  for (int i = 0; i < kills(); ++i) {
    const auto life = milliseconds(20 + random() % 150);
    ASSERT_TRUE(clients.read_until(std::chrono::steady_clock::now() + life));
    sidecar.kill_hard();
    ASSERT_TRUE(sidecar.start(port)) << "needs no manual step after a kill";
    slowest = std::max(slowest, sidecar.time_to_ready());
  }
  ASSERT_TRUE(clients.read_until(std::chrono::steady_clock::now() + milliseconds(300)));
  clients.stop();
  RecordProperty("slowest_start_ms", static_cast<int>(slowest.count()));
  std::printf("acknowledged %zu calls over %d kills; slowest start to ready %lld ms\n", clients.receipts().size(),
              kills(), static_cast<long long>(slowest.count()));
  EXPECT_GT(clients.receipts().size(), 100u);

  std::set<std::string> finished;
  for (const json::Value& entry : all_entries(sidecar.url(), token)) {
    if (json::string_or(entry, "type", "") != "call.finished") continue;
    EXPECT_TRUE(finished.insert(std::string(json::string_or(entry, "receipt_id", ""))).second) << "finished twice";
    EXPECT_NE(json::string_or(entry, "outcome", ""), "unknown") << "the pack's files tell whether it happened";
  }
  for (const std::string& receipt : clients.receipts()) EXPECT_TRUE(finished.contains(receipt)) << "lost: " << receipt;

  EXPECT_EQ(sidecar.stop_in_order(), 0);
  const CommandResult verified = workspace.run({"audit", "verify", "--json"});
  EXPECT_EQ(verified.exit_code, 0) << verified.out;
}

TEST(Crash, ALiveWorkspaceIsNotOpenedTwice) {
  const ScratchWorkspace workspace;
  RunningSidecar first(workspace), second(workspace);
  ASSERT_TRUE(first.start());
  EXPECT_FALSE(second.start()) << "the kernel lock is held by a live process";
  const CommandResult status = workspace.run({"call", "sidekick:status", "--json"});
  EXPECT_EQ(status.exit_code, 0) << "the command line goes through the sidecar that runs: " << status.out;
  EXPECT_EQ(first.stop_in_order(), 0);
}

}  // namespace
}  // namespace lumenflow::testing
