// The sidekick tools of a real sidecar, through the typed client; and what they leave on the disk.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>

#include "base/encoding.h"
#include "base/sha256.h"
#include "consumers/http_transport.h"
#include "lumenflow/consumers/sidekick.h"
#include "running_sidecar.h"

namespace lumenflow::testing {
namespace {

using namespace consumers::sidekick;
using consumers::CallOptions;
using consumers::Client;
using consumers::Failure;
using consumers::HttpTransport;

http::ClientOptions at(const std::string& url) {
  http::ClientOptions options;
  options.base_url = url;
  return options;
}

// Folders, and files with the hash of what they hold; everything in the workspace but the journal's own folder.
std::map<std::string, std::string> tree_of(const std::string& root) {
  std::map<std::string, std::string> tree;
  const std::filesystem::path state = std::filesystem::path(root) / ".lumenflow" / "state";
  for (auto it = std::filesystem::recursive_directory_iterator(root); it != end(it); ++it) {
    if (it->path() == state) {
      it.disable_recursion_pending();
      continue;
    }
    std::string& what = tree[it->path().string()] = "folder";
    if (it->is_directory()) continue;
    std::ifstream file(it->path(), std::ios::binary);
    what = to_hex(sha256(std::string{std::istreambuf_iterator<char>(file), {}}));
  }
  return tree;
}

class Consumers : public ::testing::Test {
 protected:
  void start() {
    token = workspace.mint_token("workspace");
    ASSERT_TRUE(sidecar.start());
    transport = std::make_unique<HttpTransport>(at(sidecar.url()));
    client = std::make_unique<Client>(*transport, token);
  }
  void restart() {
    ASSERT_EQ(sidecar.stop_in_order(), 0);  // draining folds what is still in the log
    ASSERT_NO_FATAL_FAILURE(start());
  }

  // The answer's data; every member of the answer must be one that the types know.
  template <class Request>
  typename Request::Response call(const Request& request) {
    const auto raw = client->call_tool(Request::kTool, to_json(request));
    typename Request::Response data;
    if (!raw) {
      ADD_FAILURE() << Request::kTool << ": " << raw.error().code << ": " << raw.error().message;
      return data;
    }
    EXPECT_TRUE(raw->receipt_id.starts_with("rcpt-"));
    const Status read = from_json(raw->data, data);
    EXPECT_TRUE(read.ok()) << Request::kTool << ": " << read.error().message();
    EXPECT_EQ(to_json(data), raw->data) << Request::kTool;
    called.insert(std::string(Request::kTool));
    return data;
  }
  template <class Request>
  Failure failure(const Request& request, const CallOptions& options = {}) {
    auto outcome = client->call(request, options);
    EXPECT_FALSE(outcome.has_value()) << Request::kTool;
    return outcome ? Failure{} : outcome.error();
  }

  const ScratchWorkspace workspace;
  RunningSidecar sidecar{workspace};
  std::string token;
  std::unique_ptr<HttpTransport> transport;
  std::unique_ptr<Client> client;
  std::set<std::string> called;
};

TEST_F(Consumers, TheTypedClientCallsAllSixteenTools) {
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_EQ(call(SidekickInitRequest{}).root_dir, ".sidekick");
  const Task task = call(TaskCreateRequest{.title = "Water the plants",
                                           .description = "all of them",
                                           .priority = TaskPriority::kP0,
                                           .due_at = "2030-01-01T09:00:00Z",
                                           .tags = {{"home"}}})
                        .task;
  EXPECT_EQ(task.priority, TaskPriority::kP0);
  EXPECT_TRUE(call(TaskScheduleRequest{.id = task.id, .cron = "0 9 * * *"}).task.next_due_at.has_value());
  EXPECT_EQ(call(TaskListRequest{.status = TaskStatus::kPending, .tags = {{"HOME"}}}).count, 1);
  EXPECT_EQ(call(TaskCompleteRequest{.id = task.id, .note = "done"}).task.status, TaskStatus::kDone);
  const Memory memory = call(MemoryStoreRequest{.type = MemoryType::kFact, .content = "The kettle is blue"}).memory;
  EXPECT_EQ(call(MemoryRecallRequest{.query = "kettle"}).items.at(0).id, memory.id);
  EXPECT_EQ(call(MemoryForgetRequest{.id = memory.id}).deleted_id, memory.id);
  EXPECT_EQ(call(ChannelConfigureRequest{.name = "day", .type = ChannelType::kTerminal}).channel.name, "day");
  const Message message =
      call(ChannelSendRequest{.content = "hello", .channel = "day", .metadata = json::Object{{"n", 1}}}).message;
  EXPECT_NE(message.delivery.state, MessageDeliveryState::kFailed);
  EXPECT_EQ(call(ChannelReceiveRequest{.channel = "day"}).items.at(0).id, message.id);
  const auto routine = call(
      RoutineCreateRequest{.name = "Morning",
                           .steps = {{.tool = "task:list", .input = json::Object{{"limit", 5}}}, {.tool = "no:tool"}},
                           .cron = "0 7 * * *"});
  EXPECT_EQ(routine.warnings.size(), 1u);
  EXPECT_EQ(call(RoutineListRequest{.enabled_only = true}).count, 1);
  EXPECT_EQ(call(RoutineRunRequest{.id = routine.routine.id}).plan.size(), 2u);
  EXPECT_EQ(call(SidekickStatusRequest{}).storage_adapter, SidekickStorageAdapter::kFilesystem);
  EXPECT_EQ(std::get<std::vector<json::Object>>(call(SidekickExportRequest{}).data.tasks).size(), 1u);
  EXPECT_TRUE(std::holds_alternative<std::string>(
      call(SidekickExportRequest{.include_audit = false, .format = SidekickFormat::kNdjson}).data.tasks));
  EXPECT_EQ(called.size(), 16u);
}

TEST_F(Consumers, FailuresKeysAndPages) {
  ASSERT_NO_FATAL_FAILURE(start());
  const TaskCreateRequest request{.title = "once"};
  const auto once = client->call(request, {.idempotency_key = "key-1"});
  const auto again = client->call(request, {.idempotency_key = "key-1"});
  ASSERT_TRUE(once && again);
  EXPECT_FALSE(once->replayed);
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->receipt_id, once->receipt_id);
  EXPECT_EQ(again->data.task.id, once->data.task.id);
  const Failure conflict = failure(TaskCreateRequest{.title = "other"}, {.idempotency_key = "key-1"});
  EXPECT_EQ(conflict.code, "IDEMPOTENCY_CONFLICT");
  EXPECT_EQ(conflict.http_status, 409);

  for (int i = 0; i < 4; ++i) call(TaskCreateRequest{.title = "task " + std::to_string(i)});
  std::vector<std::string> titles;
  const auto take = [&titles](const Task& task) {
    titles.push_back(task.title);
    return true;
  };
  EXPECT_FALSE(client->for_each(TaskListRequest{.limit = 2}, take).has_value());
  std::ranges::sort(titles);  // tasks of one millisecond come in any order, each of them once
  EXPECT_EQ(titles, (std::vector<std::string>{"once", "task 0", "task 1", "task 2", "task 3"}));

  const Failure absent = failure(TaskCompleteRequest{.id = "task-01ARZ3NDEKTSV4RRFFQ69G5FAV"});
  EXPECT_EQ(absent.code, "NOT_FOUND");
  EXPECT_EQ(absent.http_status, 200);
  EXPECT_TRUE(absent.receipt_id.starts_with("rcpt-"));
  EXPECT_EQ(failure(TaskCreateRequest{.title = ""}).code, "INVALID_INPUT");
  Client stranger(*transport, "nobody");
  const auto refused = stranger.call(TaskListRequest{});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "UNAUTHENTICATED");
}

TEST_F(Consumers, DryRunsAndReadsChangeNotOneByteOfTheWorkspace) {
  ASSERT_NO_FATAL_FAILURE(start());
  call(SidekickInitRequest{});
  const std::string task = call(TaskCreateRequest{.title = "t"}).task.id;
  const std::string memory = call(MemoryStoreRequest{.type = MemoryType::kNote, .content = "c"}).memory.id;
  const std::string routine = call(RoutineCreateRequest{.name = "r", .steps = {{.tool = "task:list"}}}).routine.id;
  call(ChannelSendRequest{.content = "hello"});
  ASSERT_NO_FATAL_FAILURE(restart());

  const auto before = tree_of(workspace.root());
  ASSERT_GE(std::ranges::count_if(before,
                                  [](const auto& each) { return each.first.find("/.sidekick/") != std::string::npos; }),
            6)
      << "there is something that could change";
  const auto unchanged = [&](const std::string& tool) { EXPECT_EQ(tree_of(workspace.root()), before) << tool; };
  const auto dry = [&](const auto& request) {
    EXPECT_EQ(call(request).dry_run, true) << request.kTool;
    unchanged(std::string(request.kTool));
  };
  const auto read = [&](const auto& request) {
    call(request);
    unchanged(std::string(request.kTool));
  };
  called.clear();
  dry(TaskCreateRequest{.title = "new", .tags = {{"a"}}, .dry_run = true});
  dry(TaskScheduleRequest{.id = task, .cron = "0 9 * * *", .dry_run = true});
  dry(TaskCompleteRequest{.id = task, .note = "n", .dry_run = true});
  dry(MemoryStoreRequest{.type = MemoryType::kFact, .content = "x", .dry_run = true});
  dry(MemoryForgetRequest{.id = memory, .dry_run = true});
  dry(ChannelConfigureRequest{.name = "ops", .type = ChannelType::kConductor, .dry_run = true});
  dry(ChannelSendRequest{.content = "x", .channel = "new", .dry_run = true});
  dry(RoutineCreateRequest{.name = "r", .steps = {{.tool = "task:list"}}, .cron = "0 7 * * *", .dry_run = true});
  read(TaskListRequest{.search = "t"});
  read(MemoryRecallRequest{.query = "c"});
  read(MemoryRecallRequest{});
  read(ChannelReceiveRequest{});
  read(RoutineListRequest{});
  read(RoutineRunRequest{.id = routine});
  read(SidekickStatusRequest{});
  read(SidekickExportRequest{});
  EXPECT_EQ(called.size(), 15u) << "all tools but sidekick:init, which has no dry run";
  EXPECT_EQ(sidecar.stop_in_order(), 0);
  unchanged("and draining");

  ASSERT_NO_FATAL_FAILURE(start());
  call(TaskCompleteRequest{.id = task});
  EXPECT_EQ(sidecar.stop_in_order(), 0);
  EXPECT_NE(tree_of(workspace.root()), before) << "without dry_run the files do change";
}

}  // namespace
}  // namespace lumenflow::testing
