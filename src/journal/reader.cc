#include "journal/reader.h"

#include <algorithm>

#include "journal/call_row.h"
#include "journal/retention.h"
#include "journal/tables.h"
#include "json/canonical.h"

namespace lumenflow::journal {
namespace {

constexpr std::size_t kLookedAtMax = 20'000;  // entries per page
constexpr std::size_t kChunk = 512;           // entries per read

Error no_call(const ReceiptId& receipt) {
  return Error(ErrorCode::kNotFound, "no call has the receipt " + receipt.str());
}

}  // namespace

Reader::Filter Reader::events(std::string_view kind) {
  Filter filter;
  filter.texts.emplace_back(R"("type":"event.)");
  if (!kind.empty()) {
    std::string text = R"("kind":)";
    json::append_canonical_string(kind, text);
    filter.texts.push_back(std::move(text));
  }
  filter.matches = [wanted = std::string(kind)](const json::Value& entry) {
    const json::Value* event = type_of(entry).starts_with("event.") ? entry.find("event") : nullptr;
    return event != nullptr && (wanted.empty() || json::string_or(*event, "kind", "") == wanted);
  };
  return filter;
}

Reader::Filter Reader::events_of(std::vector<std::string> kinds) {
  Filter filter;
  filter.texts.emplace_back(R"("type":"event.)");
  for (const std::string& kind : kinds) {
    std::string text = R"("kind":)";
    json::append_canonical_string(kind, text);
    filter.any_of.push_back(std::move(text));
  }
  filter.matches = [kinds = std::move(kinds)](const json::Value& entry) {
    const json::Value* event = type_of(entry).starts_with("event.") ? entry.find("event") : nullptr;
    return event != nullptr && std::ranges::find(kinds, json::string_or(*event, "kind", "")) != kinds.end();
  };
  return filter;
}

Result<Page> Reader::page(Position after, std::size_t limit, const Filter& filter) const {
  Page page;
  const std::uint64_t end = log_.head().size;
  Position& last = page.last = after;
  const auto may_match = [&filter](const std::string& bytes) {
    const auto stands_there = [&bytes](const std::string& text) { return bytes.find(text) != std::string::npos; };
    return std::ranges::all_of(filter.texts, stands_there) &&
           (filter.any_of.empty() || std::ranges::any_of(filter.any_of, stands_there));
  };
  for (std::size_t looked_at = 0; looked_at < kLookedAtMax && last.value() < end;) {
    LUMENFLOW_TRY_ASSIGN(const std::vector<log::StoredRow> rows, log_.read(last, kChunk));
    if (rows.empty()) break;
    for (const log::StoredRow& row : rows) {
      Position position = row.first;
      for (const std::string& bytes : row.entries) {
        if (position > last) {
          last = position;
          ++looked_at;
          if (may_match(bytes)) {
            LUMENFLOW_TRY_ASSIGN(json::Value value, decode(bytes));
            if (filter.matches(value)) page.items.push_back({position, bytes, std::move(value)});
          }
          if (page.items.size() == limit) {
            if (last.value() < log_.head().size) page.next = last;
            return page;
          }
        }
        position = position.next();
      }
    }
  }
  if (last.value() < end) page.next = last;
  return page;
}

Result<ReadEntry> Reader::entry(Position position) const {
  LUMENFLOW_TRY_ASSIGN(const log::StoredRow row, log_.row_at(position));
  const std::string& bytes = row.entries[position.value() - row.first.value()];
  LUMENFLOW_TRY_ASSIGN(json::Value value, decode(bytes));
  return ReadEntry{position, bytes, std::move(value)};
}

Result<RecordedCall> Reader::call(const ReceiptId& receipt) const {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<log::Snapshot> snapshot, log_.snapshot());
  return call_in(*snapshot, receipt);
}

Result<RecordedCall> Reader::call_in(const log::TableReader& tables, const ReceiptId& receipt) const {
  const std::optional<std::string> key = call_key(receipt);
  if (!key) return no_call(receipt);
  LUMENFLOW_TRY_ASSIGN(const std::optional<std::string> found, tables.get(kCallsTable, *key));
  const std::optional<CallPlaces> places = found ? decode_call_places(*found) : std::nullopt;
  if (!places) return no_call(receipt);

  RecordedCall call;
  const auto take = [&](const log::StoredRow& row) -> Status {
    LUMENFLOW_TRY_ASSIGN(CallRow decoded, decode_row(row, blobs_));
    for (json::Value& entry : decoded.entries) {
      if (json::string_or(entry, "receipt_id", "") != receipt.str()) continue;
      if (type_of(entry) == "call.requested")
        call.requested = std::move(entry);
      else if (type_of(entry) == "call.finished")
        call.finished = std::move(entry);
    }
    if (!decoded.body.input.empty()) call.body.input = std::move(decoded.body.input);
    if (!decoded.body.result.empty()) call.body.result = std::move(decoded.body.result);
    if (!decoded.input_absent && !decoded.result_absent) return {};
    // As of now: it may have gone since `tables` was taken.
    LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<log::Snapshot> now, log_.snapshot());
    LUMENFLOW_TRY_ASSIGN(const RetentionState retention, retention_state(*now));
    LUMENFLOW_TRY(check_absence(row, decoded, retention.recorded));
    call.input_let_go = call.input_let_go || decoded.input_absent;
    call.result_let_go = call.result_let_go || decoded.result_absent;
    return {};
  };
  LUMENFLOW_TRY_ASSIGN(const log::StoredRow first, log_.row_at(places->requested));
  LUMENFLOW_TRY(take(first));
  if (places->finished.value() != 0 && places->finished != places->requested) {
    LUMENFLOW_TRY_ASSIGN(const log::StoredRow second, log_.row_at(places->finished));
    LUMENFLOW_TRY(take(second));
  }
  return call;
}

}  // namespace lumenflow::journal
