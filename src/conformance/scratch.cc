#include "conformance/scratch.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "conformance/draw.h"
#include "event/event.h"
#include "journal/entry.h"
#include "journal/tables.h"

namespace lumenflow::conformance {
namespace {

constexpr std::size_t kEntriesMax = 1'000'000;
constexpr std::size_t kBytesMax = 1u << 30;
// Runs what it is given in its turn among everything else.
class InTurn final : public Executor {
 public:
  explicit InTurn(Executor& all) : all_(all) {}
  bool post(std::function<void()> task) override { return all_.post(std::move(task)); }

 private:
  Executor& all_;
};

constexpr Timestamp kEventTime{1'772'362'800'000};  // 2026-03-01T11:00:00Z, before the workspace's first moment

std::vector<pack::Scope> all_scopes() {
  std::vector<pack::Scope> scopes;
  for (const char* access : {"read", "write"})
    scopes.push_back(*pack::parse_scope(json::Object{{"type", "path"}, {"pattern", "**"}, {"access", access}}));
  return scopes;
}

kernel::WorkspaceConfig scratch_config() {
  kernel::WorkspaceConfig config;
  config.id = WorkspaceId("ws-conformance");
  config.allowed_scopes = all_scopes();
  config.network = *pack::parse_scope(json::Object{{"type", "network"}, {"posture", "full"}});
  config.default_decision = kernel::Decision::kAllow;
  config.hash = std::string(64, '0');
  return config;
}

}  // namespace

Scratch::Scratch(PackUnderTest& pack, Observed& seen, std::string folder, std::uint64_t seed)
    : pack_(pack),
      seen_(seen),
      folder_(std::move(folder)),
      root_(join_path(folder_, "workspace")),
      seed_(seed),
      random_(seed),
      hosted_executor_(std::make_shared<InTurn>(executor_)),
      blob_files_(make_memory_files()),
      blobs_(*blob_files_, "/blobs"),
      log_(log::make_faulty_log(log::make_memory_log("01CONFORMANCE"), faults_)) {}

Scratch::~Scratch() {
  kernel_.reset();
  executor_ = ManualExecutor();
  registry_.reset();
}

Result<std::unique_ptr<Scratch>> Scratch::open(PackUnderTest& pack, Observed& seen, const std::string& folder,
                                               std::uint64_t seed) {
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  std::filesystem::create_directories(join_path(folder, "workspace"), error);
  if (error) return Error(ErrorCode::kIo, "no folder for the workspace: " + error.message());
  std::unique_ptr<Scratch> scratch(new Scratch(pack, seen, folder, seed));
  LUMENFLOW_TRY(scratch->blob_files_->make_directories("/blobs"));
  LUMENFLOW_TRY(scratch->start_code());
  LUMENFLOW_TRY(scratch->open_kernel());
  scratch->settle();
  return scratch;
}

Status Scratch::start_code() {
  registry_.reset();
  registry_ = pack_.start(
      [this](pack::Registration& own, pack::Registration& host) { observe(own, seen_, host, hosted_executor_); });
  if (registry_->packs().empty())
    return Error(ErrorCode::kInvalidConfiguration, "\n" + pack::render_text(registry_->diagnostics(), false));
  pack::LoadedPack& pack = *registry_->packs().front();
  pack.timers.push_back(probe_timer(seen_));
  // Nobody is there to be asked, and what only other packs may call is tested too.
  pack.manifest.handler_approvals.clear();
  for (const auto& tool : registry_->tools()) {
    tool->descriptor.required_approvals.clear();
    tool->descriptor.internal_only = false;
  }
  return {};
}

Status Scratch::open_kernel() {
  kernel::KernelOptions options;
  options.config = scratch_config();
  options.registry = registry_;
  options.workspace_root = root_;
  options.redaction_key = std::string(32, 'k');
  options.version = "conformance";
  options.outbox = kernel::OutboxMode::kNone;
  // A task that waits for the strand runs it here and now, and the tools that it calls in turn.
  options.doorbell = [this, own = std::this_thread::get_id()] {
    if (!in_task_ || std::this_thread::get_id() != own) return;
    do kernel_->run_pending();
    while (executor_.run_one());
  };
  const kernel::KernelPorts ports{*log_, blobs_, clock_, random_, executor_, nullptr};
  LUMENFLOW_TRY_ASSIGN(kernel_, kernel::Kernel::open(ports, std::move(options)));
  return {};
}

void Scratch::settle() {
  const auto run_one = [this] {
    in_task_ = true;
    const bool ran = executor_.run_one();
    in_task_ = false;
    return ran;
  };
  do kernel_->run_pending();
  while (run_one());
  kernel_->run_pending();
}

Status Scratch::reopen(Code code) {
  settle();
  kernel_.reset();
  if (code == Code::kStartsAnew) LUMENFLOW_TRY(start_code());
  LUMENFLOW_TRY(open_kernel());
  settle();
  return {};
}

Status Scratch::crash() {
  kernel_.reset();
  log_->rollback();
  executor_ = ManualExecutor();
  faults_ = {};
  return start_code();
}

kernel::CallResult Scratch::call(const std::string& tool, json::Value input) {
  const pack::ActiveTool* active = registry_->find(tool);
  auto credential = std::make_shared<kernel::Credential>();  // shared, as the kernel takes it
  credential->subject = Subject("ws-conformance:test");
  credential->scopes = {"workspace"};
  if (active != nullptr) credential->scopes.push_back(active->descriptor.scope);
  kernel::Call call;
  call.tool = tool;
  call.input = std::move(input);
  call.credential = std::move(credential);
  std::optional<kernel::CallResult> result;
  const Status taken = kernel_->submit(std::move(call), [&result](const kernel::CallResult& done) { result = done; });
  settle();
  if (result) return *std::move(result);
  kernel::CallResult lost;
  lost.outcome = journal::Outcome::kUnknown;
  lost.body = taken.ok() ? "the call was not answered" : taken.error().message();
  return lost;
}

void Scratch::set_moment(std::uint64_t moment) {
  clock_.set_wall(ManualClock().now() + std::chrono::minutes(static_cast<std::int64_t>(moment)));
  random_ = SeededRandom(seed_for(seed_, "moment " + std::to_string(moment)));
}

// Written beside the kernel while that is closed, as an uplink's intake would have done in time.
Status Scratch::put_event(const TestEvent& test) {
  event::BuildOptions build;
  build.timestamp = kEventTime + std::chrono::seconds(static_cast<std::int64_t>(test.number));
  build.entropy = SeededRandom(seed_for(test.number, test.kind)).draw16();
  LUMENFLOW_TRY_ASSIGN(const event::Event built, event::build_kernel_event_v2(test.kind, test.payload, build));
  event::Stamp stamp;
  stamp.from = "ws-conformance:phone:test";
  stamp.stream = kTestStream;
  stamp.seq = ++events_;
  stamp.queue_seq = events_;
  stamp.emitted_at = clock_.now();
  log::Row row;
  row.entries.push_back(journal::encode_event(built, stamp, event::EventClass::kQueue));
  if (Result<Position> at = log_->append(std::move(row)); !at.ok()) return std::move(at).error();
  LUMENFLOW_TRY(log_->put(journal::kStreamsTable, kTestStream, journal::encode(journal::StreamHead{events_, events_})));
  return log_->commit();
}

Result<Delivered> Scratch::deliver(const TestEvent& event, std::uint64_t moment) {
  settle();
  kernel_.reset();
  LUMENFLOW_TRY(put_event(event));
  LUMENFLOW_TRY_ASSIGN(const std::vector<json::Value> before, entries());
  set_moment(moment);
  LUMENFLOW_TRY(open_kernel());
  settle();
  return outcome_since(before.size());
}

Result<Delivered> Scratch::deliver_and_crash(const TestEvent& event, std::uint64_t moment, std::uint64_t moment_after) {
  settle();
  kernel_.reset();
  LUMENFLOW_TRY(put_event(event));
  LUMENFLOW_TRY_ASSIGN(const std::vector<json::Value> before, entries());
  set_moment(moment);
  seen_.handler_returned = [this] { faults_.fail_commit = true; };
  Status opened = open_kernel();
  if (opened.ok()) settle();
  seen_.handler_returned = nullptr;
  LUMENFLOW_TRY(crash());
  LUMENFLOW_TRY(opened);
  set_moment(moment_after);
  LUMENFLOW_TRY(open_kernel());
  settle();
  return outcome_since(before.size());
}

Status Scratch::forget_replays() {
  settle();
  kernel_.reset();
  for (const std::string_view table : {journal::kReplayKeysTable, journal::kReplayKeyIndexTable}) {
    LUMENFLOW_TRY_ASSIGN(const auto rows, log_->tables().scan(table, "", "", SIZE_MAX));
    for (const log::KeyValue& row : rows) LUMENFLOW_TRY(log_->erase(table, row.key));
  }
  LUMENFLOW_TRY(log_->commit());
  LUMENFLOW_TRY(open_kernel());
  settle();
  return {};
}

Result<std::vector<json::Value>> Scratch::entries() const {
  LUMENFLOW_TRY_ASSIGN(const auto rows, log_->read(Position(0), kEntriesMax, kBytesMax));
  std::vector<json::Value> out;
  for (const log::StoredRow& row : rows)
    for (const std::string& bytes : row.entries) {
      LUMENFLOW_TRY_ASSIGN(json::Value entry, journal::decode(bytes));
      out.push_back(std::move(entry));
    }
  return out;
}

Result<Delivered> Scratch::outcome_since(std::size_t entries_before) const {
  LUMENFLOW_TRY_ASSIGN(const std::vector<json::Value> all, entries());
  Delivered delivered;
  for (std::size_t i = entries_before; i < all.size(); ++i)
    if (journal::type_of(all[i]) == "handler.done" && json::string_or(all[i], "stream", "") == kTestStream)
      delivered = {std::string(json::string_or(all[i], "outcome", "")),
                   std::string(json::string_or(all[i], "error", ""))};
  return delivered;
}

Result<std::vector<json::Value>> Scratch::emitted() const {
  const std::vector<std::string>& own = pack().manifest.emitted_event_kinds;
  LUMENFLOW_TRY_ASSIGN(const std::vector<json::Value> all, entries());
  std::vector<json::Value> out;
  for (const json::Value& entry : all) {
    const json::Value* envelope = entry.find("event");
    if (envelope == nullptr || json::string_or(*envelope, "channel", "") == kTestStream) continue;
    const std::string_view kind = json::string_or(*envelope, "kind", "");
    if (std::ranges::find(own, kind) != own.end()) out.push_back(*envelope);
  }
  return out;
}

Result<Tree> Scratch::tree() const { return read_tree(folder_); }

Result<State> Scratch::state() const {
  State state;
  const std::string prefix = journal::store_key(pack().manifest.id, "");
  LUMENFLOW_TRY_ASSIGN(const auto snapshot, log_->snapshot());
  LUMENFLOW_TRY_ASSIGN(const auto rows, snapshot->scan(journal::kStoreTable, prefix, "", SIZE_MAX));
  for (const log::KeyValue& row : rows) state.store[row.key.substr(prefix.size())] = row.value;
  LUMENFLOW_TRY_ASSIGN(state.files, read_tree(root_));
  LUMENFLOW_TRY_ASSIGN(const std::vector<json::Value> events, emitted());
  for (const json::Value& event : events) {
    const json::Value* payload = event.find("payload");
    state.events.push_back(std::string(json::string_or(event, "kind", "")) + " " +
                           (payload == nullptr ? std::string() : json::serialize(*payload)));
  }
  std::ranges::sort(state.events);
  return state;
}

}  // namespace lumenflow::conformance
