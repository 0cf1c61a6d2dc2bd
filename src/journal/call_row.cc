#include "journal/call_row.h"

#include <algorithm>

#include "base/encoding.h"
#include "journal/entry.h"

namespace lumenflow::journal {
namespace {

// Whether the entry of this type carries the hash of the part. No part: nothing to hold against it.
bool holds(const std::vector<json::Value>& entries, std::string_view type, std::string_view key,
           const std::string& part) {
  if (part.empty()) return true;
  for (const json::Value& entry : entries)
    if (type_of(entry) == type) return json::string_or(entry, key, "") == to_hex(sha256(part));
  return false;
}

bool gives_hash(const std::vector<json::Value>& entries, std::string_view type, std::string_view key) {
  return std::ranges::any_of(
      entries, [&](const json::Value& entry) { return type_of(entry) == type && entry.find(key) != nullptr; });
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
  const auto load = [&](const StoredPart& part, std::string& into) -> Status {
    Result<std::string> bytes = read_part(part, blobs);
    if (bytes.ok())
      into = *std::move(bytes);
    else if (bytes.error().code() == ErrorCode::kJournalDamaged)
      return damaged(row, bytes.error().message());
    else if (bytes.error().code() != ErrorCode::kNotFound)
      return bytes.error();
    return {};
  };
  const Result<StoredBody> body = parse_body(row.body);
  if (!body.ok()) return damaged(row, body.error().message());
  LUMENFLOW_TRY(load(body->input, decoded.body.input));
  LUMENFLOW_TRY(load(body->result, decoded.body.result));
  if (!holds(decoded.entries, "call.requested", "input_hash", decoded.body.input))
    return damaged(row, "the stored input is not the one whose hash the journal holds");
  if (!holds(decoded.entries, "call.finished", "output_hash", decoded.body.result))
    return damaged(row, "the stored result is not the one whose hash the journal holds");
  decoded.input_absent = decoded.body.input.empty() && gives_hash(decoded.entries, "call.requested", "input_hash");
  decoded.result_absent = decoded.body.result.empty() && gives_hash(decoded.entries, "call.finished", "output_hash");
  return decoded;
}

Status check_absence(const log::StoredRow& row, const CallRow& decoded, const Cut& cut) {
  if (decoded.input_absent && row.first > cut.inputs)
    return damaged(row, "the stored input is gone, and no retention let it go");
  if (decoded.result_absent && row.first > cut.outputs)
    return damaged(row, "the stored result is gone, and no retention let it go");
  return {};
}

}  // namespace lumenflow::journal
