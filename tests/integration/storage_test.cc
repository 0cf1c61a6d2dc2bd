// The pack's files under a real sidecar: many client processes at once, kills, and what stands on the disk after.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "running_sidecar.h"

namespace lumenflow::testing {
namespace {

using std::chrono::milliseconds;

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The ids of the document's tasks.
std::set<std::string> tasks_on_disk(const std::string& root) {
  std::set<std::string> ids;
  const Result<json::Value> document = json::parse(text_of(root + "/.sidekick/tasks/tasks.json"));
  if (!document.ok()) return ids;
  for (const json::Value& task : document->find("tasks")->as_array())
    ids.insert(json::string_or(task, "id", "").data());
  return ids;
}

// How many audit lines each record has.
std::map<std::string, int> audit_on_disk(const std::string& root) {
  std::map<std::string, int> lines;
  std::ifstream file(root + "/.sidekick/audit/events.jsonl");
  for (std::string line; std::getline(file, line);) {
    const Result<json::Value> event = json::parse(line);
    EXPECT_TRUE(event.ok()) << line;
    if (event.ok()) ++lines[event->at_pointer("/ids/0")->as_string()];
  }
  return lines;
}

// Path -> content of everything in the workspace but the journal's own folder.
std::map<std::string, std::string> files_of(const std::string& root) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
    if (entry.is_regular_file() && entry.path().string().find("/.lumenflow/state/") == std::string::npos)
      files[entry.path().string()] = text_of(entry.path().string());
  return files;
}

std::unique_ptr<Process> start_client(const ScratchWorkspace& workspace, std::vector<std::string> command) {
  ProcessOptions options;
  options.command = std::move(command);
  options.environment = child_environment(workspace.root() + "-run");
  auto started = PosixProcesses().start(options);
  EXPECT_TRUE(started.ok());
  return started.ok() ? *std::move(started) : nullptr;
}

TEST(Storage, AHundredCreatesFromEightProcessesAreAHundredTasks) {
  constexpr int kClients = 8;
  const ScratchWorkspace workspace;
  const std::string token = workspace.mint_token("workspace");
  RunningSidecar sidecar(workspace);
  ASSERT_TRUE(sidecar.start());
  std::vector<std::unique_ptr<Process>> clients;
  for (int i = 0; i < kClients; ++i)
    clients.push_back(start_client(workspace, {LUMENFLOW_CREATE_CLIENT, sidecar.url(), token,
                                               "client-" + std::to_string(i), i < 4 ? "13" : "12"}));
  std::set<std::string> acknowledged;
  for (const auto& client : clients)
    for (;;) {
      const auto line = client->read_line(milliseconds(60'000));
      ASSERT_TRUE(line.ok());
      if (!*line) break;
      EXPECT_TRUE((*line)->starts_with("task-")) << **line;
      EXPECT_TRUE(acknowledged.insert(**line).second);
    }
  EXPECT_EQ(acknowledged.size(), 100u);
  EXPECT_EQ(sidecar.stop_in_order(), 0);
  EXPECT_EQ(tasks_on_disk(workspace.root()), acknowledged);
  const std::map<std::string, int> audit = audit_on_disk(workspace.root());
  EXPECT_EQ(audit.size(), 100u);
  for (const auto& [id, lines] : audit) EXPECT_EQ(lines, 1) << id;
}

TEST(Storage, EveryAcknowledgedTaskSurvivesKillNineWithOneAuditLine) {
  const ScratchWorkspace workspace;
  const std::string token = workspace.mint_token("workspace");
  RunningSidecar sidecar(workspace);
  ASSERT_TRUE(sidecar.start());
  const int port = sidecar.port();
  std::vector<std::unique_ptr<Process>> clients;
  for (int i = 0; i < 4; ++i)
    clients.push_back(
        start_client(workspace, {LUMENFLOW_LOAD_CLIENT, sidecar.url(), token, "client-" + std::to_string(i)}));
  std::set<std::string> acknowledged;
  const auto read_for = [&](milliseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < until)
      for (const auto& client : clients) {
        const auto line = client->read_line(milliseconds(1));
        if (!line.ok() || !*line || **line == ".") continue;
        EXPECT_FALSE((*line)->starts_with("!")) << **line;
        acknowledged.insert((*line)->substr((*line)->find(' ') + 1));
      }
  };
  for (int kill = 0; kill < 12; ++kill) {
    read_for(milliseconds(30 + 40 * (kill % 8)));  // before, during and after the documents are written
    sidecar.kill_hard();
    const std::string tasks = text_of(workspace.root() + "/.sidekick/tasks/tasks.json");
    EXPECT_TRUE(tasks.empty() || json::parse(tasks).ok()) << "the document is whole at any moment";
    ASSERT_TRUE(sidecar.start(port));
  }
  read_for(milliseconds(200));
  clients.clear();
  EXPECT_EQ(sidecar.stop_in_order(), 0);
  EXPECT_GT(acknowledged.size(), 50u);
  const std::set<std::string> tasks = tasks_on_disk(workspace.root());
  for (const std::string& id : acknowledged) EXPECT_TRUE(tasks.contains(id)) << "lost: " << id;
  const std::map<std::string, int> audit = audit_on_disk(workspace.root());
  EXPECT_EQ(audit.size(), tasks.size());
  for (const std::string& id : tasks) EXPECT_EQ(audit.count(id) == 0 ? 0 : audit.at(id), 1) << id;
}

TEST(Storage, TheDocumentIsThereWhenACommandEndsAndDryRunsAndReadsChangeNothing) {
  const ScratchWorkspace workspace;
  const auto call = [&](const std::string& tool, const std::string& input) {
    const CommandResult result = workspace.run({"call", tool, "--input", input, "--json"});
    EXPECT_EQ(result.exit_code, 0) << result.out;
  };
  call("task:list", "{}");
  EXPECT_FALSE(std::filesystem::exists(workspace.root() + "/.sidekick")) << "a read makes nothing";
  call("task:create", R"({"title":"x"})");
  EXPECT_EQ(tasks_on_disk(workspace.root()).size(), 1u);
  const auto before = files_of(workspace.root());
  call("task:create", R"({"title":"y","dry_run":true})");
  call("task:list", "{}");
  call("sidekick:status", "{}");
  EXPECT_EQ(files_of(workspace.root()), before);
}

}  // namespace
}  // namespace lumenflow::testing
