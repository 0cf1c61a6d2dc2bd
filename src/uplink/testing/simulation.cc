#include "uplink/testing/simulation.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "base/check.h"
#include "journal/entry.h"
#include "journal/tables.h"

namespace lumenflow::uplink::testing {
namespace {

constexpr Millis kHealingMax{600'000};
constexpr std::array<std::string_view, 2> kStreams = {"sidecar", "bridge:irc"};

}  // namespace

Simulation::Simulation(const SimulationOptions& options)
    : options_(options),
      dice_(options.seed),
      random_(options.seed),
      log_(log::make_memory_log("log-a")),
      outbox_(*log_),
      inbound_(*log_, "ws-42") {
  LUMENFLOW_CHECK(inbound_.load().ok() && outbox_.load().ok() && outbox_.enable(Position(0)).ok());
  LUMENFLOW_CHECK(outbox_.flush().ok() && log_->commit().ok());
  source_ = make_journal_source(*log_);
}

Simulation::~Simulation() = default;

bool Simulation::chance(double probability) {
  return std::uniform_real_distribution<double>(0, 1)(dice_) < probability;
}

Millis Simulation::some_time(Millis most) {
  return Millis(std::uniform_int_distribution<std::int64_t>(0, most.count())(dice_));
}

void Simulation::at(Millis when, std::function<void()> run) { events_.push({when, order_++, std::move(run)}); }

void Simulation::schedule_faults() {
  for (std::size_t i = 0; i < options_.emissions; ++i) at(some_time(options_.duration), [this] { emit(); });
  for (std::size_t i = 0; i < options_.commands; ++i) at(some_time(options_.duration), [this] { say(); });
  for (int i = 0; i < options_.workspace_crashes; ++i) at(some_time(options_.duration), [this] { start_engine(); });
  for (int i = 0; i < options_.peer_crashes; ++i) at(some_time(options_.duration), [this] { peer_.restart(); });
  for (Millis from{0}; from < options_.duration;) {
    const Millis length = some_time(chance(0.3) ? Millis(15'000) : Millis(3'000));
    if (chance(options_.partitions)) {
      at(from, [this] { partitioned_ = true; });
      at(from + length, [this] { partitioned_ = false; });
    }
    from += length + Millis(1);
  }
  at(options_.duration, [this] { partitioned_ = false; });
}

void Simulation::emit() {
  const std::string stream(kStreams[chance(0.8) ? 0 : 1]);
  const bool queued = chance(0.4);
  journal::StreamHead& head = heads_[stream];
  event::BuildOptions options;
  options.timestamp = Timestamp{1'772'366'400'000 + now_.count()};
  options.entropy = random_.draw16();
  const std::string kind = queued ? "acme-demo:asked" : (chance(0.5) ? "acme-demo:seen" : "acme-demo:done");
  const event::Event event =
      event::build_from_canonical(kind, chance(options_.poison) ? R"({"poison":true})" : R"({"n":1})", options);
  event::Stamp stamp{"ws-42", stream, ++head.seq, {}, options.timestamp, {}, {}};
  if (queued) stamp.queue_seq = ++head.queue_seq;
  const auto event_class = queued ? event::EventClass::kQueue : event::EventClass::kEphemeral;
  const std::string entry = journal::encode_event(event, stamp, event_class);
  const Position position = *log_->append({{R"({"receipt_id":"r","type":"call.started"})", entry}, {}});
  if (queued)
    LUMENFLOW_CHECK(
        outbox_.add(stream, position.next(), {head.seq, head.queue_seq, entry.size(), stamp.emitted_at}).ok());
  LUMENFLOW_CHECK(log_->put(journal::kStreamsTable, stream, journal::encode(head)).ok());
  LUMENFLOW_CHECK(outbox_.flush().ok() && log_->commit().ok());
  emitted_[stream].push_back({head.seq, queued ? head.queue_seq : 0, kind});
  engine_->step(now_);
}

void Simulation::say() {
  event::BuildOptions options;
  options.timestamp = Timestamp{1'772'366'400'000 + now_.count()};
  options.entropy = random_.draw16();
  const std::uint64_t number = peer_.said() + 1;
  const event::Event event =
      event::build_from_canonical("conductor:command_cancelled",
                                  R"({"command_id":"c-)" + std::to_string(number) + R"(","reason":"late"})", options);
  std::string text;
  event::append_envelope(event, {"ws-42:conductor", "bridge:page", number, number, options.timestamp, {}, {}}, text);
  peer_.say(std::move(text));
}

// The process ends and starts again: what was committed is there, nothing else.
void Simulation::start_engine() {
  ++life_;
  keeper_busy_until_ = now_;
  log_->rollback();
  LUMENFLOW_CHECK(outbox_.load().ok() && inbound_.load().ok());
  engine_ = std::make_unique<Engine>(*source_, random_, options_.limits);
  LUMENFLOW_CHECK(engine_->start(now_).ok());
  engine_->step(now_);
}

PeerFaults Simulation::faults() {
  PeerFaults faults;
  if (healed() || !chance(options_.peer_faults)) return faults;
  const int which = std::uniform_int_distribution<int>(0, 4)(dice_);
  faults.half = which == 0;
  faults.busy = which == 1;
  faults.expired = which == 2;
  faults.acks_beyond = options_.lies && which == 3;
  faults.wrong_after = options_.lies && which == 4;
  faults.acks_lost = options_.loses_acknowledged && which == 3;
  return faults;
}

// There and back over the network; what is lost never comes back, what is doubled is answered once.
template <class Answer>
void Simulation::exchange(std::function<Answer()> ask, std::function<void(const Answer&)> tell) {
  const auto lost = [this] { return !healed() && (partitioned_ || chance(options_.lose)); };
  const int copies = !healed() && chance(options_.duplicate) ? 2 : 1;
  const auto answered = std::make_shared<bool>(false);
  for (int copy = 0; copy < copies; ++copy) {
    if (lost()) continue;
    at(now_ + some_time(options_.delay_max), [this, ask, tell, lost, answered, life = life_] {
      const Answer answer = ask();
      if (lost()) return;
      at(now_ + some_time(options_.delay_max), [this, answer, tell, answered, life] {
        if (life != life_ || std::exchange(*answered, true)) return;
        tell(answer);
      });
    });
  }
}

// The journal's strand: in order, each in a commit of its own, and sometimes the disk refuses.
void Simulation::keep(std::uint64_t id, std::function<Status()> write) {
  keeper_busy_until_ = std::max(keeper_busy_until_, now_) + some_time(Millis(20));
  at(keeper_busy_until_, [this, id, write, life = life_] {
    if (life != life_) return;
    Status status =
        !healed() && chance(options_.keeper_fails) ? Status(Error(ErrorCode::kJournalUnavailable, "full")) : write();
    if (status.ok()) status = outbox_.flush();
    if (status.ok()) status = log_->commit();
    if (!status.ok()) {
      log_->rollback();
      LUMENFLOW_CHECK(outbox_.load().ok() && inbound_.load().ok());
    }
    engine_->kept(id, status, now_);
  });
}

void Simulation::note_sent(const Batch& batch) {
  for (const std::string& text : batch.events) {
    const json::Value event = *json::parse(text);
    const auto seq = static_cast<std::uint64_t>(json::integer_or(event, "seq", 0));
    if (event.find("queue_seq") == nullptr && !ephemerals_sent_.emplace(batch.stream, seq).second)
      fault_ = "ephemeral " + std::to_string(seq) + " was sent twice";
  }
}

void Simulation::carry_out(Action action) {
  if (const auto* hello = std::get_if<SayHello>(&action)) {
    exchange<HelloAnswer>(
        [this, what = hello->hello] { return peer_.hello(what, faults()); },
        [this, id = hello->id](const HelloAnswer& answer) { engine_->heard_hello(id, answer, now_); });
  } else if (const auto* send = std::get_if<SendBatch>(&action)) {
    note_sent(*send->batch);
    exchange<SendAnswer>([this, batch = send->batch] { return peer_.send(*batch, faults()); },
                         [this, id = send->id](const SendAnswer& answer) { engine_->heard_batch(id, answer, now_); });
  } else if (const auto* beat = std::get_if<SendHeartbeat>(&action)) {
    exchange<HeartbeatAnswer>(
        [this, session = beat->session] { return peer_.heartbeat(session, faults()); },
        [this, id = beat->id](const HeartbeatAnswer& answer) { engine_->heard_heartbeat(id, answer, now_); });
  } else if (const auto* ask = std::get_if<AskForMore>(&action)) {
    exchange<FetchAnswer>([this, what = ask->fetch] { return peer_.fetch(what, faults()); },
                          [this, id = ask->id](const FetchAnswer& answer) { engine_->heard_fetch(id, answer, now_); });
  } else if (const auto* received = std::get_if<KeepReceived>(&action)) {
    keep(received->id, [this, batch = received->batch]() -> Status {
      LUMENFLOW_TRY(inbound_.take(*batch, Timestamp{1'772'366'400'000}));
      return {};
    });
  } else if (const auto* ack = std::get_if<KeepAcknowledged>(&action)) {
    keep(ack->id, [this, what = *ack] { return outbox_.acknowledge(what.stream, what.to); });
  } else if (const auto* dead = std::get_if<KeepDeadLetter>(&action)) {
    keep(dead->id, [this, what = *dead] { return outbox_.dead_letter(what.stream, what.position, what.reason); });
  } else if (const auto* settle = std::get_if<KeepSettlement>(&action)) {
    keep(settle->id,
         [this, what = settle->settlement] { return outbox_.settle(what.stream, what.mark, what.dropped); });
  }
}

void Simulation::pump() {
  for (auto actions = engine_->take_actions(); !actions.empty(); actions = engine_->take_actions())
    for (Action& action : actions) carry_out(std::move(action));
  held_events_max_ = std::max(held_events_max_, engine_->state().held_events);
  wake();
}

void Simulation::wake() {
  const auto next = engine_->next_wake();
  if (!next) return;
  const Millis when = std::max(*next, now_ + Millis(1));
  if (woken_ && *woken_ <= when && *woken_ > now_) return;
  woken_ = when;
  at(when, [this] { engine_->step(now_); });
}

bool Simulation::done() {
  if (!healed()) return false;
  if (engine_->state().connection == Connection::kForked) return true;
  return inbound_.at().position == peer_.said() && outbox_.events() == 0 && dropped() + arrived() == [this] {
    std::uint64_t count = 0;
    for (const auto& [stream, events] : emitted_)
      for (const Emitted& event : events) count += event.queue_seq == 0 ? 1 : 0;
    return count;
  }();
}

std::uint64_t Simulation::dropped() const {
  const auto state = engine_->state();
  return std::accumulate(state.dropped.begin(), state.dropped.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& kind) { return sum + kind.second; });
}

std::uint64_t Simulation::arrived() const {
  std::uint64_t count = 0;
  for (const auto& [stream, events] : peer_.arrived())
    for (const Arrived& event : events) count += event.queue_seq == 0 ? 1 : 0;
  return count;
}

std::string Simulation::run() {
  schedule_faults();
  start_engine();
  pump();
  while (!events_.empty() && !done() && fault_.empty() && now_ < options_.duration + kHealingMax) {
    const Event next = events_.top();
    events_.pop();
    now_ = next.at;
    next.run();
    pump();
  }
  return check();
}

// Every command once, in its order, and nothing else.
std::string Simulation::check_inbound() const {
  std::uint64_t next = 1;
  for (Position at;;) {
    const auto rows = log_->read(at, 512);
    if (!rows.ok()) return rows.error().to_string();
    if (rows->empty()) break;
    for (const log::StoredRow& row : *rows) {
      at = Position(row.first.value() + row.entries.size() - 1);
      for (const std::string& entry : row.entries) {
        if (entry.ends_with(R"("type":"event.refused"})")) return "refused: " + entry;
        if (!entry.ends_with(R"("type":"event.received"})")) continue;
        if (entry.find("\"c-" + std::to_string(next++) + "\"") == std::string::npos)
          return "instead of command " + std::to_string(next - 1) + ": " + entry;
      }
    }
  }
  return next == peer_.said() + 1
             ? ""
             : "of " + std::to_string(peer_.said()) + " commands " + std::to_string(next - 1) + " came";
}

std::string Simulation::check() const {
  if (!fault_.empty()) return fault_;
  if (std::string wrong = check_inbound(); !wrong.empty()) return wrong;
  if (engine_->state().connection == Connection::kForked) return "forked: " + engine_->state().last_error;
  std::map<std::string, std::uint64_t> lost;  // ephemerals, by kind
  for (const auto& [stream, emitted] : emitted_) {
    const auto found = peer_.arrived().find(stream);
    const std::vector<Arrived> none;
    const std::vector<Arrived>& arrived = found == peer_.arrived().end() ? none : found->second;
    std::uint64_t last_seq = 0, last_queue_seq = 0;
    std::size_t at = 0;
    for (const Arrived& event : arrived) {
      if (event.seq <= last_seq) return stream + ": seq " + std::to_string(event.seq) + " out of order or twice";
      if (event.queue_seq != 0 && event.queue_seq != ++last_queue_seq)
        return stream + ": queue_seq " + std::to_string(event.queue_seq) + " is a gap or a repeat";
      last_seq = event.seq;
    }
    for (const Emitted& event : emitted) {
      while (at < arrived.size() && arrived[at].seq < event.seq) ++at;
      const bool here = at < arrived.size() && arrived[at].seq == event.seq;
      if (here && arrived[at].queue_seq != event.queue_seq) return stream + ": another queue_seq than emitted";
      if (!here && event.queue_seq != 0)
        return stream + ": queue event " + std::to_string(event.queue_seq) + " of " + std::to_string(emitted.size()) +
               " emissions is lost; " + engine_->state().last_error;
      if (!here) ++lost[event.kind];
    }
  }
  if (outbox_.events() != 0) return std::to_string(outbox_.events()) + " events are pending for ever";
  auto counted = engine_->state().dropped;
  if (counted != lost) {
    std::string text = "counted as dropped:";
    for (const auto& [kind, count] : counted) text += " " + kind + "=" + std::to_string(count);
    text += "; lost:";
    for (const auto& [kind, count] : lost) text += " " + kind + "=" + std::to_string(count);
    return text;
  }
  return {};
}

}  // namespace lumenflow::uplink::testing
