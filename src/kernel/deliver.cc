// Events to the packs' handlers (02-events, Handlers): read, each in its turn run, and recorded with what it did.
#include <algorithm>
#include <array>
#include <utility>

#include "base/encoding.h"
#include "base/logging.h"
#include "journal/tables.h"
#include "kernel/automate.h"
#include "kernel/kernel.h"
#include "kernel/secret_keeper.h"
#include "kernel/taped_strand.h"
#include "log/cursor.h"

namespace lumenflow::kernel {
namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kReadEventsMax = 256;
constexpr int kRunsPerBatch = 256;  // so that calls do not wait behind a backlog
constexpr int kAttemptsMax = 8;
constexpr int kConflictsMax = 8;  // of one attempt with others who write the store
constexpr std::chrono::milliseconds kExecutorFull{100};
constexpr std::chrono::milliseconds kPauseMax{30'000};
constexpr std::chrono::milliseconds kSlow{50};
constexpr std::chrono::seconds kOverdue{30};
constexpr std::size_t kErrorBytesMax = 1'000;

// What stands in every envelope; what else stands in a flat one is its payload.
constexpr std::array<std::string_view, 11> kEnvelopeMembers = {"channel", "emitted_at",   "event_id",  "from",
                                                               "kind",    "on_behalf_of", "queue_seq", "schema_version",
                                                               "seq",     "timestamp",    "trace"};

pack::Event event_of(const json::Value& envelope) {
  pack::Event event;
  event.kind = json::string_or(envelope, "kind", "");
  event.event_id = json::string_or(envelope, "event_id", "");
  event.timestamp = json::string_or(envelope, "timestamp", "");
  event.from = json::string_or(envelope, "from", "");
  event.stream = json::string_or(envelope, "channel", "");
  event.seq = static_cast<std::uint64_t>(json::integer_or(envelope, "seq", 0));
  if (const json::Value* payload = envelope.find("payload")) {
    event.payload = *payload;
    return event;
  }
  json::Object payload;
  for (const auto& member : *envelope.if_object())
    if (std::ranges::find(kEnvelopeMembers, member.key) == kEnvelopeMembers.end())
      payload.set(member.key, member.value);
  event.payload = std::move(payload);
  return event;
}

void fill(const journal::Reader& reader, EventRead& read) {
  Result<journal::Page> page = reader.page(read.after, kReadEventsMax, journal::Reader::events_of(read.kinds));
  if (!page.ok()) {
    read.read_to = page.error();
    return;
  }
  for (const journal::ReadEntry& entry : page->items) read.found.push_back(delivery_of(entry));
  read.read_to = page->last;
}

bool runs_on_strand(const Delivery& delivery) {
  return delivery.handler->traits.store_only && delivery.handler->traits.bounded;
}

Hash256 replay_hash(std::string_view pack_id, std::string_view kind, std::string_view key) {
  const std::string_view nul("\0", 1);
  return sha256({pack_id, nul, kind, nul, key});
}

Hash256 replay_hash(const Delivery& delivery) {
  return replay_hash(delivery.pack_id, delivery.event.kind,
                     delivery.replay_key ? std::string_view(*delivery.replay_key) : delivery.event.event_id);
}

}  // namespace

Result<std::string> make_replay_key(const Delivery& delivery);            // tape_code.cc
Status call_handler(const Delivery& delivery, DeliveryContext& context);  // likewise

DeliveryPtr delivery_of(const journal::ReadEntry& entry) {
  const json::Value& envelope = *entry.value.find("event");
  auto delivery = std::make_shared<Delivery>();  // shared: see DeliveryPtr
  delivery->at = entry.position;
  delivery->event = event_of(envelope);
  delivery->bytes = entry.bytes.size();
  delivery->traceparent = json::string_or(envelope, "trace", "");
  return delivery;
}

void Kernel::deliver() {
  if (subscriptions_.empty() || draining_ || !journal_available_ || batch_error_ || taped_->waits()) return;
  for (EventRead& read : subscriptions_.take_reads()) read_events(std::move(read));
  for (int run = 0; run < kRunsPerBatch && !batch_error_; ++run) {
    const DeliveryPtr delivery = subscriptions_.take_due(ports_.clock.monotonic());
    if (delivery == nullptr) break;
    begin(delivery);
  }
  report_slow_handlers();
}

void Kernel::read_events(EventRead read) {
  auto work = std::make_shared<EventRead>(std::move(read));  // shared: a task that is copied owns what it uses
  const std::uint64_t task = next_task_++;
  const bool taken = taped_->hand_out(ports_.executor, task, nullptr, nullptr, [this, work, task] {
    if (tape_.replays())
      taped_->replayed_events(*work);
    else
      fill(reader_, *work);
    enqueue(EventsRead{std::move(*work), task});
  });
  if (taken) return;
  work->read_to = Error(ErrorCode::kRateLimited, "the executor's queue is full");
  subscriptions_.read(std::move(*work));
}

void Kernel::begin(const DeliveryPtr& delivery) {
  if (delivery->automation != nullptr) return automator_->fire(delivery);
  const auto& approvals = delivery->pack->manifest.handler_approvals;
  if (const auto surface = approvals.find(delivery->event.kind); surface != approvals.end() && !delivery->approved)
    if (park(*delivery, surface->second)) return;
  if (!delivery->handler->replay_key || delivery->replay_key) return run_delivery(delivery);
  if (runs_on_strand(*delivery)) return replay_key_made({delivery, taped_->replay_key(*delivery)});
  const std::uint64_t task = next_task_++;
  const bool taken = post(delivery->pack, task, nullptr, nullptr, [this, delivery, task] {
    enqueue(ReplayKeyMade{delivery, tape_.replays() ? taped_->replayed_key() : make_replay_key(*delivery), task});
  });
  if (!taken) subscriptions_.try_again(*delivery, ports_.clock.monotonic() + kExecutorFull);
}

void Kernel::replay_key_made(ReplayKeyMade made) {
  if (!subscriptions_.still_wanted(*made.delivery)) return;
  if (!made.key.ok()) return attempt_failed(*made.delivery, made.key.error());
  made.delivery->replay_key = *std::move(made.key);
  run_delivery(made.delivery);
}

void Kernel::run_delivery(const DeliveryPtr& delivery) {
  const Timestamp now = ports_.clock.now();
  const auto seen = replays_.find(replay_hash(*delivery), now);
  if (!seen.ok()) {
    if (!batch_error_) batch_error_ = seen.error();
    return subscriptions_.try_again(*delivery, nanoseconds(0));
  }
  if (*seen) return end_delivery(*delivery, "repeated", {});

  const ContextScope scope = scope_of(delivery->store(), delivery->pack, *delivery->registry);
  if (runs_on_strand(*delivery)) {
    DeliveryContext context(delivery, scope, ports_.log.tables(), nullptr, now, ports_.random.draw16());
    Status status = taped_->run_handler(*delivery, context);
    return judge(delivery, context, std::move(status));
  }
  delivery->store_version = durable_store_versions_[delivery->store()];
  auto work = std::make_shared<HandlerReturned>();  // shared: a task that is copied owns what it uses
  work->delivery = delivery;
  work->snapshot = std::make_unique<LazySnapshot>(ports_.log);
  work->context = std::make_unique<DeliveryContext>(delivery, scope, *work->snapshot, work->snapshot.get(), now,
                                                    ports_.random.draw16());
  work->task = work->context->state().task = next_task_++;
  const bool taken = post(delivery->pack, work->task, &work->context->state(), nullptr, [this, work] {
    work->status = tape_.replays() ? taped_->replayed_handler(work->context->state())
                                   : call_handler(*work->delivery, *work->context);
    work->snapshot->release();
    enqueue(std::move(*work));
  });
  if (!taken) subscriptions_.try_again(*delivery, ports_.clock.monotonic() + kExecutorFull);
}

void Kernel::handler_returned(HandlerReturned returned) {
  const DeliveryPtr& delivery = returned.delivery;
  if (!subscriptions_.still_wanted(*delivery)) return;
  const CallStore& store = returned.context->store_writes();
  if (!store.writes().empty() && !store_reads_still_hold(delivery->store(), delivery->store_version, store)) {
    if (++delivery->conflicts < kConflictsMax) return run_delivery(delivery);  // again, from what is durable now
    return attempt_failed(*delivery, Error(ErrorCode::kConflict, "others kept changing what it had read"));
  }
  judge(delivery, *returned.context, std::move(returned.status));
}

void Kernel::judge(const DeliveryPtr& delivery, DeliveryContext& context, Status status) {
  take_wishes(context.state());
  const nanoseconds took = ports_.clock.monotonic() - delivery->launched;
  if (took > kSlow) {
    ++counters_.slow_handlers[delivery->pack_id + " " + delivery->event.kind];
    write_log(LogLevel::kWarn, "kernel", "a handler is slow",
              {{"pack", delivery->pack_id},
               {"kind", delivery->event.kind},
               {"ms", std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(took).count())}});
  }
  for (const PendingEvent& event : context.events())
    if (status.ok()) status = emitter_.check_key(event, ports_.clock.now());
  if (!status.ok()) return attempt_failed(*delivery, status.error());
  end_delivery(*delivery, "applied", {}, &context);
}

void Kernel::attempt_failed(Delivery& delivery, const Error& error) {
  std::string said = std::string(name(error.code())) + ": " + error.message();
  if (auto masked = failure_without_secrets(said)) said = *std::move(masked);
  const std::string text(clip_utf8(said, kErrorBytesMax));
  if (++delivery.attempts >= kAttemptsMax || delivery.redriven) {
    write_log(LogLevel::kError, "kernel", "an event is a dead letter: its handler kept failing",
              {{"pack", delivery.pack_id}, {"delivery", delivery.id()}, {"reason", text}});
    return end_delivery(delivery, "dead_lettered", text);
  }
  // Full jitter: anything up to a bound that doubles.
  nanoseconds bound = options_.delivery_pause;
  for (int i = 1; i < delivery.attempts && bound < kPauseMax; ++i) bound *= 2;
  bound = std::min<nanoseconds>(bound, kPauseMax);
  const std::array<std::uint8_t, 16> draw = ports_.random.draw16();
  const double fraction = (draw[0] * 256.0 + draw[1]) / 65'536.0;
  delivery.conflicts = 0;
  if (Status status = record(delivery, "failed", text, nullptr); !status.ok() && !batch_error_)
    batch_error_ = std::move(status).error();
  subscriptions_.try_again(
      delivery,
      ports_.clock.monotonic() + nanoseconds(static_cast<std::int64_t>(static_cast<double>(bound.count()) * fraction)));
}

void Kernel::end_delivery(Delivery& delivery, std::string_view outcome, std::string_view error,
                          DeliveryContext* context) {
  if (Status status = record(delivery, outcome, error, context); !status.ok() && !batch_error_)
    batch_error_ = std::move(status).error();
  subscriptions_.dealt_with(delivery);
}

// The effect, that it was handled, and the cursor: one commit.
Status Kernel::record(Delivery& delivery, std::string_view outcome, std::string_view error, DeliveryContext* context) {
  open_.writes_more = true;
  ++counters_.deliveries_by_outcome[std::string(outcome)];
  const Timestamp now = ports_.clock.now();
  const std::string id = delivery.id();
  journal::HandlerDone done;
  done.delivery_id = id;
  done.pack = delivery.pack_id;
  done.kind = delivery.event.kind;
  done.event_id = delivery.event.event_id;
  done.stream = delivery.event.stream;
  done.position = delivery.at;
  done.outcome = outcome;
  done.error = error;
  const bool failed = outcome == "failed" || outcome == "dead_lettered";
  done.attempt = delivery.attempts + (failed ? 0 : 1);
  done.ts = now;
  done.duration_us =
      std::chrono::duration_cast<std::chrono::microseconds>(ports_.clock.monotonic() - delivery.launched).count();
  log::Row row;
  row.entries.push_back(journal::encode(done));
  if (context != nullptr) {
    Call cause;
    cause.traceparent = delivery.traceparent;
    for (const PendingEvent& event : context->events()) {
      LUMENFLOW_TRY(put_event(event, delivery.pack->manifest, now, cause, row));
    }
  }
  LUMENFLOW_TRY(append(std::move(row)));
  if (context != nullptr) LUMENFLOW_TRY(apply_store_writes(delivery.store(), context->store_writes().writes()));

  const std::string cursor_name = handler_cursor(delivery.pack_id, delivery.event.stream);
  if (outcome == "failed")
    return ports_.log.put(
        journal::kAttemptsTable, cursor_name,
        journal::encode(journal::Attempts{delivery.at, static_cast<std::uint64_t>(delivery.attempts)}));
  if (delivery.attempts > 0 && !delivery.redriven)
    LUMENFLOW_TRY(ports_.log.erase(journal::kAttemptsTable, cursor_name));
  if (outcome == "applied") {
    LUMENFLOW_TRY(replays_.put(replay_hash(delivery), {}, now + options_.config.idempotency_window));
    LUMENFLOW_TRY(replays_.expire(now));
  }
  log::Cursor cursor(ports_.log, cursor_name);
  if (delivery.redriven) {
    const Result<log::DeadLetter> letter = cursor.redrive(delivery.at);
    if (!letter.ok())
      return letter.error().code() == ErrorCode::kNotFound ? Status() : letter.error();  // purged meanwhile
    const bool again = outcome == "dead_lettered" || outcome == "parked";
    return again ? cursor.dead_letter_again(*letter, error) : Status();
  }
  if (outcome == "dead_lettered" || outcome == "parked") return cursor.dead_letter(delivery.at, error);
  return cursor.advance(delivery.at);
}

// It stays a dead letter until it has been applied: a crash in between loses nothing.
Status Kernel::requeue_delivery(std::string_view pack_id, std::string_view stream, Position at) {
  return redrive(pack_id, stream, at, false);
}

Status Kernel::redrive(std::string_view pack_id, std::string_view stream, Position at, bool approved) {
  const log::Cursor cursor(ports_.log, handler_cursor(pack_id, stream));
  LUMENFLOW_TRY_ASSIGN(const auto letters, cursor.dead_letters(Position(at.value() - 1), 1));
  if (letters.empty() || letters.front().position != at)
    return Error(ErrorCode::kNotFound, "no dead letter of '" + std::string(pack_id) + "' stands at " +
                                           std::to_string(at.value()) + " on the stream '" + std::string(stream) + "'");
  LUMENFLOW_TRY_ASSIGN(const journal::ReadEntry entry, reader_.entry(at));
  DeliveryPtr delivery = delivery_of(entry);
  delivery->approved = approved;
  return subscriptions_.redrive(pack_id, std::move(delivery));
}

Status Kernel::purge_delivery(std::string_view pack_id, std::string_view stream, Position at) {
  LUMENFLOW_TRY(log::Cursor(ports_.log, handler_cursor(pack_id, stream)).redrive(at));
  return {};
}

Result<bool> Kernel::was_handled(std::string_view pack_id, std::string_view kind, std::string_view replay_key) {
  LUMENFLOW_TRY_ASSIGN(const auto seen, replays_.find(replay_hash(pack_id, kind, replay_key), ports_.clock.now()));
  return seen.has_value();
}

Status Kernel::move_handler_cursors(std::uint64_t lag) {
  for (const auto& [cursor, to] : subscriptions_.take_cursor_moves(lag))
    LUMENFLOW_TRY(log::Cursor(ports_.log, cursor).advance(to));
  return {};
}

// A builtin cannot be stopped; it is told, and so is the operator.
void Kernel::report_slow_handlers() {
  for (const DeliveryPtr& delivery : subscriptions_.overdue(ports_.clock.monotonic() - kOverdue)) {
    delivery->cancelled.ask();
    write_log(LogLevel::kError, "kernel", "a handler has not come back for 30 s; its stream waits",
              {{"pack", delivery->pack_id}, {"kind", delivery->event.kind}, {"delivery", delivery->id()}});
  }
}

}  // namespace lumenflow::kernel
