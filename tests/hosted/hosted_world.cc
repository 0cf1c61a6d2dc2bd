#include "hosted/hosted_world.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "hosts/testing/odd_world.h"
#include "kernel/stop_tools.h"
#include "kernel/task_tools.h"
#include "log/memory_log.h"

namespace lumenflow::hosted {
namespace {

constexpr std::string_view kCalmManifest = R"(
id: calm
version: 1.0.0
runtime: {type: builtin}
tools:
  - name: calm:ping
    required_scopes: [{type: path, pattern: "data/**", access: read}]
  - name: calm:hidden
    internal_only: true
    required_scopes: [{type: path, pattern: "data/**", access: read}]
  - name: calm:elsewhere
    required_scopes: [{type: path, pattern: "other/**", access: read}]
)";

void register_calm(pack::Registration& registration) {
  for (const char* tool : {"calm:ping", "calm:hidden", "calm:elsewhere"})
    registration.tool(tool, {.store_only = true}, [](pack::ToolContext& context, const json::Value&) {
      return pack::ToolOutput{json::Object{{"from", context.subject()}}, {}};
    });
}

pack::Scope path_scope(const char* pattern, const char* access) {
  return *pack::parse_scope(json::Object{{"type", "path"}, {"pattern", pattern}, {"access", access}});
}

}  // namespace

HostedWorld::HostedWorld() {
  ::signal(SIGPIPE, SIG_IGN);
  std::string name = (std::filesystem::temp_directory_path() / "hosted-XXXXXX").native();
  EXPECT_NE(::mkdtemp(name.data()), nullptr);
  root = std::filesystem::canonical(name);
  for (const char* each : {"snapshot", "workspace", "kept"}) std::filesystem::create_directory(root / each);
  EXPECT_TRUE(files_->make_directories("/blobs").ok());
  log_ = log::make_memory_log("01TESTLOG");
  host = std::make_unique<hosts::ProcessHost>(launcher, hosts::ProcessHostOptions{});
}

HostedWorld::~HostedWorld() {
  close();
  executor_.finish();
  host.reset();
  std::filesystem::remove_all(root);
}

void HostedWorld::open() {
  static const pack::BuiltinPack calm{"calm", {{"manifest.yaml", kCalmManifest}}, register_calm};
  pack::RegistryBuilder builder;
  builder.add_builtin(calm);
  pack::PackOrigin origin;
  origin.source = "local";
  origin.folder = (root / "snapshot").native();
  builder.add_opened("odd", hosts::testing::ManifestText(hosts::testing::odd_manifest((root / "kept").native())),
                     "odd/manifest.yaml", origin);
  kernel::KernelOptions options;
  options.config.id = WorkspaceId("ws-42");
  options.config.allowed_scopes = {path_scope("data/**", "read"), path_scope("data/**", "write"),
                                   path_scope("other/**", "read")};
  options.config.hash = std::string(64, '0');
  const auto anything = [](std::string_view) { return true; };
  const pack::Activation activation{anything, anything, {}};
  options.registry = builder.build(&activation, [this](const pack::Manifest& manifest, const std::string& folder,
                                                       pack::Registration& registration) {
    return host->load({manifest, folder, (root / "workspace").native(), "ws-42", registration.config()}, registration);
  });
  ASSERT_EQ(options.registry->refused().size(), 0U) << pack::render_text(options.registry->diagnostics(), false);
  options.workspace_root = (root / "workspace").native();
  options.redaction_key = std::string(32, 'k');
  options.version = "test";
  options.kernel_tools = *kernel::make_task_tools();
  std::ranges::move(*kernel::make_stop_tools(), std::back_inserter(options.kernel_tools));
  options.doorbell = [this] {
    {
      const std::lock_guard lock(mutex_);
      rung_ = true;
    }
    changed_.notify_one();
  };
  const kernel::KernelPorts ports{*log_, blobs_, clock_, random_, executor_, nullptr};
  Result<std::unique_ptr<kernel::Kernel>> opened = kernel::Kernel::open(ports, std::move(options));
  ASSERT_TRUE(opened.ok()) << opened.error().to_string();
  kernel_ = *std::move(opened);
  stop_ = false;
  rung_ = true;
  strand_ = std::thread([this] { run_strand(); });
}

void HostedWorld::run_strand() {
  for (;;) {
    std::vector<std::packaged_task<void()>> looks;
    {
      std::unique_lock lock(mutex_);
      const auto wanted = [this] { return rung_ || stop_ || !looks_.empty(); };
      if (const auto deadline = kernel_->next_deadline())
        changed_.wait_for(lock, *deadline - clock_.monotonic(), wanted);
      else
        changed_.wait(lock, wanted);
      if (stop_) return;
      rung_ = false;
      looks.swap(looks_);
    }
    kernel_->run_pending();
    for (auto& look : looks) look();
  }
}

void HostedWorld::close() {
  if (!strand_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_one();
  strand_.join();
  kernel_.reset();
}

void HostedWorld::on_strand(const std::function<void(kernel::Kernel&)>& look) {
  std::packaged_task<void()> task([&] { look(*kernel_); });
  std::future<void> done = task.get_future();
  {
    const std::lock_guard lock(mutex_);
    looks_.push_back(std::move(task));
  }
  changed_.notify_one();
  done.get();
}

std::future<kernel::CallResult> HostedWorld::submit(const std::string& tool, json::Value input) {
  auto answer = std::make_shared<std::promise<kernel::CallResult>>();
  kernel::Credential credential;
  credential.subject = Subject("ws-42:test");
  credential.scopes = {"workspace"};
  kernel::Call call;
  call.tool = tool;
  call.input = std::move(input);
  call.credential = std::make_shared<const kernel::Credential>(std::move(credential));
  std::future<kernel::CallResult> future = answer->get_future();
  EXPECT_TRUE(
      kernel_->submit(std::move(call), [answer](const kernel::CallResult& result) { answer->set_value(result); }).ok());
  return future;
}

void HostedWorld::order(const std::string& kernel_tool, json::Value input) {
  std::promise<void> done;
  kernel::Credential credential;
  credential.subject = Subject("ws-42:local:ana");
  credential.operator_key = true;
  kernel::Call call;
  call.tool = kernel_tool;
  call.input = std::move(input);
  call.credential = std::make_shared<const kernel::Credential>(std::move(credential));
  call.surface = kernel::Surface::kSocket;
  const auto answered = [&done](const kernel::CallResult& result) {
    EXPECT_EQ(result.outcome, journal::Outcome::kSuccess) << result.body;
    done.set_value();
  };
  EXPECT_TRUE(kernel_->submit(std::move(call), answered).ok());
  done.get_future().wait();
}

std::string HostedWorld::shown(const kernel::CallResult& result) {
  Result<json::Value> body = json::parse(result.body, {.depth_max = 256});
  if (!body.ok()) return "no JSON: " + result.body;
  body->as_object().erase("metadata");
  return std::string(journal::name(result.outcome)) + " " + json::serialize(*body);
}

std::string HostedWorld::call(const std::string& tool, json::Value input) {
  return shown(submit(tool, std::move(input)).get());
}

std::vector<ReceiptId> HostedWorld::running() {
  std::vector<ReceiptId> out;
  on_strand([&](kernel::Kernel& kernel) { out = kernel.running_receipts(); });
  return out;
}

void HostedWorld::cancel_all() {
  for (const ReceiptId& receipt : running()) kernel_->cancel(receipt, Subject("ws-42:test"));
}

std::vector<std::string> HostedWorld::entries(const std::string& type) {
  std::vector<std::string> out;
  const auto look = [&] {
    Result<std::vector<log::StoredRow>> rows = log_->read(Position(0), 100'000, 1U << 30);
    ASSERT_TRUE(rows.ok());
    for (const log::StoredRow& row : *rows)
      for (const std::string& bytes : row.entries) {
        const auto entry = journal::decode(bytes);
        if (entry.ok() && json::string_or(*entry, "type", "") == type) out.push_back(json::serialize(*entry));
      }
  };
  if (kernel_ == nullptr)
    look();
  else
    on_strand([&](kernel::Kernel&) { look(); });
  return out;
}

std::string HostedWorld::last_entry(const std::string& type) {
  const std::vector<std::string> all = entries(type);
  return all.empty() ? "" : all.back();
}

void HostedWorld::await_entries(const std::string& type, const std::string& text, std::size_t count) {
  for (std::size_t found = 0; found < count; std::this_thread::yield()) {
    found = 0;
    for (const std::string& entry : entries(type)) found += entry.find(text) == std::string::npos ? 0 : 1;
  }
}

void HostedWorld::touch(const std::string& name) const { std::ofstream(root / "kept" / name) << ""; }
bool HostedWorld::there(const std::string& name) const { return std::filesystem::exists(root / "kept" / name); }
void HostedWorld::await(const std::string& name) const {
  while (!there(name)) std::this_thread::yield();
}

}  // namespace lumenflow::hosted
