#include "conductor/ingest.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/encoding.h"
#include "conductor/tables.h"
#include "json/canonical.h"

namespace lumenflow::conductor {
namespace {

constexpr std::size_t kStreamsMax = 10'000;  // of one workspace

// What the entries of one batch end with.
class EntryWriter {
 public:
  EntryWriter(std::string_view workspace, std::string_view log_id, std::string_view stream)
      : log_(R"("log_id":)"), stream_(R"(,"stream":)"), workspace_(R"(,"workspace":)") {
    json::append_canonical_string(log_id, log_);
    json::append_canonical_string(stream, stream_);
    json::append_canonical_string(workspace, workspace_);
    workspace_ += '}';
  }

  // Canonical JSON, written in order of the members' names.
  std::string operator()(const event::TakenEvent& taken) const {
    using Kind = event::TakenEvent::Kind;
    constexpr std::string_view kTypes[] = {R"("event.received")", R"("event.tombstone")", R"("events.dropped")"};
    std::string text;
    text.reserve(taken.text.size() + log_.size() + stream_.size() + workspace_.size() + 96);
    text += '{';
    if (taken.kind == Kind::kEvent) text.append(R"("event":)").append(taken.text) += ',';
    if (taken.kind == Kind::kDropped)
      text += R"("first_seq":)" + std::to_string(taken.seq) + R"(,"last_seq":)" + std::to_string(taken.last_seq) + ",";
    text += log_;
    if (taken.kind == Kind::kTombstone) {
      text += R"(,"queue_seq":)" + std::to_string(taken.queue_seq) + R"(,"reason":)";
      json::append_canonical_string(taken.text, text);
      text += R"(,"seq":)" + std::to_string(taken.seq);
    }
    text.append(stream_).append(R"(,"type":)").append(kTypes[static_cast<std::size_t>(taken.kind)]);
    return text += workspace_;
  }

 private:
  std::string log_, stream_, workspace_;
};

Error forked(std::string_view known, std::string_view said) {
  return Error(ErrorCode::kLogForked, "the conductor knows the journal " + std::string(known) +
                                          " of this workspace, not " + std::string(said) +
                                          "; an operator has to consent to the new one");
}

}  // namespace

Result<std::string> Ingest::bound(const std::string& workspace) const {
  LUMENFLOW_TRY_ASSIGN(const auto found, ledger_.tables().get(kBound, workspace));
  return found.value_or("");
}

Result<event::StreamPlace> Ingest::place(const std::string& key) const {
  LUMENFLOW_TRY_ASSIGN(const auto found, ledger_.tables().get(kPlaces, key));
  if (!found) return event::StreamPlace{};
  return decode_place(*found);
}

Status Ingest::begin_anew(const std::string& workspace, Position floor) {
  LUMENFLOW_TRY(settle_fork(workspace));
  LUMENFLOW_TRY(ledger_.put(kFloors, workspace, big_endian(floor.value())));
  return ledger_.erase(kBound, workspace);
}

Result<Position> Ingest::floor(const std::string& workspace) const {
  LUMENFLOW_TRY_ASSIGN(const auto found, ledger_.tables().get(kFloors, workspace));
  return Position(from_big_endian(found.value_or("")));
}

Status Ingest::bind(const std::string& workspace, const std::string& log_id) {
  LUMENFLOW_TRY_ASSIGN(const Position now, floor(workspace));
  const std::string key = key_of({workspace, log_id});
  LUMENFLOW_TRY_ASSIGN(const auto owned, ledger_.tables().get(kOwned, key));
  LUMENFLOW_TRY_ASSIGN(const auto known, ledger_.tables().scan(kPlaces, key, "", 1));
  LUMENFLOW_TRY_ASSIGN(const auto witnessed, head(workspace, log_id));
  const bool used = owned || !known.empty() || witnessed;
  if (used && from_big_endian(owned.value_or("")) != now.value())
    return Error(ErrorCode::kLogForked, "the journal " + log_id +
                                            " is of a former enrollment of this id, under another key; go on with the "
                                            "key that it had, or with a journal of its own (lumenflow restore)");
  LUMENFLOW_TRY(ledger_.put(kOwned, key, big_endian(now.value())));
  return ledger_.put(kBound, workspace, log_id);
}

Status Ingest::begin(const std::string& workspace, const std::string& log_id, const std::vector<StreamBase>& bases) {
  LUMENFLOW_TRY_ASSIGN(const std::string known, bound(workspace));
  if (!known.empty() && known != log_id) return forked(known, log_id);
  if (known.empty()) LUMENFLOW_TRY(bind(workspace, log_id));
  for (const StreamBase& base : bases) {
    const std::string key = key_of({workspace, log_id}) + base.stream;
    LUMENFLOW_TRY_ASSIGN(const auto there, ledger_.tables().get(kPlaces, key));
    std::optional<event::StreamPlace> before;
    if (there) {
      LUMENFLOW_TRY_ASSIGN(before, decode_place(*there));
    }
    const event::StreamBegin begun = event::begin_stream(before, base.place);
    if (begun.skipped) {
      LUMENFLOW_TRY_ASSIGN(
          const Position at,
          ledger_.append({EntryWriter(workspace, log_id, base.stream)(*begun.skipped)},
                         {list_of_events(workspace, log_id), list_of_stream(workspace, log_id, base.stream)}));
      static_cast<void>(at);
    }
    if (!before || !(*before == begun.place)) LUMENFLOW_TRY(ledger_.put(kPlaces, key, encode(begun.place)));
  }
  return {};
}

Result<bool> Ingest::note_fork(const std::string& workspace, const std::string& log_id, std::string_view reason) {
  LUMENFLOW_TRY_ASSIGN(const auto known, fork(workspace));
  if (known && json::string_or(*known, "log_id", "") == log_id) return false;
  const json::Value row =
      json::Object{{"log_id", log_id}, {"reason", std::string(reason)}, {"since", format_rfc3339(clock_.now())}};
  LUMENFLOW_TRY(ledger_.put(kForks, workspace, json::serialize(row)));
  return true;
}

Status Ingest::settle_fork(const std::string& workspace) { return ledger_.erase(kForks, workspace); }

Result<std::optional<json::Value>> Ingest::fork(const std::string& workspace) const {
  LUMENFLOW_TRY_ASSIGN(const auto found, ledger_.tables().get(kForks, workspace));
  if (!found) return std::optional<json::Value>();
  LUMENFLOW_TRY_ASSIGN(json::Value row, json::parse(*found));
  return std::optional(std::move(row));
}

Status Ingest::rebind(const std::string& workspace, const std::string& log_id) {
  LUMENFLOW_TRY(settle_fork(workspace));
  LUMENFLOW_TRY_ASSIGN(const std::string known, bound(workspace));
  if (known == log_id) return {};
  return bind(workspace, log_id);
}

Result<std::vector<StreamBase>> Ingest::streams(const std::string& workspace, const std::string& log_id) const {
  const std::string prefix = key_of({workspace, log_id});
  LUMENFLOW_TRY_ASSIGN(const auto rows, ledger_.tables().scan(kPlaces, prefix, "", kStreamsMax));
  std::vector<StreamBase> streams;
  for (const log::KeyValue& row : rows) {
    LUMENFLOW_TRY_ASSIGN(const event::StreamPlace at, decode_place(row.value));
    streams.push_back({row.key.substr(prefix.size()), at});
  }
  return streams;
}

Result<bool> Ingest::is_repeat(const std::string& workspace, const event::IntakeBatch& batch) const {
  LUMENFLOW_TRY_ASSIGN(const event::StreamPlace now,
                       place(key_of({workspace, batch.log_id}) + std::string(batch.stream)));
  return batch.after.seq < now.seq || batch.after.queue_seq < now.queue_seq;
}

Result<event::Intake> Ingest::take(const std::string& workspace, const event::IntakeBatch& batch) {
  LUMENFLOW_TRY_ASSIGN(const std::string known, bound(workspace));
  const std::string log_id(batch.log_id), stream(batch.stream);
  const std::string key = key_of({workspace, log_id}) + stream;
  LUMENFLOW_TRY_ASSIGN(const event::StreamPlace before, place(key));
  event::Intake intake = event::take_batch({known, workspace}, before, batch);
  if (intake.refused || intake.taken.empty()) return intake;
  std::vector<std::string> entries, lists{list_of_events(workspace, log_id), list_of_stream(workspace, log_id, stream)};
  std::set<std::string_view> kinds;
  const EntryWriter entry_of(workspace, log_id, stream);
  entries.reserve(intake.taken.size());
  for (const event::TakenEvent& taken : intake.taken) {
    entries.push_back(entry_of(taken));
    if (taken.kind == event::TakenEvent::Kind::kEvent) kinds.insert(taken.event_kind);
  }
  for (const std::string_view kind : kinds) lists.push_back(list_of_kind(workspace, log_id, kind));
  LUMENFLOW_TRY_ASSIGN(const Position first, ledger_.append(std::move(entries), lists));
  LUMENFLOW_TRY(ledger_.put(kPlaces, key, encode(intake.place)));
  for (std::size_t i = 0; i < intake.taken.size(); ++i)
    if (intake.taken[i].kind == event::TakenEvent::Kind::kEvent)
      LUMENFLOW_TRY(views_.take(workspace, intake.taken[i], Position(first.value() + i)));
  return intake;
}

Result<std::optional<KnownHead>> Ingest::head(const std::string& workspace, const std::string& log_id) const {
  LUMENFLOW_TRY_ASSIGN(const auto found, ledger_.tables().get(kHeads, key_of({workspace, log_id})));
  if (!found) return std::optional<KnownHead>();
  KnownHead head;
  if (found->size() != 8 + head.root.size())
    return Error(ErrorCode::kJournalDamaged, "the head of a workspace is malformed");
  head.size = from_big_endian(*found);
  std::copy_n(as_bytes(*found).begin() + 8, head.root.size(), head.root.begin());
  return std::optional(head);
}

Result<std::string> Ingest::witness(const std::string& workspace, const std::string& log_id,
                                    const log::Checkpoint& checkpoint, std::span<const Hash256> proof, bool repeated,
                                    std::string_view name, const Ed25519KeyPair& key) {
  LUMENFLOW_TRY_ASSIGN(const auto known, head(workspace, log_id));
  if (checkpoint.head.log_id != log_id) return forked(log_id, checkpoint.head.log_id);
  if (repeated && known && checkpoint.head.size < known->size) return std::string();
  std::optional<log::Head> last;
  if (known) last = log::Head{log_id, known->size, known->root};
  LUMENFLOW_TRY_ASSIGN(std::string note, log::cosign(checkpoint, last, proof, name, key, clock_.now()));
  if (!known || known->size != checkpoint.head.size)
    LUMENFLOW_TRY(ledger_.put(kHeads, key_of({workspace, log_id}),
                              big_endian(checkpoint.head.size) + std::string(as_chars(checkpoint.head.root))));
  ledger_.when_durable(nullptr);
  return note;
}

}  // namespace lumenflow::conductor
