// kernel:reload under calls: nothing is dropped, nothing is left behind, and faults change nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/random.h"
#include "base/ulid.h"
#include "http/client.h"
#include "sidecar/operator_proof.h"
#include "sidecar/testing/probe_pack.h"
#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::sidecar {
namespace {

std::atomic<int> g_loaded{0}, g_alive{0};  // of acme's code, in this process

// What a process would be: counted, and ended with the last who holds it.
class FakeCode {
 public:
  FakeCode() { ++g_loaded, ++g_alive; }
  FakeCode(const FakeCode&) = delete;
  FakeCode& operator=(const FakeCode&) = delete;
  ~FakeCode() { --g_alive; }
};

std::string manifest(const std::string& version, const std::string& more = "") {
  return "id: acme\nversion: " + version +
         "\nruntime: {type: process, command: [./run]}\nsubscribed_event_kinds: ['probe:happened']\n"
         "tools:\n  - {name: 'acme:version', required_scopes: [{type: path, pattern: 'data/**', access: read}]}\n"
         "  - {name: 'acme:wait', required_scopes: [{type: path, pattern: 'data/**', access: read}]}\n" +
         more;
}

Status load_acme(const kernel::WorkspaceConfig&, const pack::Manifest& manifest, const std::string&,
                 pack::Registration& registration) {
  const auto code = std::make_shared<FakeCode>();
  const auto say = [code, version = manifest.version] {
    return pack::ToolOutput{json::Object{{"version", version}}, {}};
  };
  registration.tool("acme:version", {},
                    [say](pack::ToolContext&, const json::Value&) -> pack::ToolResult { return say(); });
  registration.tool("acme:wait", {}, [say](pack::ToolContext& context, const json::Value&) -> pack::ToolResult {
    (void)probe_gate().pass(context, true);
    return say();
  });
  registration.handler("probe:happened", {.idempotent = true},
                       [code](pack::HandlerContext&, const pack::Event&) { return Status(); });
  return {};
}

std::size_t open_files() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator()));
}

class Reload : public testing::Test {
 protected:
  Reload()
      : world({.config = "packs: [{id: probe}, {id: acme, source: local, path: packs/acme}]\n",
               .files = {{"packs/acme/manifest.yaml", manifest("1.0.0")}, {"packs/acme/run", ""}},
               .load_code = load_acme}) {}

  Answer reload() const {
    const SystemClock clock;
    SystemRandom random;
    const std::string id = make_ulid(clock.now(), random.draw16()).str();
    const std::string key = *unlock_operator_key(PosixFiles(), WorkspacePaths(world.root()).keys, "");
    http::ClientOptions options;
    options.socket_path = world.socket_path();
    http::ClientRequest request;
    request.method = http::Method::kPost;
    request.path = "/kernel/reload";
    request.body = "{}";
    request.headers.emplace_back(std::string(kOperatorHeader),
                                 *make_operator_proof(key, "ws-42", "kernel:reload", id, clock.now()));
    const auto response = http::Client(std::move(options)).send(request);
    Answer answer;
    answer.status = response.ok() ? response->status : 0;
    answer.body = response.ok() ? response->body : response.error().to_string();
    if (auto value = json::parse(answer.body); value.ok()) answer.value = *std::move(value);
    return answer;
  }
  void write_config(const std::string& more) const {
    std::string text = *PosixFiles().read(world.root() + "/lumenflow.yaml", 1 << 20);
    if (const std::size_t at = text.find("#more"); at != std::string::npos) text.resize(at);
    world.write("lumenflow.yaml", text + "#more\n" + more);
  }
  std::vector<json::Value> events(const std::string& kind) const {
    std::vector<json::Value> found;
    for (const json::Value& entry : world.entries())
      if (const json::Value* of = entry.at_pointer("/event/kind"); of != nullptr && *of == json::Value(kind))
        found.push_back(*entry.find("event"));
    return found;
  }
  std::string version() const { return world.call("acme:version").text("/data/version"); }

  SidecarWorld world;
};

TEST_F(Reload, TakesUpAChangedPack) {
  world.write("packs/acme/manifest.yaml", manifest("2.0.0"));
  EXPECT_EQ(version(), "1.0.0");
  const Answer done = reload();
  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_NE(done.text("/data/changes_summary").find("pack acme changed"), std::string::npos) << done.body;
  EXPECT_EQ(version(), "2.0.0");
  ASSERT_EQ(events("workspace_updated").size(), 1u);
  EXPECT_EQ(reload().text("/data/changes_summary"), "") << "nothing changed since";
  EXPECT_EQ(events("workspace_updated").size(), 1u);
}

TEST_F(Reload, NeedsTheOperatorsKeyAndTheSocket) {
  EXPECT_EQ(world.send(http::Method::kPost, "/kernel/reload", "{}").status, 404);
  http::ClientOptions options;
  options.socket_path = world.socket_path();
  http::ClientRequest request;
  request.method = http::Method::kPost;
  request.path = "/kernel/reload";
  request.body = "{}";
  const auto response = http::Client(std::move(options)).send(request);
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->status, 403) << response->body;
}

TEST_F(Reload, AcceptsAChangedConfiguration) {
  write_config("name: other\n");
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (world.call("probe:echo").code() != "SPEC_TAMPERED" && std::chrono::steady_clock::now() < give_up) {
  }
  ASSERT_EQ(world.call("probe:echo").code(), "SPEC_TAMPERED");
  const Answer done = reload();
  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(world.call("probe:echo").status, 200);
  const std::vector<json::Value> updated = events("workspace_updated");
  ASSERT_EQ(updated.size(), 1u);
  EXPECT_EQ(json::string_or(updated[0], "config_hash", ""), done.text("/data/config_hash"));
  write_config("limits: {connections: 9}\n");
  EXPECT_EQ(*reload().value.at_pointer("/data/needs_restart"), json::Value(json::Array{"limits"}));
}

TEST_F(Reload, FaultsAreAllSaidAndChangeNothing) {
  write_config("nme: other\nlimts: {}\n");
  world.write("packs/acme/manifest.yaml", manifest("2.0.0", "nope: 1\n"));
  const Answer refused = reload();
  EXPECT_EQ(refused.status, 200) << "the tool's own refusal";
  EXPECT_EQ(*refused.value.find("success"), json::Value(false));
  EXPECT_EQ(refused.text("/error/code"), "INVALID_CONFIGURATION");
  for (const char* fault : {"'nme'", "'limts'", "'nope'"})
    EXPECT_NE(refused.body.find(fault), std::string::npos) << fault << " in " << refused.body;
  write_config("");
  std::filesystem::remove(world.root() + "/packs/acme/run");
  world.write("packs/acme/manifest.yaml", manifest("3.0.1", "emitted_event_kinds: ['acme:x']\n"));
  EXPECT_EQ(reload().text("/error/code"), "INVALID_CONFIGURATION");
  EXPECT_EQ(json::string_or(*world.get("/packs").value.at_pointer("/items/0"), "version", ""), "1.0.0");
}

TEST_F(Reload, RefusesEventTypesThatWereNotGenerated) {
  world.write("packs/acme/manifest.yaml", manifest("2.0.0", "event_types: content/event-types.json\n"));
  world.write("packs/acme/content/event-types.json",
              R"({"packSlug": "acme", "eventTypes": [
                   {"namespace": "acme", "name": "done", "version": 1, "schema": "./s.json"}]})");
  world.write("packs/acme/content/s.json", "{}");
  const Answer refused = reload();
  EXPECT_EQ(refused.text("/error/code"), "INVALID_CONFIGURATION");
  EXPECT_NE(refused.body.find("LF1079"), std::string::npos) << refused.body;
  EXPECT_NE(refused.body.find("run `lumenflow generate`"), std::string::npos) << refused.body;
  EXPECT_EQ(version(), "1.0.0");
}

TEST_F(Reload, APackThatLacksASurfaceStaysOutAndTheOthersRun) {
  world.write("packs/acme/manifest.yaml", manifest("2.0.0", "surfaces_required: [mcp]\n"));
  const Answer done = reload();
  ASSERT_EQ(*done.value.find("success"), json::Value(true)) << done.body;
  EXPECT_EQ(world.call("acme:version").status, 404);
  EXPECT_EQ(world.call("probe:echo").status, 200);
  const std::vector<json::Value> warnings = events("workspace_warning");
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(json::string_or(warnings[0], "message", "").find("LF1051"), std::string::npos);
}

TEST_F(Reload, ACallThatRunsKeepsThePackItBeganWith) {
  auto waiting = world.call_later("acme:wait");
  ASSERT_TRUE(probe_gate().wait_for_arrivals(1));
  world.write("packs/acme/manifest.yaml", manifest("2.0.0"));
  ASSERT_EQ(reload().status, 200);
  EXPECT_EQ(version(), "2.0.0");
  EXPECT_EQ(g_alive, 2) << "the old code runs as long as its call does";
  probe_gate().open();
  EXPECT_EQ(waiting.get().text("/data/version"), "1.0.0");
}

// Half of the reloads bring other code; every call is answered, in whatever packs it found.
TEST_F(Reload, AThousandUnderLoadFailNoCallAndLeaveNothing) {
  constexpr int kReloads = 1'000;
  ASSERT_EQ(reload().status, 200);
  std::atomic<bool> stop{false};
  std::atomic<int> calls{0}, failed{0};
  std::vector<std::thread> callers;
  std::size_t files_early = 0;
  const int loaded_before = g_loaded;
  for (const char* tool : {"acme:version", "probe:echo", "probe:emit"})
    callers.emplace_back([&, tool] {
      const std::string input = std::string(tool) == "probe:emit" ? R"({"n": 1})" : "{}";
      while (!stop) {
        const Answer answer = world.call(tool, input);
        if (answer.status != 200 || *answer.value.find("success") != json::Value(true)) ++failed;
        ++calls;
      }
    });
  int refused = 0;
  for (int i = 0; i < kReloads; ++i) {
    if (i % 2 == 0) world.write("packs/acme/manifest.yaml", manifest(i % 4 == 0 ? "2.0.0" : "1.0.0"));
    const Answer done = reload();
    const json::Value* success = done.value.find("success");
    if (success == nullptr || *success != json::Value(true)) ++refused;
    if (i == kReloads / 10) files_early = open_files();
  }
  const std::size_t files_late = open_files();
  stop = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(failed, 0);
  EXPECT_GT(calls, 100);
  EXPECT_EQ(g_loaded - loaded_before, kReloads / 2);
  ASSERT_EQ(reload().status, 200);
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (g_alive > 1 && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
  EXPECT_EQ(g_alive, 1) << "one registry's code is left";
  EXPECT_LE(files_late, files_early + 8) << "the callers' connections come and go; what each reload left would be 900";
  world.stop();
  EXPECT_EQ(g_alive, 0);
  world.start();
  const auto copies = PosixFiles().list(world.root() + "/.lumenflow/state/snapshots");
  ASSERT_TRUE(copies.ok());
  EXPECT_EQ(copies->size(), 1u);
}

}  // namespace
}  // namespace lumenflow::sidecar
