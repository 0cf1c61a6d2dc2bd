// Every stored input and output against its entry, and every entry of retention.
#include <algorithm>
#include <string>
#include <vector>

#include "journal/call_row.h"
#include "journal/entry.h"
#include "journal/former_logs.h"
#include "journal/retention.h"

namespace lumenflow::journal {
namespace {

constexpr std::size_t kRowChunk = 512;  // entries per read

class BodiesVerifier {
 public:
  BodiesVerifier(const log::Log& log, const BlobStore& blobs, std::string_view public_key,
                 const std::string& former_log_id)
      : log_(log), blobs_(blobs), public_key_(public_key), log_ids_{log.head().log_id} {
    if (!former_log_id.empty()) log_ids_.push_back(former_log_id);
  }

  Result<BodiesReport> run() {
    LUMENFLOW_TRY(note(look_up_cut()));
    for (Position last(0); report_.first_bad == 0;) {
      LUMENFLOW_TRY_ASSIGN(const std::vector<log::StoredRow> rows, log_.read(last, kRowChunk));
      if (rows.empty()) break;
      for (const log::StoredRow& row : rows) {
        last = Position(row.first.value() + row.entries.size() - 1);
        at_ = row.first;
        LUMENFLOW_TRY(note(check(row)));
        if (report_.first_bad != 0) break;
      }
    }
    return std::move(report_);
  }

 private:
  // What is bad is reported; what keeps the check from going on is an error.
  Status note(const Status& status) {
    if (status.ok() || status.error().code() != ErrorCode::kJournalDamaged) return status;
    report_.first_bad = at_.value();
    report_.what = status.error().message();
    return {};
  }

  Status check(const log::StoredRow& row) {
    if (!row.body.empty()) ++report_.checked;
    LUMENFLOW_TRY_ASSIGN(const CallRow decoded, decode_row(row, blobs_));
    for (std::size_t i = 0; i < decoded.entries.size(); ++i)
      if (type_of(decoded.entries[i]) == kCutType)
        LUMENFLOW_TRY(take_cut(decoded.entries[i], Position(row.first.value() + i)));
    if (!decoded.input_absent && !decoded.result_absent) return {};
    ++report_.let_go;
    // A cut that was recorded since covers what went since.
    if (!check_absence(row, decoded, report_.cut).ok()) LUMENFLOW_TRY(look_up_cut());
    at_ = row.first;
    return check_absence(row, decoded, report_.cut);
  }

  // The cut that the journal is at. The table says where its entry is; the entry says what counts.
  Status look_up_cut() {
    LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<log::Snapshot> now, log_.snapshot());
    LUMENFLOW_TRY_ASSIGN(const RetentionState state, retention_state(*now));
    if (state.entry.value() == 0) return {};
    at_ = state.entry;
    Result<log::StoredRow> row = log_.row_at(state.entry);
    if (!row.ok() && row.error().code() == ErrorCode::kNotFound)
      return Error(ErrorCode::kJournalDamaged, "the entry that retention last recorded is not there");
    LUMENFLOW_TRY(row);
    LUMENFLOW_TRY_ASSIGN(const json::Value entry, decode(row->entries[state.entry.value() - row->first.value()]));
    return take_cut(entry, state.entry);
  }

  Status take_cut(const json::Value& entry, Position at) {
    at_ = at;
    LUMENFLOW_TRY(note_log_ids(entry));
    LUMENFLOW_TRY_ASSIGN(const Cut cut, check_cut(entry, at, public_key_, log_ids_));
    report_.cut = {std::max(report_.cut.inputs, cut.inputs), std::max(report_.cut.outputs, cut.outputs)};
    return {};
  }

  // Of this log, and of those that it was restored from, which are looked for when one is met.
  Status note_log_ids(const json::Value& entry) {
    if (knows_former_ || std::ranges::find(log_ids_, json::string_or(entry, "log_id", "")) != log_ids_.end()) return {};
    knows_former_ = true;
    LUMENFLOW_TRY_ASSIGN(const auto former, former_logs(log_));
    for (const auto& [log_id, size] : former) log_ids_.push_back(log_id);
    return {};
  }

  const log::Log& log_;
  const BlobStore& blobs_;
  const std::string_view public_key_;
  std::vector<std::string> log_ids_;
  bool knows_former_ = false;
  Position at_{};
  BodiesReport report_;
};

}  // namespace

Result<BodiesReport> verify_bodies(const log::Log& log, const BlobStore& blobs, std::string_view public_key,
                                   const std::string& former_log_id) {
  return BodiesVerifier(log, blobs, public_key, former_log_id).run();
}

}  // namespace lumenflow::journal
