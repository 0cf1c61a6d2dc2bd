#include "uplink/engine.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lumenflow::uplink {
namespace {

using What = StreamSender::Heard::What;

// Whether sending less or other events could help, where sending the same again cannot.
bool is_about_the_events(ErrorCode code) {
  switch (code) {
    case ErrorCode::kMalformedJson:
    case ErrorCode::kInvalidRequest:
    case ErrorCode::kInvalidInput:
    case ErrorCode::kInvalidPayload:
    case ErrorCode::kUnknownKind:
    case ErrorCode::kPayloadTooLarge:
    case ErrorCode::kBodyTooLarge:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string_view name(Connection connection) {
  constexpr std::array<std::string_view, 4> kNames = {"off", "disconnected", "connected", "forked"};
  return kNames[static_cast<std::size_t>(connection)];
}

Engine::Engine(const Source& source, Random& random, EngineLimits limits)
    : source_(source), random_(random), limits_(limits) {}

Status Engine::start(Millis now) {
  LUMENFLOW_TRY_ASSIGN(OutboxView view, source_.view());
  switch_ = view.state;
  phase_ = Phase::kOff;
  if (!switch_.enabled || !switch_.backlog_included()) return {};
  log_id_ = view.log_id;
  inbound_ = view.inbound;
  start_end_ = view.end;
  dropped_before_ = std::move(view.dropped);
  tail_ = view.streams.empty() ? switch_.since : start_end_;
  for (const auto& [stream, row] : view.streams) {
    // A stream whose mark was never written has nothing in doubt: nothing of it was sent.
    streams_.emplace(stream, Stream{StreamSender(stream, row, true, limits_), Position(), false, false, std::nullopt});
    tail_ = std::min(tail_, std::max(row.ephemerals.settled, switch_.since));
  }
  phase_ = Phase::kWaiting;
  retry_at_ = heard_at_ = now;
  return {};
}

Engine::Stream& Engine::stream_of(const std::string& name, Position seen) {
  const auto found = streams_.find(name);
  if (found != streams_.end()) return found->second;
  journal::OutboxStream row;
  row.ephemerals = {switch_.since, switch_.since, switch_.since};
  return streams_.emplace(name, Stream{StreamSender(name, row, false, limits_), Position(), false, false, seen})
      .first->second;
}

Status Engine::read_tail(Millis now) {
  const Position end = source_.end();
  for (std::size_t page = 0; tail_ < end && page < limits_.tail_pages_per_step; ++page) {
    if (streams_.size() == 1) {
      const Position next = streams_.begin()->second.sender.ephemerals().uncovered(tail_.next());
      tail_ = std::max(tail_, std::min(end, Position(next.value() - 1)));
      if (tail_ == end) break;
    }
    LUMENFLOW_TRY_ASSIGN(Tail read, source_.tail(tail_, limits_.tail_page, start_end_));
    for (TailEvent& event : read.events) {
      StreamSender& sender = stream_of(event.event.stream, event.position).sender;
      if (event.position <= start_end_)
        sender.emitted_before_start(event);
      else
        sender.emitted(std::move(event), phase_ == Phase::kTalking, disconnected_, now);
    }
    if (read.last <= tail_) break;
    tail_ = read.last;
  }
  return {};
}

void Engine::step(Millis now) {
  if (phase_ == Phase::kOff) return;
  if (now >= reread_at_) {
    reread_at_ = Millis(0);
    if (const Status read = read_tail(now); !read.ok()) {
      last_error_ = read.error().to_string();
      reread_at_ = now + Millis(1000);
    }
  }
  // An earlier run's events must all be known before the other side says which of them it has.
  if (phase_ == Phase::kWaiting && now >= retry_at_ && tail_ >= start_end_) greet(now);
  if (phase_ == Phase::kGreeting && now >= heard_at_ + limits_.silence && now >= retry_at_ + limits_.silence)
    fail(Error(ErrorCode::kUnreachable, "the other side does not answer"), std::nullopt, now);
  if (!disconnected_ && phase_ != Phase::kTalking && now >= heard_at_ + limits_.silence) {
    disconnected_ = true;
    for (auto& [stream, state] : streams_) state.sender.end(true);
  }
  if (phase_ == Phase::kTalking) talk(now);
  if (phase_ == Phase::kForked) say_forked(now);
  if (now >= reread_at_) keep_books();
}

void Engine::greet(Millis now) {
  Hello hello{log_id_, {}};
  for (const auto& [stream, state] : streams_) hello.bases.push_back({stream, state.sender.base()});
  phase_ = Phase::kGreeting;
  retry_at_ = now;
  greeting_ = next_id_++;
  actions_.emplace_back(SayHello{*greeting_, std::move(hello)});
}

void Engine::heard_hello(std::uint64_t id, const HelloAnswer& answer, Millis now) {
  if (phase_ != Phase::kGreeting || greeting_ != id) return;
  greeting_.reset();
  if (answer.refusal) {
    if (answer.refusal->error.code() == ErrorCode::kLogForked)
      return fork(answer.refusal->error, Knows::kOtherLog, now);
    return fail(answer.refusal->error, answer.refusal->retry_after, now);
  }
  if (const Status begun = begin(answer.welcome); !begun.ok()) {
    const Knows knows = answer.welcome.log_id == log_id_ ? Knows::kThisLog : Knows::kOtherLog;
    if (begun.error().code() == ErrorCode::kLogForked) return fork(begun.error(), knows, now);
    return fail(begun.error(), std::nullopt, now);
  }
  phase_ = Phase::kTalking;
  disconnected_ = false;
  progress_ = false;
  last_error_.clear();
  heard_at_ = beat_at_ = fetch_at_ = now;
  step(now);
}

Status Engine::begin(const Welcome& welcome) {
  if (welcome.log_id != log_id_)
    return Error(ErrorCode::kLogForked,
                 "the other side knows this workspace's journal as " + welcome.log_id + "; it is " + log_id_);
  if (welcome.head) {
    LUMENFLOW_TRY_ASSIGN(const bool ours, source_.had_root(welcome.head->size, welcome.head->root));
    if (!ours)
      return Error(ErrorCode::kLogForked, "the other side has seen another history of journal " + log_id_ + ", of " +
                                              std::to_string(welcome.head->size) + " entries");
  }
  for (auto& [stream, state] : streams_) {
    event::StreamPlace there;
    for (const StreamAt& at : welcome.streams)
      if (at.stream == stream) there = at.place;
    LUMENFLOW_TRY(state.sender.begin(source_, there));
  }
  session_ = welcome.session;
  return {};
}

void Engine::talk(Millis now) {
  for (const auto& [id, flight] : flights_)
    if (now >= flight.deadline)
      return fail(Error(ErrorCode::kUnreachable, "a batch was not acknowledged in time"), std::nullopt, now);
  if (now >= heard_at_ + limits_.silence)
    return fail(Error(ErrorCode::kUnreachable, "the other side has gone silent"), std::nullopt, now);
  if (!heartbeat_ && now >= beat_at_ + limits_.heartbeat) {
    heartbeat_ = next_id_++;
    beat_at_ = now;
    actions_.emplace_back(SendHeartbeat{*heartbeat_, session_});
  }
  ask_for_more(now);
  for (auto& [stream, state] : streams_) {
    if (state.holding) continue;
    if (now >= reread_at_) {
      if (const Status filled = state.sender.fill(source_, tail_, now); !filled.ok()) {
        last_error_ = filled.error().to_string();
        reread_at_ = now + Millis(1000);
      }
    }
    while (auto batch = state.sender.next_batch(log_id_, session_, now)) {
      const std::uint64_t id = next_id_++;
      flights_.emplace(id, Flight{batch, now + limits_.silence});
      actions_.emplace_back(SendBatch{id, std::move(batch)});
      ++batches_sent_;
    }
  }
}

void Engine::heard_batch(std::uint64_t id, const SendAnswer& answer, Millis now) {
  const auto found = flights_.find(id);
  if (found == flights_.end()) return;  // of a conversation that is over
  const std::shared_ptr<const Batch> batch = found->second.batch;
  flights_.erase(found);
  Stream& stream = streams_.find(batch->stream)->second;
  if (!answer.refusal) {
    heard_at_ = now;
    const StreamSender::Heard heard = stream.sender.acknowledged(*batch, answer.batch);
    // One answer says it of all batches before it, whatever becomes of theirs.
    std::erase_if(flights_, [&](const auto& flight) {
      return flight.second.batch->stream == batch->stream && !stream.sender.in_flight(*flight.second.batch);
    });
    act_on(heard, stream, now);
    if (phase_ == Phase::kTalking) step(now);
    return;
  }
  const Error& why = answer.refusal->error;
  if (why.code() == ErrorCode::kLogForked) return fork(why, Knows::kThisLog, now);
  if (is_about_the_events(why.code())) return act_on(stream.sender.refused_for_good(*batch, why), stream, now);
  if (why.code() == ErrorCode::kConflict && !answer.refusal->retry_after) return go_back(now);
  fail(why, answer.refusal->retry_after, now);
}

void Engine::act_on(const StreamSender::Heard& heard, Stream& stream, Millis now) {
  if (heard.moved) {
    progress_ = true;
    attempt_ = 0;
    last_error_.clear();
  }
  switch (heard.what) {
    case What::kFine:
      return;
    case What::kGoBack:
      return go_back(now);
    case What::kLie:
      return fail(Error(ErrorCode::kInvalidOutput, heard.message), std::nullopt, now);
    case What::kPoison:
      break;
  }
  last_error_ = "stream " + stream.sender.name() + ": " + heard.message;
  if (heard.dead && !stream.holding) {
    stream.holding = true;
    keep_books();  // what comes before it first
    const std::uint64_t id = next_id_++;
    keeping_.emplace(id, Keeping{stream.sender.name(), Keeping::What::kDeadLetter, *heard.dead});
    actions_.emplace_back(KeepDeadLetter{id, stream.sender.name(), *heard.dead, heard.message});
    progress_ = true;
  } else if (!heard.dead) {
    progress_ = true;  // an ephemeral: it is dropped, and not sent again
  }
  go_back(now);
}

void Engine::heard_heartbeat(std::uint64_t id, const HeartbeatAnswer& answer, Millis now) {
  if (heartbeat_ != id) return;
  heartbeat_.reset();
  if (!answer.refusal) {
    heard_at_ = now;
    if (flights_.empty()) attempt_ = 0;
    return;
  }
  if (answer.refusal->error.code() == ErrorCode::kLogForked) return fork(answer.refusal->error, Knows::kThisLog, now);
  fail(answer.refusal->error, answer.refusal->retry_after, now);
}

// One at a time, and the next only when what came is durable: that says it is.
void Engine::ask_for_more(Millis now) {
  if (receiving_ || now < fetch_at_) return;  // while it is asked: until no answer can come any more
  fetching_ = next_id_++;
  fetch_at_ = now + limits_.fetch_wait;
  actions_.emplace_back(AskForMore{*fetching_, {session_, inbound_}});
}

void Engine::heard_fetch(std::uint64_t id, const FetchAnswer& answer, Millis now) {
  if (fetching_ != id) return;
  fetching_.reset();
  if (answer.refusal) {
    if (answer.refusal->error.code() == ErrorCode::kLogForked) return fork(answer.refusal->error, Knows::kThisLog, now);
    return fail(answer.refusal->error, answer.refusal->retry_after, now);
  }
  if (answer.batch.items.empty()) {
    fetch_at_ = now + limits_.fetch_pause;
    return;
  }
  fetch_at_ = now;
  receiving_ = true;
  const std::uint64_t keeping = next_id_++;
  keeping_.emplace(keeping, Keeping{{}, Keeping::What::kReceived, {}});
  actions_.emplace_back(KeepReceived{keeping, std::make_shared<const journal::InboundBatch>(answer.batch)});
}

void Engine::hang_up(bool disconnected) {
  batches_unanswered_ += flights_.size();
  flights_.clear();
  heartbeat_.reset();
  greeting_.reset();
  fetching_.reset();
  for (auto& [stream, state] : streams_) state.sender.end(disconnected);
}

void Engine::fail(const Error& why, std::optional<Millis> retry_after, Millis now) {
  last_error_ = why.to_string();
  disconnected_ = true;
  hang_up(true);
  phase_ = Phase::kWaiting;
  retry_at_ = now + std::max(backoff(), retry_after.value_or(Millis(0)));
}

// The conversation starts anew, from what the other side has; that is no disconnection.
void Engine::go_back(Millis now) {
  if (phase_ != Phase::kTalking) return;
  hang_up(false);
  phase_ = Phase::kWaiting;
  retry_at_ = progress_ ? now : now + backoff();
}

// Exponential with full jitter: anywhere between nothing and the ceiling, so that many do not come back at once.
Millis Engine::backoff() {
  const unsigned doublings = std::min(attempt_++, 16u);
  const auto ceiling = std::min<std::int64_t>(limits_.backoff_max.count(), limits_.backoff_min.count() << doublings);
  const std::array<std::uint8_t, 16> bytes = random_.draw16();
  std::uint64_t draw = 0;
  for (int i = 0; i < 8; ++i) draw = draw << 8 | bytes[static_cast<std::size_t>(i)];
  return Millis(1 + static_cast<std::int64_t>(draw % static_cast<std::uint64_t>(ceiling)));
}

// Nothing of any stream is accounted for beyond a new stream that nothing durable knows of.
Position Engine::account_floor() const {
  Position floor = tail_;
  for (const auto& [name, state] : streams_)
    if (!state.sender.ephemerals().known() && state.born) floor = std::min(floor, Position(state.born->value() - 1));
  return floor;
}

void Engine::settle(Stream& stream, bool pressing) {
  StreamSender& sender = stream.sender;
  if (tail_ < start_end_) return;
  if (!pressing && !sender.blocked_at() && sender.ephemerals().known() &&
      !sender.ephemerals().lags(tail_, limits_.settle_lag))
    return;
  const Position tail = sender.ephemerals().known() ? account_floor() : tail_;
  auto due = sender.ephemerals().settle(tail, sender.first_unsent());
  if (!due) return;
  const std::uint64_t id = next_id_++;
  keeping_.emplace(id, Keeping{sender.name(), Keeping::What::kSettlement, {}});
  actions_.emplace_back(KeepSettlement{id, {sender.name(), due->mark, std::move(due->dropped)}});
}

void Engine::keep_books() {
  for (auto& [name, state] : streams_) {
    const Position to = state.sender.acknowledged_to();
    if (!state.acknowledging && to > state.acknowledged) {
      const std::uint64_t id = next_id_++;
      state.acknowledging = true;
      keeping_.emplace(id, Keeping{name, Keeping::What::kAcknowledged, to});
      actions_.emplace_back(KeepAcknowledged{id, name, to});
    }
    settle(state, false);
  }
}

void Engine::settle_all() {
  for (auto& [name, state] : streams_) settle(state, true);
}

void Engine::kept(std::uint64_t id, const Status& status, Millis now) {
  const auto found = keeping_.find(id);
  if (found == keeping_.end()) return;
  const Keeping done = std::move(found->second);
  keeping_.erase(found);
  if (!status.ok()) {
    last_error_ = status.error().to_string();
    reread_at_ = now + Millis(1000);
  }
  if (done.what == Keeping::What::kReceived)
    received(status, now);
  else if (done.what == Keeping::What::kRebase)
    rebased(id, status);
  else
    kept_of(streams_.find(done.stream)->second, done, status.ok());
  if (status.ok()) step(now);
}

void Engine::kept_of(Stream& stream, const Keeping& done, bool durable) {
  switch (done.what) {
    case Keeping::What::kAcknowledged:
      stream.acknowledging = false;
      if (durable) stream.acknowledged = std::max(stream.acknowledged, done.to);
      break;
    case Keeping::What::kDeadLetter:
      stream.holding = false;
      break;
    case Keeping::What::kSettlement:
      stream.sender.ephemerals().settled(durable);
      break;
    default:
      break;
  }
}

void Engine::received(const Status& status, Millis now) {
  receiving_ = false;
  fetch_at_ = status.ok() ? now : now + limits_.fetch_pause;
  if (!status.ok()) return;
  if (const Result<OutboxView> view = source_.view(); view.ok()) inbound_ = view->inbound;
}

std::vector<Action> Engine::take_actions() { return std::exchange(actions_, {}); }

std::optional<Millis> Engine::next_wake() const {
  if (phase_ == Phase::kOff) return std::nullopt;
  if (phase_ == Phase::kForked)
    return forked_why_.empty() || telling_ || rebinding_ ? std::nullopt : std::optional(retry_at_);
  std::optional<Millis> wake;
  const auto at = [&wake](Millis time) { wake = wake ? std::min(*wake, time) : time; };
  if (tail_ < source_.end()) at(reread_at_);
  if (reread_at_ > Millis(0)) at(reread_at_);
  if (phase_ == Phase::kWaiting) at(retry_at_);
  if (phase_ == Phase::kGreeting) at(std::max(heard_at_, retry_at_) + limits_.silence);
  if (!disconnected_) at(heard_at_ + limits_.silence);
  if (phase_ != Phase::kTalking) return wake;
  if (!heartbeat_) at(beat_at_ + limits_.heartbeat);
  if (!receiving_) at(fetch_at_);
  for (const auto& [id, flight] : flights_) at(flight.deadline);
  for (const auto& [name, state] : streams_)
    if (const auto due = state.sender.due_at(); due && !state.holding && !state.sender.blocked_at()) at(*due);
  return wake;
}

EngineState Engine::state() const {
  EngineState state;
  switch (phase_) {
    case Phase::kOff:
      state.connection = Connection::kOff;
      break;
    case Phase::kForked:
      state.connection = Connection::kForked;
      break;
    default:
      state.connection = disconnected_ ? Connection::kDisconnected : Connection::kConnected;
  }
  state.last_error = last_error_;
  state.log_id = log_id_;
  state.dropped = dropped_before_;
  for (const auto& [name, stream] : streams_) {
    for (const auto& [kind, count] : stream.sender.ephemerals().counts()) state.dropped[kind] += count;
    state.held_events += stream.sender.held_events();
    state.held_bytes += stream.sender.held_bytes();
  }
  state.batches_sent = batches_sent_;
  state.batches_unanswered = batches_unanswered_;
  return state;
}

}  // namespace lumenflow::uplink
