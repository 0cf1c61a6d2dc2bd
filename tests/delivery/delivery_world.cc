#include "delivery_world.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/encoding.h"
#include "base/signing.h"
#include "hosts/testing/plain_launcher.h"
#include "journal/approvals.h"
#include "journal/recoveries.h"
#include "sidecar/keys.h"
#include "software-delivery/registration.h"

namespace lumenflow::delivery {

namespace fs = std::filesystem;

// Says when a program begins and ends, whatever runs it.
class DeliveryWorld::Watched final : public pack::Programs {
 public:
  Watched(pack::Programs& inner, Checkpoint checkpoint) : inner_(inner), checkpoint_(std::move(checkpoint)) {}
  std::vector<Result<pack::ProgramEnd>> run(const std::string& workspace_root, pack::HostedRun& run,
                                            const std::vector<pack::ProgramRequest>& requests,
                                            std::size_t at_once) override {
    if (checkpoint_) checkpoint_(next_++);
    auto ends = inner_.run(workspace_root, run, requests, at_once);
    if (checkpoint_) checkpoint_(next_++);
    return ends;
  }

 private:
  pack::Programs& inner_;
  const Checkpoint checkpoint_;
  int next_ = 0;
};

DeliveryWorld::DeliveryWorld(Options options) : options_(std::move(options)) {
  ::signal(SIGPIPE, SIG_IGN);
  std::string name = (fs::temp_directory_path() / "delivery-XXXXXX").native();
  EXPECT_NE(::mkdtemp(name.data()), nullptr);
  home_ = fs::canonical(name).native();
  root_ = home_ + "/" + options_.folder;
  fs::create_directory(root_);
  EXPECT_TRUE(
      sidecar::init_workspace(files_, root_, {.id = "ws-42", .production = false, .operator_passphrase = {}}).ok());
  std::ofstream(root_ + "/lumenflow.yaml") << "id: ws-42\npacks: [{id: software-delivery}]\n"
                                              "lanes:\n"
                                              "  - {id: content, title: 'Content: Site Comms', wip_limit: 2}\n"
                                              "  - {id: narrow, title: Narrow, wip_limit: 1}\n"
                                              "approval_providers: {'*': "
                                           << options_.approvals
                                           << "}\n"
                                              "gates: "
                                           << options_.gates << "\n"
                                           << options_.more << "\n";
  if (options_.repository) {
    shell("git init -q -b main . && git config user.name T && git config user.email t@example.com");
    commit(".", "a.txt", "one\n");
  }
  sandbox::LauncherOptions launching;
  launching.weakest = sandbox::Tier::kLandlock;
  launching.helper = LUMENFLOW_CONFINE;
  if (options_.confined)
    launcher_ = sandbox::make_launcher(launching);
  else
    launcher_ = std::make_unique<hosts::testing::PlainLauncher>();
  programs_ = std::make_unique<hosts::ConfinedPrograms>(
      [this]() -> sandbox::Launcher& { return *launcher_; },
      hosts::ConfinedProgramsOptions{.limits = {.memory_bytes = 4ull << 30, .processes = 256}});
}

DeliveryWorld::~DeliveryWorld() {
  close();
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(home_, ignored))  // copies of packs are read-only
    if (entry.is_directory() && !entry.is_symlink())
      fs::permissions(entry, fs::perms::owner_all, fs::perm_options::add, ignored);
  fs::remove_all(home_, ignored);
}

void DeliveryWorld::open(Checkpoint checkpoint) {
  watched_ = std::make_unique<Watched>(*programs_, std::move(checkpoint));
  executor_ = std::make_unique<ThreadPoolExecutor>(4, 256);
  sidecar::WorkspacePorts ports{files_, clock_, random_, *executor_};
  ports.programs = [this](const kernel::WorkspaceConfig&) { return watched_.get(); };
  auto opened = sidecar::Workspace::open(ports, root_, {&software_delivery_pack()}, [this] {
    {
      const std::lock_guard lock(mutex_);
      rung_ = true;
    }
    changed_.notify_one();
  });
  ASSERT_TRUE(opened.ok()) << opened.error().to_string();
  workspace_ = *std::move(opened);
  ASSERT_EQ(workspace_->registry().refused().size(), 0U) << pack::render_text(workspace_->diagnostics(), false);
}

void DeliveryWorld::close() {
  if (executor_ != nullptr) executor_->finish();
  workspace_.reset();
}

kernel::Call DeliveryWorld::made(const std::string& tool, json::Value input, const std::string& subject) const {
  auto credential = std::make_shared<kernel::Credential>();  // shared: see Call::credential
  credential->subject = Subject(subject);
  credential->scopes = {"workspace", "recovery:confirm"};
  kernel::Call call;
  call.tool = tool;
  call.input = std::move(input);
  call.credential = std::move(credential);
  call.surface = kernel::Surface::kSocket;
  return call;
}

std::vector<kernel::CallResult> DeliveryWorld::run(std::vector<kernel::Call> calls) {
  std::vector<kernel::CallResult> results(calls.size());
  std::size_t open = calls.size();
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const Status taken =
        workspace_->kernel().submit(std::move(calls[i]), [&results, &open, i](const kernel::CallResult& done) {
          results[i] = done;
          --open;
        });
    EXPECT_TRUE(taken.ok());
    if (!taken.ok()) --open;
  }
  workspace_->kernel().run_pending();
  while (open > 0) run_strand();
  return results;
}

json::Value DeliveryWorld::call(const std::string& tool, json::Value input) {
  std::vector<kernel::Call> calls;
  calls.push_back(made(tool, std::move(input), "ws-42:local:ana"));
  return json::parse(run(std::move(calls)).front().body).value();
}

json::Value DeliveryWorld::call(const std::string& tool, std::string_view input) {
  return call(tool, json::parse(input).value());
}

json::Value DeliveryWorld::call_as(const std::string& subject, const std::string& tool, std::string_view input) {
  std::vector<kernel::Call> calls;
  calls.push_back(made(tool, json::parse(input).value(), subject));
  return json::parse(run(std::move(calls)).front().body).value();
}

std::vector<json::Value> DeliveryWorld::call_all(const std::string& tool, const std::vector<json::Value>& inputs) {
  std::vector<kernel::Call> calls;
  for (const json::Value& input : inputs)
    calls.push_back(made(tool, input, "ws-42:turn:t-" + std::to_string(calls.size())));
  std::vector<json::Value> out;
  for (const kernel::CallResult& result : run(std::move(calls))) out.push_back(json::parse(result.body).value());
  return out;
}

json::Value DeliveryWorld::data(const std::string& tool, std::string_view input) {
  const json::Value whole = call(tool, input);
  EXPECT_TRUE(json::boolean_or(whole, "success", false)) << tool << " " << input << ": " << json::serialize(whole);
  const json::Value* found = whole.find("data");
  return found == nullptr ? json::Value(json::Object{}) : *found;
}

std::string DeliveryWorld::refusal(const std::string& tool, std::string_view input) {
  return text(call(tool, input), "/error/code");
}

json::Value DeliveryWorld::confirm(const std::string& recovery_id) {
  const auto receipt = journal::receipt_of_recovery(recovery_id);
  EXPECT_TRUE(receipt.has_value()) << recovery_id;
  auto found = journal::find_recovery(workspace_->log().tables(), *receipt);
  EXPECT_TRUE(found.ok() && *found);
  if (!found.ok() || !*found) return {};
  journal::Recovery recovery = **found;
  recovery.confirmed_by = "ws-42:local:ana";
  recovery.reason.clear();
  recovery.confirmed_at = clock_.now();
  const Result<std::string> key = sidecar::unlock_operator_key(files_, workspace_->paths().keys, {});
  EXPECT_TRUE(key.ok());
  const Result<std::string> signature = p256_sign(journal::recovery_statement(recovery), *key);
  const json::Value confirmed =
      call("kernel:confirm", json::Object{{"recovery_id", recovery_id},
                                          {"decided_at", format_rfc3339(recovery.confirmed_at)},
                                          {"signature", to_base64url(*signature)}});
  EXPECT_TRUE(json::boolean_or(confirmed, "success", false)) << json::serialize(confirmed);
  return ended(ReceiptId(text(confirmed, "/data/confirmation_receipt_id")));
}

json::Value DeliveryWorld::approve(const std::string& approval_id) {
  const auto receipt = journal::receipt_of_approval(approval_id);
  EXPECT_TRUE(receipt.has_value()) << approval_id;
  const auto found = receipt ? journal::find_parked(workspace_->log().tables(), *receipt)
                             : Result<std::optional<journal::ParkedCall>>(std::optional<journal::ParkedCall>());
  EXPECT_TRUE(found.ok() && *found);
  if (!found.ok() || !*found) return {};
  const journal::ApprovalDecision decision{true, "ws-42:local:ana", {}, clock_.now(), {}};
  const Result<std::string> key = sidecar::unlock_operator_key(files_, workspace_->paths().keys, {});
  const Result<std::string> signature = p256_sign(journal::approval_statement(**found, decision), *key);
  const json::Value approved = call("kernel:approve", json::Object{{"approval_id", approval_id},
                                                                   {"decided_at", format_rfc3339(decision.decided_at)},
                                                                   {"signature", to_base64url(*signature)}});
  EXPECT_TRUE(json::boolean_or(approved, "success", false)) << json::serialize(approved);
  return ended(*receipt);
}

json::Value DeliveryWorld::covered(const std::string& approval_id) const {
  const auto receipt = journal::receipt_of_approval(approval_id);
  if (!receipt) return {};
  const auto found = journal::find_parked(workspace_->log().tables(), *receipt);
  return found.ok() && *found ? (*found)->covered : json::Value();
}

std::vector<std::string> DeliveryWorld::open_recoveries() const {
  std::vector<std::string> out;
  const auto page = journal::list_recoveries(workspace_->log().tables(), false, "", 100);
  EXPECT_TRUE(page.ok());
  if (page.ok())
    for (const journal::Recovery& each : page->items)
      if (!each.call_tool.empty()) out.push_back(each.recovery_id());
  return out;
}

json::Value DeliveryWorld::mend() {
  const json::Value proposed = call("wu:recover", kOne);
  EXPECT_EQ(text(proposed, "/error/code"), "RECOVERY_PROPOSED") << json::serialize(proposed);
  const json::Value repaired = confirm(text(proposed, "/error/details/recovery_id"));
  EXPECT_TRUE(json::boolean_or(repaired, "success", false)) << json::serialize(repaired);
  const json::Value* data = repaired.find("data");
  return data == nullptr ? json::Value(json::Object{}) : *data;
}

// Waits for a call that nobody of ours waits for; its Result.
json::Value DeliveryWorld::ended(const ReceiptId& receipt) {
  while (workspace_->kernel().find_running(receipt) != nullptr) run_strand();
  const auto call = workspace_->kernel().reader().call(receipt);
  EXPECT_TRUE(call.ok() && call->finished);
  if (!call.ok() || call->body.result.empty()) return {};
  return json::parse(call->body.result).value();
}

// Until something has come, or a deadline; then what has.
void DeliveryWorld::run_strand() {
  {
    std::unique_lock lock(mutex_);
    const auto wanted = [this] { return rung_; };
    if (const auto deadline = workspace_->kernel().next_deadline())
      changed_.wait_for(lock, *deadline - clock_.monotonic(), wanted);
    else
      changed_.wait(lock, wanted);
    rung_ = false;
  }
  workspace_->kernel().run_pending();
}

std::string DeliveryWorld::shell(const std::string& script) const {
  const std::string command =
      "cd '" + root_ + "' && exec 2>&1 && export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 && " + script;
  FILE* const pipe = ::popen(command.c_str(), "r");
  std::string out;
  char chunk[4096];
  for (std::size_t n; (n = ::fread(chunk, 1, sizeof chunk, pipe)) > 0;) out.append(chunk, n);
  EXPECT_EQ(::pclose(pipe), 0) << script << "\n" << out;
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

std::string DeliveryWorld::commit(std::string_view worktree, const std::string& file, const std::string& text) const {
  std::ofstream(root_ + "/" + std::string(worktree) + "/" + file) << text;
  return shell("cd '" + std::string(worktree) + "' && git add '" + file +
               "' && git -c user.name=T -c user.email=t@example.com commit -q -m 'change " + file +
               "' && git rev-parse HEAD");
}

std::vector<std::string> DeliveryWorld::kinds() const {
  std::vector<std::string> out;
  Position after;
  for (bool more = true; more;) {
    const auto page = workspace_->kernel().reader().page(after, 1000, journal::Reader::events({}));
    if (!page.ok()) break;
    for (const auto& item : page->items)
      if (const json::Value* event = item.value.find("event"))
        if (const std::string kind(json::string_or(*event, "kind", "")); kind.starts_with("software-delivery:"))
          out.push_back(kind.substr(18));
    more = page->next.has_value();
    if (more) after = *page->next;
  }
  return out;
}

bool DeliveryWorld::exists(const std::string& path) const { return fs::exists(fs::symlink_status(root_ + "/" + path)); }

std::string text(const json::Value& value, std::string_view pointer) {
  const json::Value* found = value.at_pointer(pointer);
  return found == nullptr || !found->is_string() ? std::string() : found->as_string();
}

}  // namespace lumenflow::delivery
