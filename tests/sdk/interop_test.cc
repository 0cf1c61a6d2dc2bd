// The demo pack of each SDK, run by the host that lumenflow runs packs with: what one side writes the other
// understands.
#include <gmock/gmock.h>

#include <cstdlib>
#include <string>

#include "base/files.h"
#include "hosts/testing/odd_world.h"
#include "pack/pack_files.h"
#include "support/fake_tool_context.h"

namespace lumenflow::hosts {
namespace {

using ::testing::ElementsAre;

// A delivery on top of the context of a call.
class FakeDelivery final : public pack::HandlerContext {
 public:
  explicit FakeDelivery(lumenflow::testing::FakeToolContext& call) : call_(call) {}
  const std::string& delivery_id() const override { return call_.receipt_id(); }
  int attempt() const override { return 1; }
  const std::string& workspace_root() const override { return call_.workspace_root(); }
  const json::Value& config() const override { return call_.config(); }
  std::int64_t now_ms() const override { return call_.now_ms(); }
  std::string new_ulid() override { return call_.new_ulid(); }
  bool has_tool(std::string_view name) const override { return call_.has_tool(name); }
  bool cancelled() const override { return call_.cancelled(); }
  pack::Store& store() override { return call_.store(); }
  Status emit(std::string_view kind, json::Value payload, pack::EmitOptions options) override {
    return call_.emit(kind, std::move(payload), std::move(options));
  }
  Result<pack::Emitted> emit_now(std::string_view kind, json::Value payload, pack::EmitOptions options) override {
    return call_.emit_now(kind, std::move(payload), std::move(options));
  }
  Status transact(const std::function<Status(pack::Store&)>& change) override { return call_.transact(change); }
  Result<pack::HttpResponse> fetch(const pack::HttpRequest& request) override { return call_.fetch(request); }
  Status check_fetch(const pack::HttpRequest& request) const override { return call_.check_fetch(request); }
  std::vector<Result<pack::ProgramEnd>> run_programs(const std::vector<pack::ProgramRequest>& requests,
                                                     std::size_t at_once) override {
    return call_.run_programs(requests, at_once);
  }
  Result<pack::Invoked> invoke(std::string_view tool, json::Value input, std::optional<std::string> key) override {
    return call_.invoke(tool, std::move(input), std::move(key));
  }
  Result<pack::Invoked> tasks(std::string_view step, json::Value input, std::optional<std::string> key) override {
    return call_.tasks(step, std::move(input), std::move(key));
  }
  void progress(double fraction, std::string_view message) override { call_.progress(fraction, message); }
  void log(std::string_view level, std::string_view message, json::Value fields) override {
    call_.log(level, message, std::move(fields));
  }
  bool notify_operator(std::string_view line) override { return call_.notify_operator(line); }
  void wake(std::string_view timer, std::int64_t at_ms) override { call_.wake(timer, at_ms); }
  void watch(std::vector<pack::Trigger> triggers) override { call_.watch(std::move(triggers)); }
  pack::HostedRun* hosted() override { return call_.hosted(); }

 private:
  lumenflow::testing::FakeToolContext& call_;
};

std::string folder_of(const std::string& language) {
  return language == "cpp" ? LUMENFLOW_ACME_DEMO : LUMENFLOW_EXAMPLES "/acme-demo-" + language;
}

class Interop : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const PosixFiles files;
    const std::string folder = folder_of(GetParam());
    pack::Diagnostics diagnostics;
    auto parsed = pack::parse_manifest(pack::FolderPackFiles(files, folder), "manifest.yaml", diagnostics);
    ASSERT_TRUE(parsed.has_value());
    manifest = *std::move(parsed);
    const Status loaded = host.load({manifest, folder, "/", "ws-42", json::Object{}}, registration);
    if (!loaded.ok() && !has_program()) GTEST_SKIP() << loaded.error().to_string();
    ASSERT_TRUE(loaded.ok()) << loaded.error().to_string();
    context.tool_name = "acme-demo:run_job";
    context.run = &run;
  }
  // Node is not everywhere.
  bool has_program() const {
    const std::string program = manifest.runtime_options.at_pointer("/command/0")->as_string();
    return program.find('/') != std::string::npos ||
           std::system(("command -v " + program + " >/dev/null").c_str()) == 0;
  }

  testing::PlainLauncher launcher;
  ProcessHost host{launcher, {}};
  pack::Manifest manifest;
  pack::Registration registration;
  lumenflow::testing::MemoryStore store;
  lumenflow::testing::FakeToolContext context{store};
  testing::FakeRun run;
};

TEST_P(Interop, ThePackHasWhatItsManifestSays) {
  ASSERT_EQ(registration.tools().size(), 1u);
  EXPECT_EQ(registration.tools()[0].name, manifest.tools[0].name);
  ASSERT_EQ(registration.handlers().size(), 1u);
  EXPECT_THAT(manifest.subscribed_event_kinds, ElementsAre(registration.handlers()[0].kind));
}

TEST_P(Interop, AJobRunsKeepsItsRecordAndSaysSo) {
  const auto result = registration.tools()[0].handler(context, json::Object{{"job_id", "job-1"}});
  EXPECT_EQ(testing::OddWorld::shown(result), R"({"job_id":"job-1","status":"ok"})");
  EXPECT_TRUE(store.contents.contains("jobs/job-1"));
  ASSERT_EQ(context.emitted.size(), 1u);
  EXPECT_EQ(context.emitted[0].kind, "acme-demo:job_completed");
  EXPECT_EQ(context.emitted[0].options.idempotency_key, "job-1");
}

TEST_P(Interop, ARecoveryIsProposed) {
  const pack::RegisteredHandler& handler = registration.handlers()[0];
  const pack::Event event{handler.kind,
                          "e-1",
                          "2026-03-01T12:00:00.000Z",
                          "ws-42:conductor",
                          "sidecar",
                          1,
                          json::Object{{"target_pack", "acme-demo"},
                                       {"target_id", "job-1"},
                                       {"turn_id", "t-9"},
                                       {"reason", "it hangs"},
                                       {"requested_by", "operator:ana"}}};
  EXPECT_EQ(handler.replay_key(event), "job-1/t-9");
  FakeDelivery delivery(context);
  for (int i = 0; i < 2; ++i) {
    const Status applied = handler.handler(delivery, event);
    ASSERT_TRUE(applied.ok()) << applied.error().to_string();
  }
  const json::Value& proposed = store.contents.at("recoveries/job-1");
  EXPECT_EQ(json::string_or(proposed, "reason", ""), "it hangs");
  EXPECT_FALSE(json::boolean_or(proposed, "known", true));
}

INSTANTIATE_TEST_SUITE_P(Demo, Interop, ::testing::Values("cpp", "python", "node"),
                         [](const auto& param) { return param.param; });

}  // namespace
}  // namespace lumenflow::hosts
