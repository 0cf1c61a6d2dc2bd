#include "journal/retention.h"

#include <algorithm>

#include "base/check.h"
#include "journal/call_row.h"
#include "journal/entry.h"
#include "journal/tables.h"

namespace lumenflow::journal {
namespace {

constexpr std::string_view kStateKey = "s";
constexpr char kStateVersion = 1;
constexpr std::size_t kNumbers = 12;
constexpr std::size_t kEntriesPerRead = 512;        // entries per read
constexpr std::uint64_t kSliceBytesMax = 1u << 20;  // inline, but for the last body

Position end_of(const log::StoredRow& row) { return Position(row.first.value() + row.entries.size() - 1); }

Status store(log::Log& log, const RetentionState& state) {
  std::string value(1, kStateVersion);
  for (const std::uint64_t number :
       {state.recorded.inputs.value(), state.recorded.outputs.value(), state.entry.value(), state.done.inputs.value(),
        state.done.outputs.value(), state.looked.inputs.value(), state.looked.outputs.value(),
        state.counted_from.value(), state.counted_to.value(), state.bodies, state.blobs, state.bytes})
    value += big_endian(number);
  return log.put(kRetentionTable, kStateKey, value);
}

// When the last of the row's entries was written, as text: their times are all of one form.
std::string time_of(const std::vector<json::Value>& entries) {
  std::string latest;
  for (const json::Value& entry : entries) {
    const json::Value* event = entry.find("event");
    for (const std::string_view time :
         {json::string_or(entry, "ts", ""), json::string_or(entry, "received_at", ""),
          event == nullptr ? std::string_view() : json::string_or(*event, "emitted_at", "")})
      if (time > latest) latest = time;
  }
  return latest;
}

// The receipt of a call that begins in the row and has not ended; empty when there is none.
Result<std::string> open_call(const log::TableReader& tables, const std::vector<json::Value>& entries) {
  for (const json::Value& entry : entries) {
    if (type_of(entry) != "call.requested") continue;
    const ReceiptId receipt{std::string(json::string_or(entry, "receipt_id", ""))};
    const auto key = call_key(receipt);
    if (!key) continue;
    LUMENFLOW_TRY_ASSIGN(const auto found, tables.get(kCallsTable, *key));
    const auto places = found ? decode_call_places(*found) : std::nullopt;
    if (places && places->finished.value() == 0) return receipt.str();
  }
  return std::string();
}

struct Reach {
  Position looked;           // the rows up to here are old and nothing needs them
  Position inputs, outputs;  // the last of them that has such a part; 0: none
  bool more = false;
  std::string held_by;
};

// How far from `from` rows are older than `before` and nothing needs them.
Result<Reach> reach(const log::Log& log, const log::TableReader& tables, Position from, Timestamp before,
                    const RetentionLimit& limit, std::size_t entries_max) {
  const std::string moment = format_rfc3339(before);
  Reach reach{from, {}, {}, false, {}};
  for (std::size_t looked_at = 0; looked_at < entries_max;) {
    LUMENFLOW_TRY_ASSIGN(const std::vector<log::StoredRow> rows, log.read(reach.looked, kEntriesPerRead));
    if (rows.empty()) return reach;
    for (const log::StoredRow& row : rows) {
      std::vector<json::Value> entries;
      for (const std::string& bytes : row.entries) {
        LUMENFLOW_TRY_ASSIGN(json::Value entry, decode(bytes));
        entries.push_back(std::move(entry));
      }
      if (time_of(entries) >= moment) return reach;
      if (end_of(row) > limit.position) {
        reach.held_by = limit.held_by;
        return reach;
      }
      LUMENFLOW_TRY_ASSIGN(reach.held_by, open_call(tables, entries));
      if (!reach.held_by.empty()) return reach;
      LUMENFLOW_TRY_ASSIGN(const StoredBody body, parse_body(row.body));
      reach.looked = end_of(row);
      if (!body.input.bytes.empty()) reach.inputs = reach.looked;
      if (!body.result.bytes.empty()) reach.outputs = reach.looked;
      looked_at += row.entries.size();
    }
  }
  reach.more = true;
  return reach;
}

// Which parts of a row are to go, of those that the state has as recorded and not done.
struct Going {
  Position from;  // the first row to look at begins after it
  Position to;
  bool inputs = false, outputs = false;
};

// The part that is further behind goes first, both together where they are even: no row is looked at for nothing.
Going next_going(const RetentionState& state) {
  const Position& in = state.done.inputs;
  const Position& out = state.done.outputs;
  const bool inputs = in < state.recorded.inputs;
  const bool outputs = out < state.recorded.outputs;
  if (inputs && outputs && in == out) return {in, std::min(state.recorded.inputs, state.recorded.outputs), true, true};
  if (inputs && (!outputs || in < out))
    return {in, outputs ? std::min(state.recorded.inputs, out) : state.recorded.inputs, true, false};
  if (outputs) return {out, inputs ? std::min(state.recorded.outputs, in) : state.recorded.outputs, false, true};
  return {};
}

// Takes a part out of the body, where it is there.
bool take_out(StoredPart& part, BodySlice& slice) {
  if (part.bytes.empty()) return false;
  if (part.is_blob)
    slice.blobs.push_back(hash_of_blob(part));
  else
    slice.bytes += part.bytes.size();
  part = {};
  ++slice.bodies;
  return true;
}

Status take_row(const log::StoredRow& row, const Going& going, BodySlice& slice) {
  if (row.body.empty()) return {};
  LUMENFLOW_TRY_ASSIGN(StoredBody body, parse_body(row.body));
  const bool input_went = going.inputs && take_out(body.input, slice);
  const bool output_went = going.outputs && take_out(body.result, slice);
  if (input_went || output_went) slice.changes.push_back({row.first, encode(body)});
  return {};
}

}  // namespace

Result<RetentionState> retention_state(const log::TableReader& tables) {
  LUMENFLOW_TRY_ASSIGN(const auto stored, tables.get(kRetentionTable, kStateKey));
  RetentionState state;
  if (!stored) return state;
  if (!stored->empty() && stored->front() > kStateVersion)
    return Error(ErrorCode::kUnsupportedFormat, "a newer version wrote how far retention is");
  if (stored->size() != 1 + 8 * kNumbers)
    return Error(ErrorCode::kJournalDamaged, "how far retention is, is malformed");
  std::string_view rest = std::string_view(*stored).substr(1);
  const auto next = [&rest] {
    const std::uint64_t number = *from_big_endian(rest.substr(0, 8));
    rest.remove_prefix(8);
    return number;
  };
  for (Position* position :
       {&state.recorded.inputs, &state.recorded.outputs, &state.entry, &state.done.inputs, &state.done.outputs,
        &state.looked.inputs, &state.looked.outputs, &state.counted_from, &state.counted_to})
    *position = Position(next());
  for (std::uint64_t* number : {&state.bodies, &state.blobs, &state.bytes}) *number = next();
  return state;
}

Status begin_retention(log::Log& log) {
  LUMENFLOW_TRY_ASSIGN(RetentionState state, retention_state(log.tables()));
  if (state.begun()) return {};
  state.counted_from = log.next_position();
  return store(log, state);
}

Result<PlannedCut> plan_cut(const log::Log& log, const RetentionState& state, const CutTerms& terms,
                            const RetentionLimit& limit, std::size_t entries_max) {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<log::Snapshot> now, log.snapshot());
  LUMENFLOW_TRY_ASSIGN(const Reach inputs,
                       reach(log, *now, state.looked.inputs, terms.inputs_before, limit, entries_max));
  const bool same = terms.inputs_before == terms.outputs_before && state.looked.inputs == state.looked.outputs;
  Reach outputs = inputs;
  if (!same) {
    LUMENFLOW_TRY_ASSIGN(outputs, reach(log, *now, state.looked.outputs, terms.outputs_before, limit, entries_max));
  }
  return PlannedCut{{std::max(inputs.inputs, state.recorded.inputs), std::max(outputs.outputs, state.recorded.outputs)},
                    {inputs.looked, outputs.looked},
                    inputs.more || outputs.more,
                    inputs.held_by.empty() ? outputs.held_by : inputs.held_by};
}

Status record_cut(log::Log& log, const PlannedCut& planned, std::string entry) {
  LUMENFLOW_TRY_ASSIGN(RetentionState state, retention_state(log.tables()));
  LUMENFLOW_CHECK(planned.cut.inputs >= state.recorded.inputs && planned.cut.outputs >= state.recorded.outputs);
  LUMENFLOW_TRY_ASSIGN(state.entry, log.append({{std::move(entry)}, {}}));
  state.recorded = planned.cut;
  state.looked = planned.looked;
  return store(log, state);
}

Status note_looked(log::Log& log, const PlannedCut& planned) {
  LUMENFLOW_TRY_ASSIGN(RetentionState state, retention_state(log.tables()));
  state.looked = planned.looked;
  return store(log, state);
}

Result<BodySlice> plan_bodies(const log::Log& log, const RetentionState& state, std::size_t bodies_max) {
  BodySlice slice;
  const Going going = next_going(state);
  if (going.to.value() == 0) return slice;
  Position at = going.from;
  const auto is_full = [&] { return slice.changes.size() >= bodies_max || slice.bytes >= kSliceBytesMax; };
  while (!is_full() && at < going.to) {
    LUMENFLOW_TRY_ASSIGN(const std::vector<log::StoredRow> rows, log.read(at, kEntriesPerRead));
    if (rows.empty()) return Error(ErrorCode::kJournalDamaged, "the journal ends before what retention has recorded");
    for (const log::StoredRow& row : rows) {
      if (row.first > going.to || is_full()) break;
      LUMENFLOW_TRY(take_row(row, going, slice));
      at = end_of(row);
    }
  }
  at = std::min(at, going.to);
  slice.done = {going.inputs ? at : state.done.inputs, going.outputs ? at : state.done.outputs};
  return slice;
}

Status apply_bodies(log::Log& log, const BodySlice& slice) {
  LUMENFLOW_TRY_ASSIGN(RetentionState state, retention_state(log.tables()));
  for (const BodySlice::Change& change : slice.changes) LUMENFLOW_TRY(log.replace_body(change.first, change.body));
  for (const Hash256& blob : slice.blobs) LUMENFLOW_TRY(note_idle(log, blob));
  state.done = slice.done;
  state.bodies += slice.bodies;
  state.bytes += slice.bytes;
  return store(log, state);
}

Status count_blobs(log::Log& log, std::uint64_t blobs, std::uint64_t bytes) {
  LUMENFLOW_TRY_ASSIGN(RetentionState state, retention_state(log.tables()));
  state.blobs += blobs;
  state.bytes += bytes;
  return store(log, state);
}

Result<BlobCount> plan_blob_count(const log::Log& log, const RetentionState& state, std::size_t entries_max) {
  BlobCount count{{}, state.counted_to};
  for (std::size_t looked_at = 0; looked_at < entries_max && count.counted_to.next() < state.counted_from;) {
    LUMENFLOW_TRY_ASSIGN(std::vector<log::StoredRow> rows, log.read(count.counted_to, kEntriesPerRead));
    if (rows.empty()) return Error(ErrorCode::kJournalDamaged, "the journal ends before it was begun to be counted");
    for (log::StoredRow& row : rows) {
      LUMENFLOW_TRY_ASSIGN(const StoredBody body, parse_body(row.body));
      count.counted_to = end_of(row);
      looked_at += row.entries.size();
      if (body.input.is_blob || body.result.is_blob) count.bodies.push_back({row.first, std::move(row.body)});
    }
  }
  return count;
}

Status apply_blob_count(log::Log& log, const BlobCount& count) {
  LUMENFLOW_TRY_ASSIGN(RetentionState state, retention_state(log.tables()));
  for (const BodySlice::Change& row : count.bodies) LUMENFLOW_TRY(note_blobs(log, row.first, row.body));
  state.counted_to = count.counted_to;
  return store(log, state);
}

}  // namespace lumenflow::journal
