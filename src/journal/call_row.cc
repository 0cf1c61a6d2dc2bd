#include "journal/call_row.h"

#include "base/encoding.h"
#include "journal/entry.h"

namespace lumenflow::journal {
namespace {

constexpr std::size_t kRowChunk = 512;  // entries per read

// Whether the entry of this type carries the hash of the part. No part: nothing to hold against it.
bool holds(const std::vector<json::Value>& entries, std::string_view type, std::string_view key,
           const std::string& part) {
  if (part.empty()) return true;
  for (const json::Value& entry : entries)
    if (type_of(entry) == type) return json::string_or(entry, key, "") == to_hex(sha256(part));
  return false;
}

// What an entry of the row gives the hash of, and is not there; empty when nothing is missing.
std::string_view missing_part(const CallRow& row) {
  const auto lacks = [](const json::Value& entry, std::string_view type, std::string_view key,
                        const std::string& part) {
    return part.empty() && type_of(entry) == type && entry.find(key) != nullptr;
  };
  for (const json::Value& entry : row.entries) {
    if (lacks(entry, "call.requested", "input_hash", row.body.input)) return "the stored input is gone";
    if (lacks(entry, "call.finished", "output_hash", row.body.result)) return "the stored result is gone";
  }
  return {};
}

Error damaged(const log::StoredRow& row, std::string_view what) {
  return Error(ErrorCode::kJournalDamaged,
               "at position " + std::to_string(row.first.value()) + ": " + std::string(what));
}

}  // namespace

Result<CallRow> decode_row(const log::StoredRow& row, const BlobStore& blobs) {
  CallRow decoded;
  for (const std::string& bytes : row.entries) {
    LUMENFLOW_TRY_ASSIGN(json::Value entry, decode(bytes));
    decoded.entries.push_back(std::move(entry));
  }
  if (row.body.empty()) return decoded;
  Result<Body> body = decode_body(row.body, blobs);
  if (!body.ok())
    return body.error().code() == ErrorCode::kJournalDamaged ? damaged(row, body.error().message()) : body.error();
  decoded.body = *std::move(body);
  if (!holds(decoded.entries, "call.requested", "input_hash", decoded.body.input))
    return damaged(row, "the stored input is not the one whose hash the journal holds");
  if (!holds(decoded.entries, "call.finished", "output_hash", decoded.body.result))
    return damaged(row, "the stored result is not the one whose hash the journal holds");
  return decoded;
}

Result<BodiesReport> verify_bodies(const log::Log& log, const BlobStore& blobs) {
  BodiesReport report;
  for (Position last(0);;) {
    LUMENFLOW_TRY_ASSIGN(const std::vector<log::StoredRow> rows, log.read(last, kRowChunk));
    if (rows.empty()) return report;
    for (const log::StoredRow& row : rows) {
      last = Position(row.first.value() + row.entries.size() - 1);
      if (!row.body.empty()) ++report.checked;
      const Result<CallRow> decoded = decode_row(row, blobs);
      if (!decoded.ok() && decoded.error().code() != ErrorCode::kJournalDamaged) return decoded.error();
      const std::string_view missing = decoded.ok() ? missing_part(*decoded) : std::string_view();
      if (decoded.ok() && missing.empty()) continue;
      report.first_bad = row.first.value();
      report.what = decoded.ok() ? damaged(row, missing).message() : decoded.error().message();
      return report;
    }
  }
}

}  // namespace lumenflow::journal
