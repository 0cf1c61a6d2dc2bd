#include "sidekick/constants.h"
#include "sidekick/tool_impl/system.h"
#include "sidekick/tool_impl/time.h"

namespace lumenflow::sidekick {
namespace {

constexpr int kExportVersion = 1;

// Records of one store, oldest first: a list, or with NDJSON one text with a line for each.
class Exported {
 public:
  explicit Exported(bool as_lines) : as_lines_(as_lines) {}
  void add(json::Value record) {
    if (!as_lines_) return records_.push_back(std::move(record));
    json::serialize_to(record, lines_);
    lines_ += '\n';
  }
  json::Value take() { return as_lines_ ? json::Value(std::move(lines_)) : json::Value(std::move(records_)); }

 private:
  const bool as_lines_;
  json::Array records_;
  std::string lines_;
};

Error cancelled() { return Error(ErrorCode::kToolCancelled, "cancelled while exporting"); }

Result<json::Value> export_collection(Call& call, Collection collection, bool as_lines) {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Snapshot> snapshot, call.storage.read(collection));
  Exported out(as_lines);
  std::string after;
  for (;;) {
    if (call.context.cancelled()) return cancelled();
    LUMENFLOW_TRY_ASSIGN(std::vector<Record> records, snapshot->oldest(after, kScanBatch));
    if (records.empty()) return out.take();
    after = records.back().id;
    for (Record& record : records) out.add(std::move(record.value));
  }
}

Result<json::Value> export_audit(Call& call, bool as_lines) {
  Exported out(as_lines);
  std::string after;
  for (;;) {
    if (call.context.cancelled()) return cancelled();
    LUMENFLOW_TRY_ASSIGN(std::vector<json::Value> events, call.storage.read_audit(after, kScanBatch));
    if (events.empty()) return out.take();
    after = json::string_or(events.back(), "id", {});
    for (json::Value& event : events) out.add(std::move(event));
  }
}

}  // namespace

Answer export_all(Call& call) {
  const bool as_lines = call.input.text("format") == "ndjson";
  const bool with_audit = call.input.find("include_audit") == nullptr || call.input.flag("include_audit");
  json::Object data;
  for (Collection collection : kCollections) {
    LUMENFLOW_TRY_ASSIGN(json::Value records, export_collection(call, collection, as_lines));
    data.append(std::string(name(collection)), std::move(records));
  }
  if (with_audit) {
    LUMENFLOW_TRY_ASSIGN(json::Value events, export_audit(call, as_lines));
    data.append("audit", std::move(events));
  }
  return answer(
      {{"exported_at", format_time(call.context.now_ms())}, {"version", kExportVersion}, {"data", std::move(data)}});
}

}  // namespace lumenflow::sidekick
