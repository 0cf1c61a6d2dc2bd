#include "workspace_node.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

#include "base/check.h"
#include "base/encoding.h"
#include "base/signing.h"
#include "base/ulid.h"
#include "journal/approvals.h"
#include "journal/commands.h"
#include "journal/tables.h"
#include "kernel/approval_tools.h"
#include "kernel/commands.h"
#include "kernel/device_tools.h"
#include "kernel/granted.h"
#include "log/pipelined_log.h"
#include "log/sqlite_log.h"
#include "pack/registry.h"
#include "sidecar/enrollment_tools.h"
#include "sidecar/token_tools.h"
#include "sidecar/uplink_host.h"
#include "tally_pack.h"

namespace lumenflow::sim {
namespace {

using std::chrono::milliseconds;

constexpr const char* kKeys = "/keys";
constexpr const char* kConductorFolder = "/conductor";
constexpr milliseconds kApprovalLife = std::chrono::hours(24);
constexpr milliseconds kLookAtEnrollment{1'000};
constexpr int kWalPages = 40;  // short, so that folding back is part of it

pack::Scope write_scope() {
  return *pack::parse_scope(json::Object{{"type", "path"}, {"pattern", "data/**"}, {"access", "write"}});
}

// The same for everybody: building it reads the manifest.
const std::shared_ptr<const pack::Registry>& registry() {
  static const std::shared_ptr<const pack::Registry> built = [] {
    static const std::map<std::string, json::Value> sections;
    pack::RegistryBuilder builder;
    builder.add_builtin(tally_pack());
    const auto anything = [](std::string_view) { return true; };
    const pack::Activation activation{anything, anything, sections};
    return std::shared_ptr<const pack::Registry>(builder.build(&activation));
  }();
  return built;
}

}  // namespace

// What reaches the engine. Outlives it in callbacks that come late.
struct WorkspaceNode::Mailbox {
  WorkspaceNode* node = nullptr;  // null: it is gone
  std::deque<uplink::EngineTask> tasks;
};

WorkspaceNode::WorkspaceNode(Machine& machine, Network& network, Trace& trace)
    : machine_(machine), network_(network), trace_(trace) {
  LUMENFLOW_CHECK(sidecar::create_keys(*machine_.files, kKeys, "").ok());
  LUMENFLOW_CHECK(machine_.files->make_directories(kConductorFolder, 0700).ok());
  LUMENFLOW_CHECK(machine_.files->make_directories("/blobs").ok());
}

Status WorkspaceNode::start() {
  machine_.disk.use();
  LUMENFLOW_TRY_ASSIGN(keys_, sidecar::load_keys(*machine_.files, kKeys));
  LUMENFLOW_TRY_ASSIGN(operator_key_, sidecar::unlock_operator_key(*machine_.files, kKeys, ""));
  life_ = machine_.scheduler.begin_life();
  executor_ = std::make_unique<SimExecutor>(machine_, life_, "workspace's task", Micros(3'000));
  executor_->around = [this](const std::function<void()>& task) {
    in_task_ = true;
    ring();  // what is queued goes before: the doorbell rings only where nothing is
    task();
    in_task_ = false;
  };
  beside_ = std::make_unique<SimExecutor>(machine_, life_, "workspace commits", Micros(3'000));
  LUMENFLOW_TRY(read_enrollment());
  LUMENFLOW_TRY(open_journal());
  LUMENFLOW_TRY(open_kernel());
  opened_ = true;
  LUMENFLOW_TRY(open_uplink());
  ring();
  return {};
}

// One that cannot be used, because the clock is off, is as none until it can be.
Status WorkspaceNode::read_enrollment() {
  enrollment_.reset();
  Result<conductor_link::Enrollment> found =
      conductor_link::load_enrollment(*machine_.files, kConductorFolder, machine_.name, machine_.clock.now());
  if (found.ok()) enrollment_ = *std::move(found);
  if (found.ok() || found.error().code() == ErrorCode::kNotFound) return {};
  if (found.error().code() != ErrorCode::kInvalidConfiguration) return found.error();
  trace_.line("  " + name() + " has no uplink");
  machine_.scheduler.after(kLookAtEnrollment, life_, "enrollment's timer", [this] { look_at_enrollment(); });
  return {};
}

// As the sidecar does: the clock may be right by now.
void WorkspaceNode::look_at_enrollment() {
  machine_.disk.use();
  if (!read_enrollment().ok() || !enrollment_) return;
  trace_.line("  " + name() + " has its uplink");
  if (!open_uplink().ok()) LUMENFLOW_CHECK(machine_.disk.dead());
}

Status WorkspaceNode::open_journal() {
  log::SqliteLogOptions options;
  options.path = "journal.db";
  options.new_log_id = make_ulid(machine_.clock.now(), machine_.random.draw16()).str();
  options.tables = journal::journal_tables();
  options.wal_pages = kWalPages;
  options.beside = beside_.get();
  LUMENFLOW_TRY_ASSIGN(log_, log::open_sqlite_log(options));
  log_ = log::make_pipelined_log(std::move(log_), machine_.draw.below(2), *beside_);
  if (const log::Condition condition = log_->condition(); condition.damaged)
    return Error(ErrorCode::kJournalDamaged, condition.what);
  return {};
}

Status WorkspaceNode::open_kernel() {
  blobs_ = std::make_unique<journal::BlobStore>(*machine_.files, "/blobs");
  kernel::KernelOptions options;
  options.config.id = WorkspaceId(machine_.name);
  options.config.allowed_scopes = {write_scope()};
  options.config.hash = std::string(64, '0');
  options.config.approval_providers = json::Object{
      {"*", json::Object{{"provider", "console"}, {"approvals", 1}, {"expires_ms", kApprovalLife.count()}}}};
  options.config.limits.rate_per_second = 1'000'000;
  options.config.limits.rate_burst = 1'000'000;
  options.registry = registry();
  options.workspace_root = "/ws";
  options.redaction_key = keys_.redaction_key;
  options.operator_public_pem = keys_.operator_public_pem;
  options.version = "simulated";
  options.outbox = sidecar::outbox_mode(options.config, enrollment_.has_value());
  options.doorbell = [this] { ring(); };
  LUMENFLOW_TRY_ASSIGN(options.kernel_tools, sidecar::make_token_tools(keys_, machine_.name));
  LUMENFLOW_TRY_ASSIGN(const auto approving, kernel::make_approval_tools());
  LUMENFLOW_TRY_ASSIGN(const auto devices, kernel::make_device_tools(machine_.name));
  LUMENFLOW_TRY_ASSIGN(const auto enrolling,
                       sidecar::make_enrollment_tools(*machine_.files, kConductorFolder, machine_.name));
  options.kernel_tools.insert(options.kernel_tools.end(), enrolling.begin(), enrolling.end());
  options.kernel_tools.insert(options.kernel_tools.end(), approving.begin(), approving.end());
  options.kernel_tools.insert(options.kernel_tools.end(), devices.begin(), devices.end());
  const kernel::KernelPorts ports{*log_, *blobs_, machine_.clock, machine_.random, *executor_, nullptr};
  LUMENFLOW_TRY_ASSIGN(kernel_, kernel::Kernel::open(ports, std::move(options)));
  if (!kernel_->journal_available()) return Error(ErrorCode::kJournalUnavailable, "the kernel opened for reading only");
  return {};
}

Status WorkspaceNode::open_uplink() {
  if (!enrollment_) return {};
  const conductor_link::Enrollment& enrollment = *enrollment_;
  keeper_ = std::make_unique<sidecar::KernelKeeper>(*kernel_);
  source_ = uplink::make_journal_source(*log_);
  engine_ = std::make_unique<uplink::Engine>(*source_, machine_.random);
  voice_ = std::make_unique<sidecar::WorkspaceVoice>(sidecar::VoiceParts{*log_, *kernel_, keys_, machine_.name});
  const json::Object tools{{"workspace_id", machine_.name}, {"registry_hash", "tally"}, {"tools", json::Array{}}};
  voice_->tell({"tally", json::serialize(json::Value(tools))});
  heads_ = std::make_unique<sidecar::JournalHeads>(sidecar::HeadParts{*log_, *kernel_, keys_.log_key, machine_.clock},
                                                   enrollment);
  grant_ = std::make_unique<sidecar::ConductorGrant>(
      sidecar::GrantParts{*log_, *kernel_, machine_.clock, machine_.name},
      [this](std::string token, std::string id) { account_->offer(std::move(token), std::move(id)); });
  account_ = std::make_unique<conductor_link::Account>(
      conductor_link::AccountParts{*machine_.files, machine_.clock, kConductorFolder, keys_.token_private_pem,
                                   keys_.token_key_id,
                                   [this](const std::string& token_id) { grant_->given(token_id); }},
      enrollment);
  grant_->look();
  conductor_link::LinkParts parts{*account_, [this] { return std::make_unique<SimLane>(network_, machine_, life_); },
                                  [this] {
                                    grant_->look();
                                    return voice_->vitals();
                                  },
                                  [log = log_.get()] { return log->head().log_id; }, heads_.get()};
  link_ = std::make_unique<conductor_link::HttpLink>(std::move(parts));
  errands_ = std::make_unique<conductor_link::ErrandList>(*account_, *link_, *voice_);
  kernel_->commands().on_reports([this] { wake_errands(); });
  mailbox_ = std::make_shared<Mailbox>();
  mailbox_->node = this;
  LUMENFLOW_TRY(engine_->start(now()));
  log_rung_ = true;  // so that it asks to be told
  wake_uplink();
  run_errands();
  return {};
}

void WorkspaceNode::end() {
  opened_ = false;  // nobody answers the doorbell any more
  machine_.scheduler.end_life(life_);
  if (kernel_ != nullptr) kernel_->commands().on_reports({});
  if (mailbox_ != nullptr) mailbox_->node = nullptr;
  mailbox_.reset();
  errands_.reset();
  link_.reset();
  grant_.reset();
  account_.reset();
  heads_.reset();
  voice_.reset();
  engine_.reset();
  source_.reset();
  keeper_.reset();
  kernel_.reset();
  log_.reset();
  blobs_.reset();
  executor_.reset();
  beside_.reset();
  life_ = kWorld;
  opened_ = in_task_ = in_strand_ = rung_ = strand_due_ = uplink_due_ = log_rung_ = false;
  errand_under_way_ = errands_rung_ = false;
  strand_at_ = {};
  uplink_at_ = {};
}

uplink::Millis WorkspaceNode::now() const {
  return std::chrono::duration_cast<uplink::Millis>(machine_.clock.monotonic());
}

// --- the strand ---

// A task that waits for the strand has it run here and now, until the journal has said what became of it; and what that
// leads to, because with something in the queue nobody would ring again.
void WorkspaceNode::ring() {
  rung_ = true;
  if (!opened_ || in_strand_) return;
  if (!in_task_) {
    if (std::exchange(strand_due_, true)) return;
    return machine_.scheduler.after(Micros(2), life_, "strand", [this] { run_strand(); });
  }
  in_strand_ = true;
  while (std::exchange(rung_, false)) {
    kernel_->run_pending();
    log_->settle();
  }
  in_strand_ = false;
  arrange_strand();
}

void WorkspaceNode::run_strand() {
  strand_due_ = rung_ = false;
  in_strand_ = true;
  kernel_->run_pending();
  in_strand_ = false;
  if (rung_) ring();
  arrange_strand();
}

void WorkspaceNode::arrange_strand() {
  const std::optional<std::chrono::nanoseconds> deadline = kernel_->next_deadline();
  if (!deadline) return;
  const std::chrono::nanoseconds at = machine_.clock.monotonic();
  if (strand_at_ > at && strand_at_ <= *deadline) return;
  strand_at_ = *deadline;
  const Micros delay = std::chrono::duration_cast<Micros>(*deadline - at) + Micros(1);
  machine_.scheduler.after(delay, life_, "strand's deadline", [this] { run_strand(); });
}

void WorkspaceNode::submit(std::string_view tool, json::Value input, const std::string& key, kernel::Completion done) {
  static const auto credential = [] {
    auto made = std::make_shared<kernel::Credential>();  // shared: see Call::credential
    made->subject = Subject("local:sim");
    made->scopes = {"workspace", "tools:admin"};
    made->operator_key = true;
    return std::shared_ptr<const kernel::Credential>(made);
  }();
  submit_as(tool, std::move(input), key, credential, std::move(done));
}

void WorkspaceNode::submit_as(std::string_view tool, json::Value input, const std::string& key,
                              std::shared_ptr<const kernel::Credential> credential, kernel::Completion done) {
  kernel::Call call;
  call.tool = tool;
  call.input = std::move(input);
  call.credential = std::move(credential);
  call.surface = kernel::Surface::kSocket;
  call.idempotency_key = key;
  LUMENFLOW_CHECK(kernel_->submit(std::move(call), std::move(done)).ok());
}

bool WorkspaceNode::decide(std::string_view tool, bool approve) {
  machine_.disk.use();
  const auto tables = log_->snapshot();
  if (!tables.ok()) return false;
  const auto open = journal::open_approvals(**tables, "", 100);
  if (!open.ok()) return false;
  const auto found = std::ranges::find_if(
      open->items, [&](const journal::ParkedCall& parked) { return tool.empty() || parked.tool == tool; });
  if (found == open->items.end()) return false;
  auto credential = std::make_shared<kernel::Credential>();  // shared: see Call::credential
  credential->subject = Subject(machine_.name + ":local:ana");
  credential->scopes = {"approvals:decide"};
  credential->operator_key = true;
  const journal::ApprovalDecision said{approve, credential->subject.str(), "", machine_.clock.now(), {}};
  const auto signature = p256_sign(journal::approval_statement(*found, said), operator_key_);
  LUMENFLOW_CHECK(signature.ok());
  submit_as(approve ? "kernel:approve" : "kernel:deny",
            json::Object{{"approval_id", found->approval_id()},
                         {"decided_at", format_rfc3339(said.decided_at)},
                         {"signature", to_base64url(*signature)}},
            "", std::move(credential), [](const kernel::CallResult&) {});
  return true;
}

// --- the uplink ---

void WorkspaceNode::wake_uplink() {
  if (std::exchange(uplink_due_, true)) return;
  machine_.scheduler.after(Micros(3), life_, "uplink", [this] { run_uplink(); });
}

void WorkspaceNode::run_uplink() {
  uplink_due_ = false;
  const auto post = [box = mailbox_](uplink::EngineTask task) {
    if (box->node == nullptr) return;
    box->tasks.push_back(std::move(task));
    box->node->wake_uplink();
  };
  if (std::exchange(log_rung_, false))
    log_->wait(Position(source_->end()), [box = std::weak_ptr<Mailbox>(mailbox_)] {
      const auto alive = box.lock();
      if (alive == nullptr || alive->node == nullptr) return;
      alive->node->log_rung_ = true;
      alive->node->wake_uplink();
    });
  for (const uplink::EngineTask& task : std::exchange(mailbox_->tasks, {})) task(*engine_, now());
  engine_->step(now());
  for (uplink::Action& action : engine_->take_actions()) uplink::carry_out(std::move(action), *link_, *keeper_, post);
  const uplink::EngineState state = engine_->state();
  if (std::string connection(uplink::name(state.connection)); connection != last_connection_)
    trace_.line("  " + name() + " is " + (last_connection_ = std::move(connection)));
  if (const auto wake = engine_->next_wake()) {
    const Micros at = std::max(Micros(*wake), machine_.scheduler.now() + Micros(1));
    if (uplink_at_ > machine_.scheduler.now() && uplink_at_ <= at) return;
    uplink_at_ = at;
    machine_.scheduler.after(at - machine_.scheduler.now(), life_, "uplink's timer", [this] { wake_uplink(); });
  }
}

// --- the errands ---

void WorkspaceNode::wake_errands() {
  errands_rung_ = true;
  if (errand_under_way_ || !errands_->all()) return;
  const std::uint64_t wake = ++errand_wakes_;
  machine_.scheduler.after(Micros(5), life_, "errands", [this, wake] {
    if (wake == errand_wakes_) run_errands();
  });
}

void WorkspaceNode::run_errands() {
  errands_rung_ = false;
  if (errand_under_way_) return;
  if (std::optional<http::ClientRequest> request = errands_->next()) {
    errand_under_way_ = true;
    const Micros timeout = request->timeout.value_or(std::chrono::seconds(10));
    network_.ask(name(), life_, *std::move(request), timeout, [this](Result<http::ClientResponse> response) {
      errand_under_way_ = false;
      errands_->heard(std::move(response));
      run_errands();
    });
    return;
  }
  if (errands_rung_ && errands_->all()) return wake_errands();
  const std::uint64_t wake = ++errand_wakes_;
  machine_.scheduler.after(errands_->pause(), life_, "errands' timer", [this, wake] {
    if (wake == errand_wakes_) run_errands();
  });
}

// --- enrolling ---

json::Object WorkspaceNode::enrollment(const std::string& ticket, const std::string& conductor_token) const {
  return {{"ticket", ticket},
          {"kind", "workspace"},
          {"workspace_id", machine_.name},
          {"public_key", keys_.token_public_pem},
          {"log_id", log_->head().log_id},
          {"log_key", to_base64(keys_.log_key.public_key)},
          {"token", conductor_token}};
}

// --- at rest ---

std::string WorkspaceNode::unrest() const {
  if (!running()) return "it does not run";
  if (!kernel_->journal_available()) return "its journal is unavailable";
  if (kernel_->running() > 0) return "a call runs";
  if (engine_ == nullptr) return {};
  if (kernel_->outbox().events() > 0) return "events wait in the outbox; " + engine_->state().last_error;
  if (engine_->keeping()) return "the uplink writes";
  if (engine_->state().connection != uplink::Connection::kConnected)
    return "it is not connected: " + engine_->state().last_error;
  for (const auto& backlog : kernel_->handler_backlogs())
    if (backlog.waiting > 0) return "events wait for handlers";
  const auto reports = journal::command_reports(log_->tables(), Position(), 1);
  if (!reports.ok()) return reports.error().to_string();
  if (!reports->empty()) return "what became of a command is not said yet";
  return {};
}

bool WorkspaceNode::at_rest() const { return unrest().empty(); }

}  // namespace lumenflow::sim
