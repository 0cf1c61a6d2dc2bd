#include "process.h"

#include <atomic>
#include <thread>
#include <utility>
#include <variant>

#include "journal/tables.h"
#include "ledger_pack.h"
#include "log/pipelined_log.h"
#include "log/sqlite_log.h"
#include "pack/registry.h"

namespace lumenflow::crash {
namespace {

using std::chrono::milliseconds;

constexpr int kRoundsToRest = 400;

pack::Scope write_scope() {
  return *pack::parse_scope(json::Object{{"type", "path"}, {"pattern", "data/**"}, {"access", "write"}});
}

// The same for every life: building it reads the manifest.
const std::shared_ptr<const pack::Registry>& registry() {
  static const std::shared_ptr<const pack::Registry> built = [] {
    static const std::map<std::string, json::Value> sections;
    pack::RegistryBuilder builder;
    builder.add_builtin(ledger_pack());
    const auto anything = [](std::string_view) { return true; };
    const pack::Activation activation{anything, anything, sections};
    return std::shared_ptr<const pack::Registry>(builder.build(&activation));
  }();
  return built;
}

}  // namespace

Result<std::unique_ptr<Process>> Process::start(World& world) {
  ledger_memory() = {};
  std::unique_ptr<Process> process(new Process(world));
  LUMENFLOW_TRY(process->open());
  return process;
}

Process::~Process() { executor_ = ManualExecutor(); }  // what waits there is of nobody any more

Status Process::open() {
  LUMENFLOW_TRY(world_.files->make_directories("/blobs"));
  log::SqliteLogOptions options;
  options.path = world_.folder + "journal.db";
  options.new_log_id = "01TESTLOG";
  options.tables = journal::journal_tables();
  options.wal_pages = world_.wal_pages;
  LUMENFLOW_TRY_ASSIGN(log_, log::open_sqlite_log(options));
  if (world_.pipelined) log_ = log::make_pipelined_log(std::move(log_));
  if (const log::Condition condition = log_->condition(); condition.damaged)
    return Error(ErrorCode::kJournalDamaged, condition.what);
  LUMENFLOW_TRY(open_kernel());
  return open_uplink();
}

Status Process::open_kernel() {
  kernel::KernelOptions options;
  options.config.id = WorkspaceId("ws-42");
  options.config.allowed_scopes = {write_scope()};
  options.config.hash = std::string(64, '0');
  options.config.limits.rate_per_second = 1'000'000;
  options.config.limits.rate_burst = 1'000'000;
  options.registry = registry();
  options.workspace_root = "/ws";
  options.redaction_key = std::string(32, 'k');
  options.version = "test";
  options.outbox = kernel::OutboxMode::kWaits;
  options.doorbell = [this, own = std::this_thread::get_id()] {
    rung_ = true;
    if (std::this_thread::get_id() == own && in_task_) ring();
  };
  const kernel::KernelPorts ports{*log_, blobs_, world_.clock, world_.random, executor_, nullptr};
  LUMENFLOW_TRY_ASSIGN(kernel_, kernel::Kernel::open(ports, std::move(options)));
  if (!kernel_->journal_available()) return Error(ErrorCode::kJournalUnavailable, "the kernel opened for reading only");
  return {};
}

Status Process::open_uplink() {
  LUMENFLOW_TRY_ASSIGN(inbox_, uplink::open_inbox(world_.folder + "inbox.db", "01INBOX"));
  LUMENFLOW_TRY_ASSIGN(link_, uplink::LoopbackLink::open(*inbox_, "ws-42"));
  source_ = uplink::make_journal_source(*log_);
  engine_ = std::make_unique<uplink::Engine>(*source_, world_.random);
  return engine_->start(now());
}

bool Process::say(std::int64_t n) {
  event::BuildOptions options;
  options.timestamp = world_.clock.now();
  options.entropy = world_.random.draw16();
  const event::Event event =
      event::build_from_canonical(kAsked, R"({"command_id":")" + std::to_string(n) + R"(","reason":"late"})", options);
  return link_->put_in(event, {"ws-42:conductor", "bridge:loopback", 0, {}, options.timestamp, {}, {}}).ok();
}

// A task waits for the strand: it runs here and now, until the journal has said what became of it.
// What that leads to is done too: with something in the queue, nobody would ring for what comes next.
void Process::ring() {
  do {
    rung_ = false;
    kernel_->run_pending();
    log_->settle();
  } while (rung_);
}

uplink::Millis Process::now() const { return std::chrono::duration_cast<uplink::Millis>(world_.clock.monotonic()); }

void Process::submit(std::string_view tool, std::int64_t n, const std::string& key, kernel::Completion done) {
  static const auto credential = [] {
    auto made = std::make_shared<kernel::Credential>();
    made->subject = Subject("ws-42:test");
    made->scopes = {"workspace"};
    return std::shared_ptr<const kernel::Credential>(made);
  }();
  kernel::Call call;
  call.tool = tool;
  json::Object input{{"n", n}};
  if (!key.empty()) input.set("key", key);
  call.input = std::move(input);
  call.credential = credential;
  if (const Status taken = kernel_->submit(std::move(call), std::move(done)); !taken.ok()) std::abort();
}

void Process::settle() {
  const auto run_task = [this] {
    in_task_ = true;
    const bool ran = executor_.run_one();
    in_task_ = false;
    return ran;
  };
  bool more = true;
  while (more) {
    ring();
    more = run_task();
    more = run_engine() || more;
  }
  ring();
}

bool Process::run_engine() {
  for (const auto& [id, answer] : std::exchange(fetched_, {})) engine_->heard_fetch(id, answer, now());
  engine_->step(now());
  const std::vector<uplink::Action> actions = engine_->take_actions();
  for (const uplink::Action& action : actions) carry_out(action);
  return !actions.empty();
}

void Process::carry_out(const uplink::Action& action) {
  const uplink::Refusal refusal{Error(ErrorCode::kUnreachable, "nobody there"), {}};
  if (const auto* hello = std::get_if<uplink::SayHello>(&action)) {
    uplink::HelloAnswer answer{refusal, {}};
    if (connected) link_->hello(hello->hello, [&answer](uplink::HelloAnswer heard) { answer = std::move(heard); });
    engine_->heard_hello(hello->id, answer, now());
  } else if (const auto* send = std::get_if<uplink::SendBatch>(&action)) {
    uplink::SendAnswer answer{refusal, {}};
    if (connected) link_->send(send->batch, [&answer](uplink::SendAnswer heard) { answer = std::move(heard); });
    engine_->heard_batch(send->id, answer, now());
  } else if (const auto* beat = std::get_if<uplink::SendHeartbeat>(&action)) {
    uplink::HeartbeatAnswer answer{refusal};
    if (connected)
      link_->heartbeat(beat->session, [&answer](uplink::HeartbeatAnswer heard) { answer = std::move(heard); });
    engine_->heard_heartbeat(beat->id, answer, now());
  } else if (const auto* ask = std::get_if<uplink::AskForMore>(&action)) {
    const auto heard = [this, id = ask->id](const uplink::FetchAnswer& answer) { fetched_.emplace_back(id, answer); };
    if (connected) link_->fetch(ask->fetch, heard);
  } else if (const auto* received = std::get_if<uplink::KeepReceived>(&action)) {
    kernel_->receive(*received->batch,
                     [this, id = received->id](const Status& status) { engine_->kept(id, status, now()); });
  } else if (const auto* ack = std::get_if<uplink::KeepAcknowledged>(&action)) {
    keep(ack->id, [what = *ack](journal::Outbox& outbox) { return outbox.acknowledge(what.stream, what.to); });
  } else if (const auto* dead = std::get_if<uplink::KeepDeadLetter>(&action)) {
    keep(dead->id, [what = *dead](journal::Outbox& outbox) {
      return outbox.dead_letter(what.stream, what.position, what.reason);
    });
  } else if (const auto* settle = std::get_if<uplink::KeepSettlement>(&action)) {
    keep(settle->id, [what = settle->settlement](journal::Outbox& outbox) {
      return outbox.settle(what.stream, what.mark, what.dropped);
    });
  }
}

void Process::keep(std::uint64_t id, std::function<Status(journal::Outbox&)> change) {
  kernel_->change_outbox(std::move(change), [this, id](const Status& status) { engine_->kept(id, status, now()); });
}

void Process::pass(milliseconds time) {
  constexpr milliseconds kPiece{500};
  while (time.count() > 0) {
    world_.clock.advance(std::min(time, kPiece));
    time -= kPiece;
    settle();
  }
}

bool Process::anything_left() const {
  if (!kernel_->journal_available() || kernel_->outbox().events() > 0 || engine_->keeping()) return true;
  if (engine_->state().connection != uplink::Connection::kConnected) return true;
  const auto inbound = journal::inbound_at(log_->tables());
  if (!inbound.ok() || inbound->position < link_->put_in_to()) return true;
  for (const auto& backlog : kernel_->handler_backlogs())
    if (backlog.waiting > 0) return true;
  return false;
}

// Writes down one step of the account of ephemerals; whether there was one.
bool Process::settle_account() {
  engine_->settle_all();
  const std::vector<uplink::Action> actions = engine_->take_actions();
  for (const uplink::Action& action : actions) carry_out(action);
  settle();
  return !actions.empty() || anything_left();
}

bool Process::come_to_rest() {
  settle();
  for (int round = 0; round < kRoundsToRest; ++round) {
    pass(milliseconds(round < 40 ? 25 : 1'000));
    if (round % 4 != 3 || anything_left()) continue;
    if (!settle_account()) return true;
  }
  return false;
}

}  // namespace lumenflow::crash
