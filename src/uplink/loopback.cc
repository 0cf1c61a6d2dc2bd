#include "uplink/loopback.h"

#include <optional>
#include <utility>

#include "journal/tables.h"
#include "json/canonical.h"
#include "log/sqlite_log.h"

namespace lumenflow::uplink {
namespace {

// Numbers are 8 bytes big-endian.
constexpr std::string_view kTable = "inbox";
constexpr std::string_view kLogId = "l";    // -> log_id of the journal it knows
constexpr std::string_view kStream = "s";   // stream -> seq and queue_seq of what came
constexpr std::string_view kPutIn = "p";    // number -> an envelope for the workspace
constexpr std::string_view kPutLast = "n";  // -> the last number
constexpr std::string_view kPutAt = "t";    // stream -> seq and queue_seq of what was put in
constexpr std::size_t kFetchMax = 256;
constexpr std::size_t kFetchBytesMax = 1 << 20;

std::string entry_of(const std::string& stream, const event::TakenEvent& taken) {
  using Kind = event::TakenEvent::Kind;
  std::string text;
  const auto end = [&](std::string_view type) {
    text += R"(,"stream":)";
    json::append_canonical_string(stream, text);
    return text + R"(,"type":")" + std::string(type) + R"("})";
  };
  switch (taken.kind) {
    case Kind::kEvent:
      return R"({"event":)" + taken.text + R"(,"type":"event.received"})";
    case Kind::kTombstone:
      text = R"({"queue_seq":)" + std::to_string(taken.queue_seq) + R"(,"reason":)";
      json::append_canonical_string(taken.text, text);
      text += R"(,"seq":)" + std::to_string(taken.seq);
      return end("event.tombstone");
    case Kind::kDropped:
      break;
  }
  text = R"({"first_seq":)" + std::to_string(taken.seq) + R"(,"last_seq":)" + std::to_string(taken.last_seq);
  return end("events.dropped");
}

Refusal refusal(Error error) { return {std::move(error), {}}; }

}  // namespace

Result<std::unique_ptr<log::Log>> open_inbox(const std::string& path, const std::string& new_log_id) {
  log::SqliteLogOptions options;
  options.path = path;
  options.new_log_id = new_log_id;
  options.tables = {std::string(kTable)};
  return log::open_sqlite_log(options);
}

Result<std::unique_ptr<LoopbackLink>> LoopbackLink::open(log::Log& inbox, std::string from) {
  std::unique_ptr<LoopbackLink> link(new LoopbackLink(inbox, std::move(from)));
  LUMENFLOW_TRY(link->load());
  return link;
}

LoopbackLink::~LoopbackLink() {
  if (fetch_waits_) fetch_waits_({refusal(Error(ErrorCode::kUnreachable, "the inbox was closed")), {}});
}

Status LoopbackLink::load() {
  places_.clear();
  LUMENFLOW_TRY_ASSIGN(const auto log_id, inbox_.tables().get(kTable, kLogId));
  log_id_ = log_id.value_or("");
  LUMENFLOW_TRY_ASSIGN(const auto rows, inbox_.tables().scan(kTable, kStream, "", SIZE_MAX));
  for (const log::KeyValue& row : rows) {
    const auto place = journal::decode_stream_head(row.value);
    if (!place) return Error(ErrorCode::kJournalDamaged, "the inbox's row of a stream is malformed");
    places_[row.key.substr(kStream.size())] = {place->seq, place->queue_seq};
  }
  return {};
}

// What was not committed did not happen.
Status LoopbackLink::undone(Status why) {
  inbox_.rollback();
  LUMENFLOW_TRY(load());
  return why;
}

Status LoopbackLink::put_place(const std::string& stream, event::StreamPlace place) {
  places_[stream] = place;
  return inbox_.put(kTable, std::string(kStream) + stream,
                    journal::encode(journal::StreamHead{place.seq, place.queue_seq}));
}

Status LoopbackLink::begin(const Hello& hello) {
  if (log_id_.empty()) {
    log_id_ = hello.log_id;
    LUMENFLOW_TRY(inbox_.put(kTable, kLogId, log_id_));
  }
  for (const StreamAt& base : hello.bases) {
    const auto known = places_.find(base.stream);
    const auto begun =
        event::begin_stream(known == places_.end() ? std::nullopt : std::optional(known->second), base.place);
    if (begun.skipped) {
      LUMENFLOW_TRY_ASSIGN(const Position at, inbox_.append({{entry_of(base.stream, *begun.skipped)}, {}}));
      static_cast<void>(at);
    }
    LUMENFLOW_TRY(put_place(base.stream, begun.place));
  }
  return inbox_.commit();
}

void LoopbackLink::hello(const Hello& hello, std::function<void(HelloAnswer)> done) {
  HelloAnswer answer;
  if (!log_id_.empty() && log_id_ != hello.log_id) {
    answer.refusal =
        refusal(Error(ErrorCode::kLogForked, "the inbox knows journal " + log_id_ + ", not " + hello.log_id));
    return done(std::move(answer));
  }
  if (Status begun = begin(hello); !begun.ok()) {
    answer.refusal = refusal(undone(std::move(begun)).error());
    return done(std::move(answer));
  }
  answer.welcome = {log_id_, ++session_, {}, std::nullopt};
  for (const auto& [stream, place] : places_) answer.welcome.streams.push_back({stream, place});
  done(std::move(answer));
}

Result<BatchAnswer> LoopbackLink::take(const Batch& batch) {
  const std::vector<std::string_view> events(batch.events.begin(), batch.events.end());
  const event::StreamPlace place = places_.contains(batch.stream) ? places_[batch.stream] : event::StreamPlace{};
  event::Intake intake = event::take_batch({log_id_, from_}, place, {batch.log_id, batch.stream, batch.after, events});
  if (intake.refused) return *std::move(intake.refused);
  if (!intake.taken.empty()) {
    log::Row row;
    for (const event::TakenEvent& taken : intake.taken) row.entries.push_back(entry_of(batch.stream, taken));
    LUMENFLOW_TRY_ASSIGN(const Position at, inbox_.append(std::move(row)));
    static_cast<void>(at);
    LUMENFLOW_TRY(put_place(batch.stream, intake.place));
    LUMENFLOW_TRY(inbox_.commit());
  }
  return BatchAnswer{intake.accepted, intake.duplicates, std::move(intake.rejected), intake.place.seq};
}

void LoopbackLink::send(std::shared_ptr<const Batch> batch, std::function<void(SendAnswer)> done) {
  SendAnswer answer;
  if (batch->session != session_) {
    answer.refusal = refusal(Error(ErrorCode::kConflict, "the batch is of a conversation that is over"));
    return done(std::move(answer));
  }
  Result<BatchAnswer> taken = take(*batch);
  if (taken.ok())
    answer.batch = *std::move(taken);
  else
    answer.refusal = refusal(undone(taken.error()).error());
  done(std::move(answer));
}

void LoopbackLink::heartbeat(std::uint64_t session, std::function<void(HeartbeatAnswer)> done) {
  HeartbeatAnswer answer;
  if (session != session_)
    answer.refusal = refusal(Error(ErrorCode::kConflict, "the heartbeat is of a conversation that is over"));
  done(std::move(answer));
}

void LoopbackLink::rebind(std::function<void(Status)> done) {
  Status forgotten = forget();
  done(forgotten.ok() ? load() : undone(std::move(forgotten)));
}

Status LoopbackLink::forget() {
  LUMENFLOW_TRY(inbox_.erase(kTable, kLogId));
  for (const auto& [stream, place] : places_) LUMENFLOW_TRY(inbox_.erase(kTable, std::string(kStream) + stream));
  return inbox_.commit();
}

// --- the other direction ---

void LoopbackLink::fetch(const Fetch& fetch, std::function<void(FetchAnswer)> done) {
  if (fetch_waits_)
    std::exchange(fetch_waits_, nullptr)({refusal(Error(ErrorCode::kConflict, "somebody else asks now")), {}});
  FetchAnswer answer;
  if (fetch.session != session_) {
    answer.refusal = refusal(Error(ErrorCode::kConflict, "the conversation is over"));
    return done(std::move(answer));
  }
  Result<journal::InboundBatch> batch = waiting(fetch.durable);
  if (Status forgotten = forget_fetched(fetch.durable); !forgotten.ok()) batch = undone(std::move(forgotten)).error();
  if (!batch.ok()) {
    answer.refusal = refusal(batch.error());
    return done(std::move(answer));
  }
  if (batch->items.empty()) {
    fetched_ = fetch.durable;
    fetch_waits_ = std::move(done);
    return;
  }
  answer.batch = *std::move(batch);
  done(std::move(answer));
}

Status LoopbackLink::forget_fetched(const journal::InboundAt& durable) {
  if (durable.log_id != inbox_.head().log_id) return {};
  LUMENFLOW_TRY_ASSIGN(const auto rows, inbox_.tables().scan(kTable, kPutIn, "", SIZE_MAX));
  const std::string last = std::string(kPutIn) + journal::big_endian(durable.position);
  for (const log::KeyValue& row : rows)
    if (row.key <= last) LUMENFLOW_TRY(inbox_.erase(kTable, row.key));
  return inbox_.commit();
}

Result<journal::InboundBatch> LoopbackLink::waiting(const journal::InboundAt& durable) const {
  journal::InboundBatch batch{inbox_.head().log_id, {}};
  const std::uint64_t after = durable.log_id == batch.log_id ? durable.position : 0;
  LUMENFLOW_TRY_ASSIGN(
      const auto rows,
      inbox_.tables().scan(kTable, kPutIn, std::string(kPutIn) + journal::big_endian(after), kFetchMax));
  std::size_t bytes = 0;
  for (const log::KeyValue& row : rows) {
    const auto number = journal::from_big_endian(std::string_view(row.key).substr(kPutIn.size()));
    if (!number) return Error(ErrorCode::kJournalDamaged, "the inbox's row of what was put in is malformed");
    bytes += row.value.size();
    if (!batch.items.empty() && bytes > kFetchBytesMax) break;
    batch.items.push_back({*number, row.value});
  }
  return batch;
}

Result<StreamAt> LoopbackLink::put_in(const event::Event& event, event::Stamp stamp) {
  Result<StreamAt> at = write_in(event, std::move(stamp));
  if (!at.ok()) return undone(at.error()).error();
  if (!fetch_waits_) return at;
  FetchAnswer answer;
  if (Result<journal::InboundBatch> batch = waiting(fetched_); batch.ok())
    answer.batch = *std::move(batch);
  else
    answer.refusal = refusal(batch.error());
  std::exchange(fetch_waits_, nullptr)(std::move(answer));
  return at;
}

std::uint64_t LoopbackLink::put_in_to() const {
  const auto last = inbox_.tables().get(kTable, kPutLast);
  return last.ok() && *last ? journal::from_big_endian(**last).value_or(0) : 0;
}

Result<StreamAt> LoopbackLink::write_in(const event::Event& event, event::Stamp stamp) {
  const std::string stream_key = std::string(kPutAt) + stamp.stream;
  LUMENFLOW_TRY_ASSIGN(const auto head, inbox_.tables().get(kTable, stream_key));
  LUMENFLOW_TRY_ASSIGN(const auto last, inbox_.tables().get(kTable, kPutLast));
  const auto before = head ? journal::decode_stream_head(*head) : journal::StreamHead{};
  const auto number = last ? journal::from_big_endian(*last) : 0;
  if (!before || !number) return Error(ErrorCode::kJournalDamaged, "the inbox's row of what was put in is malformed");
  stamp.seq = before->seq + 1;
  stamp.queue_seq = before->queue_seq + 1;
  std::string text;
  event::append_envelope(event, stamp, text);
  LUMENFLOW_TRY(inbox_.put(kTable, std::string(kPutIn) + journal::big_endian(*number + 1), text));
  LUMENFLOW_TRY(inbox_.put(kTable, kPutLast, journal::big_endian(*number + 1)));
  LUMENFLOW_TRY(inbox_.put(kTable, stream_key, journal::encode(journal::StreamHead{stamp.seq, *stamp.queue_seq})));
  LUMENFLOW_TRY(inbox_.commit());
  return StreamAt{stamp.stream, {stamp.seq, *stamp.queue_seq}};
}

Result<std::vector<InboxItem>> read_inbox(const log::Log& inbox, Position after, std::size_t limit) {
  std::vector<InboxItem> items;
  while (items.size() < limit) {
    LUMENFLOW_TRY_ASSIGN(const auto rows, inbox.read(after, limit - items.size()));
    if (rows.empty()) break;
    for (const log::StoredRow& row : rows) {
      for (std::size_t i = 0; i < row.entries.size(); ++i) {
        const Position at(row.first.value() + i);
        if (at <= after || items.size() == limit) continue;
        LUMENFLOW_TRY_ASSIGN(json::Value entry, json::parse(row.entries[i]));
        items.push_back({at, std::move(entry)});
        after = at;
      }
    }
  }
  return items;
}

}  // namespace lumenflow::uplink
