#include "journal/reader.h"

#include "journal/call_row.h"
#include "journal/tables.h"

namespace lumenflow::journal {
namespace {

constexpr std::size_t kLookedAtMax = 20'000;  // entries per page
constexpr std::size_t kChunk = 512;           // entries per read

Error no_call(const ReceiptId& receipt) {
  return Error(ErrorCode::kNotFound, "no call has the receipt " + receipt.str());
}

}  // namespace

Result<Page> Reader::page(Position after, std::size_t limit, const Filter& matches) const {
  Page page;
  const std::uint64_t end = log_.head().size;
  Position last = after;
  for (std::size_t looked_at = 0; looked_at < kLookedAtMax && last.value() < end;) {
    LUMENFLOW_TRY_ASSIGN(const std::vector<log::StoredRow> rows, log_.read(last, kChunk));
    if (rows.empty()) break;
    for (const log::StoredRow& row : rows) {
      Position position = row.first;
      for (const std::string& bytes : row.entries) {
        if (position > last) {
          LUMENFLOW_TRY_ASSIGN(json::Value value, decode(bytes));
          last = position;
          ++looked_at;
          if (matches(value)) page.items.push_back({position, bytes, std::move(value)});
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
