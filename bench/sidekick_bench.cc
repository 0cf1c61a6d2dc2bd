// What the pack's tools cost over files, and how that grows with what is stored. One JSON line per figure.
//
// Two workspaces, of few and of many tasks, are written to in turns, so that a disk that is slow for a while is slow
// for both; the limit, a file that is appended to and synced with as many bytes, takes its turn beside them.
#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "sidekick/registration.h"
#include "support/fake_tool_context.h"

namespace {

using namespace lumenflow;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kFew = 100, kMany = 100'000;
constexpr int kRounds = 30, kCallsPerRound = 50, kListCalls = 500;
constexpr std::size_t kLogBytes = 1'000;  // about what one task:create adds to the log

double us_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void print(const std::string& name, double value, const char* unit) {
  std::printf("{\"name\":\"%s\",\"value\":%.2f,\"unit\":\"%s\"}\n", name.c_str(), value, unit);
}

class Workspace {
 public:
  Workspace(const std::string& root, std::size_t tasks) : root_(root) {
    std::filesystem::create_directories(root + "/.sidekick/tasks");
    std::ofstream file(root + "/.sidekick/tasks/tasks.json");
    file << "{\"version\": 1, \"tasks\": [";
    for (std::size_t i = 0; i < tasks; ++i) {
      const std::string id = fmt::format("task-01000000000000000000{:06}", i);
      file << (i == 0 ? "\n" : ",\n") << R"({"id":")" << id << R"(","title":"Rotate the signing keys of fleet )" << i
           << R"(","description":"Generate new keys, publish them, wait for every replica, then retire the old ones.",)"
           << R"("status":"pending","priority":"P2","tags":["security","keys"],)"
           << R"("created_at":"2026-03-01T12:00:00.000Z","updated_at":"2026-03-01T12:00:00.000Z"})";
    }
    file << "]}\n";
    file.close();
    context_.root = root;
    sidekick_pack().register_pack(registration_);
  }

  // The time of one call in us; ends the program when it fails.
  double call(std::string_view tool, const json::Value& input) {
    for (const pack::RegisteredTool& registered : registration_.tools()) {
      if (registered.name != tool) continue;
      context_.tool_name = tool;
      const Clock::time_point start = Clock::now();
      const pack::ToolResult result = registered.handler(context_, input);
      const double us = us_since(start);
      if (const auto* error = std::get_if<pack::ToolError>(&result)) {
        std::fprintf(stderr, "%s: %s\n", error->code.c_str(), error->message.c_str());
        std::exit(1);
      }
      return us;
    }
    std::exit(1);
  }

 private:
  const std::string root_;
  testing::MemoryStore store_;
  testing::FakeToolContext context_{store_};
  pack::Registration registration_;
};

// The same bytes, appended and synced.
class Limit {
 public:
  explicit Limit(const std::string& path) : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600)) {}
  ~Limit() { ::close(fd_); }
  double append() {
    const Clock::time_point start = Clock::now();
    if (::write(fd_, bytes_.data(), bytes_.size()) < 0 || ::fdatasync(fd_) != 0) std::exit(1);
    return us_since(start);
  }

 private:
  const int fd_;
  const std::string bytes_ = std::string(kLogBytes, 'x');
};

}  // namespace

int main() {
  std::string root = (std::filesystem::temp_directory_path() / "lumenflow-bench-XXXXXX").string();
  if (::mkdtemp(root.data()) == nullptr) return 1;
  const json::Value create = *json::parse(
      R"({"title":"Rotate the signing keys","description":"Generate new keys, publish them, wait for every replica, )"
      R"(then retire the old ones.","tags":["security","keys"]})");
  const json::Value list = *json::parse(R"({"limit":20})");
  {
    Workspace few(root + "/few", kFew), many(root + "/many", kMany);
    Limit limit(root + "/limit");
    print("open and first list, 100 tasks", few.call("task:list", list), "us");
    print("open and first list, 100,000 tasks", many.call("task:list", list), "us");
    few.call("task:create", create);
    many.call("task:create", create);

    std::vector<double> few_us, many_us, limit_us;
    for (int round = 0; round < kRounds; ++round) {
      for (int i = 0; i < kCallsPerRound; ++i) few_us.push_back(few.call("task:create", create));
      for (int i = 0; i < kCallsPerRound; ++i) many_us.push_back(many.call("task:create", create));
      for (int i = 0; i < kCallsPerRound; ++i) limit_us.push_back(limit.append());
    }
    print("task:create, 100 tasks, median", median(few_us), "us");
    print("task:create, 100,000 tasks, median", median(many_us), "us");
    print("append and sync of as many bytes, median", median(limit_us), "us");
    print("task:create, 100,000 over 100 tasks", median(many_us) / median(few_us), "x");

    std::vector<double> list_us;
    for (int i = 0; i < kListCalls; ++i) list_us.push_back(many.call("task:list", list));
    std::sort(list_us.begin(), list_us.end());
    print("task:list limit 20, 100,000 tasks, median", median(list_us), "us");
    print("task:list limit 20, 100,000 tasks, slowest", list_us.back(), "us");
  }
  std::error_code ignored;
  std::filesystem::remove_all(root, ignored);
}
