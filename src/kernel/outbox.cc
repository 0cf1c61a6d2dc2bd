// The two sides of the uplink: queue-class events enter the outbox with the row that holds them, and leave it when
// whoever carries them away says so; what comes from the other side becomes entries, and goes to the handlers.
#include <utility>

#include "base/check.h"
#include "base/logging.h"
#include "journal/retention.h"
#include "kernel/commands.h"
#include "kernel/kernel.h"
#include "kernel/taped_strand.h"

namespace lumenflow::kernel {
namespace {

constexpr std::string_view kQueueEntry = R"({"class":"queue",)";  // how the entry of such an event begins

}  // namespace

// Every row with events goes through here.
Result<Position> Kernel::append(log::Row row) {
  std::vector<journal::QueuedEvent> queued = emitter_.take_queued();
  if (queued.empty() || !outbox_.state().enabled) return append_alone(std::move(row));
  std::vector<std::uint64_t> offsets;
  for (std::size_t i = 0; i < row.entries.size(); ++i) {
    if (!row.entries[i].starts_with(kQueueEntry)) continue;
    LUMENFLOW_CHECK(offsets.size() < queued.size());
    queued[offsets.size()].bytes = row.entries[i].size();
    offsets.push_back(i);
  }
  LUMENFLOW_CHECK(offsets.size() == queued.size());
  LUMENFLOW_TRY_ASSIGN(const Position first, append_alone(std::move(row)));
  for (std::size_t i = 0; i < queued.size(); ++i)
    LUMENFLOW_TRY(outbox_.add(kSidecarStream, Position(first.value() + offsets[i]), queued[i]));
  note_outbox_room();
  return first;
}

// Every row with a body goes through here.
Result<Position> Kernel::append_alone(log::Row row) {
  const bool names_blobs = journal::names_blobs(row.body);
  const std::string body = names_blobs ? row.body : std::string();
  bell_.place(row);
  LUMENFLOW_TRY_ASSIGN(const Position first, ports_.log.append(std::move(row)));
  bell_.appended(first);
  if (names_blobs) LUMENFLOW_TRY(journal::note_blobs(ports_.log, first, body));
  return first;
}

Status Kernel::switch_outbox() {
  if (options_.outbox == OutboxMode::kAsBefore) return {};
  if (options_.outbox == OutboxMode::kWaits) {
    LUMENFLOW_TRY_ASSIGN(const Position after, enrollment_begin(ports_.log));
    return outbox_.enable(after);
  }
  LUMENFLOW_TRY_ASSIGN(const std::uint64_t given_up, outbox_.disable());
  if (given_up > 0)
    write_log(LogLevel::kWarn, "kernel", "the uplink is off: what waited for it will not be sent",
              {{"events", std::to_string(given_up)}});
  return {};
}

void Kernel::note_outbox_room() {
  const auto left = [](std::uint64_t max, std::uint64_t used) { return max > used ? max - used : 0; };
  const bool on = outbox_.state().enabled;
  const journal::OutboxLimits& limits = outbox_.limits();
  const std::uint64_t before = room_events_.exchange(on ? left(limits.events_max, outbox_.events()) : UINT64_MAX);
  room_bytes_ = on ? left(limits.bytes_max, outbox_.bytes()) : UINT64_MAX;
  if (before > 0 && room_events_ == 0)
    write_log(LogLevel::kError, "kernel", "the outbox is full: new events of the queue class are refused",
              {{"events", std::to_string(outbox_.events())}});
}

// --- any thread ---

HostServices::OutboxRoom Kernel::outbox_room() const { return {room_events_, room_bytes_}; }

void Kernel::change_outbox(std::function<Status(journal::Outbox&)> change, std::function<void(const Status&)> done) {
  enqueue(OutboxChange{std::move(change), std::move(done)});
}

void Kernel::change_journal(std::function<Status(log::Log&)> change, std::function<void(const Status&)> done) {
  enqueue(JournalChange{std::move(change), std::move(done)});
}

void Kernel::receive(journal::InboundBatch batch, std::function<void(const Status&)> done) {
  enqueue(EventsReceived{std::move(batch), std::move(done)});
}

// --- the strand ---

void Kernel::run_outbox_change(OutboxChange change) {
  if (batch_error_) {
    open_.waiting.push_back(std::move(change.done));
    return;
  }
  Status status = emitter_.flush();  // for a change that reads where streams are
  if (status.ok()) status = taped_->foreign_change([&] { return change.change(outbox_); });
  // What it keeps in memory is read anew, where a recording could not say what became of it.
  if (tape_.live() && status.ok()) status = outbox_.flush();
  if (tape_.live() && status.ok()) status = outbox_.load();
  note_outbox_room();
  if (!status.ok()) return change.done(status);  // refused, with nothing done
  open_.waiting.push_back(std::move(change.done));
}

void Kernel::run_journal_change(JournalChange change) {
  open_.waiting.push_back(std::move(change.done));
  if (batch_error_) return;
  Status status = move_handler_cursors(1);  // what lags behind would hold up what looks for the slowest
  if (status.ok()) status = taped_->foreign_change([&] { return change.change(ports_.log); });
  if (!status.ok()) batch_error_ = std::move(status).error();
}

void Kernel::events_received(EventsReceived received) {
  open_.waiting.push_back(std::move(received.done));
  if (batch_error_) return;
  const Result<journal::InboundTaken> taken = inbound_.take(received.batch, ports_.clock.now());
  if (!taken.ok()) {
    batch_error_ = taken.error();
    return;
  }
  for (const auto& [kind, count] : taken->received) {
    subscriptions_.emitted(kind);
    counters_.events_received[kind] += count;
  }
  if (Status queued = commands_->received(taken->events); !queued.ok()) batch_error_ = std::move(queued).error();
  for (const auto& [code, count] : taken->refused) counters_.events_refused[code] += count;
  counters_.events_received_again += taken->duplicates;
}

Status Kernel::requeue_dead_letter(std::string_view stream, Position at) {
  if (stream != kSidecarStream)
    return Error(ErrorCode::kInvalidInput, "only dead letters of the stream 'sidecar' are this workspace's to send");
  LUMENFLOW_TRY_ASSIGN(const journal::ReadEntry entry, reader_.entry(at));
  LUMENFLOW_TRY(outbox_.take_back(stream, at));
  LUMENFLOW_TRY_ASSIGN(std::string again, emitter_.emit_again(entry.bytes, ports_.clock.now()));
  log::Row row;
  row.entries.push_back(std::move(again));
  LUMENFLOW_TRY(append(std::move(row)));
  return {};
}

Status Kernel::purge_dead_letter(std::string_view stream, Position at) {
  LUMENFLOW_TRY(outbox_.take_back(stream, at));
  return {};
}

}  // namespace lumenflow::kernel
