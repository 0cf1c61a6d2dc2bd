#include "journal/cut.h"

#include <algorithm>

#include "base/encoding.h"
#include "json/canonical.h"

namespace lumenflow::journal {
namespace {

Error refused(Position at, std::string_view what) {
  return Error(ErrorCode::kJournalDamaged, "at position " + std::to_string(at.value()) + ": " + std::string(what));
}

// What is signed: the entry's own members, and what they are for.
std::string signed_text(const json::Object& entry) {
  json::Object covered = entry;
  covered.erase("type");
  covered.erase("signature");
  covered.set("purpose", "retention");
  return *json::canonical(json::Value(std::move(covered)));
}

}  // namespace

std::string signed_cut(const Cut& cut, const CutTerms& terms, std::string_view log_id, Timestamp ts,
                       const Ed25519KeyPair& key) {
  json::Object entry{{"inputs_before", format_rfc3339(terms.inputs_before)},
                     {"inputs_to", cut.inputs.value()},
                     {"log_id", log_id},
                     {"outputs_before", format_rfc3339(terms.outputs_before)},
                     {"outputs_to", cut.outputs.value()},
                     {"ts", format_rfc3339(ts)},
                     {"type", kCutType}};
  entry.set("signature", to_base64url(ed25519_sign(signed_text(entry), key)));
  return *json::canonical(json::Value(std::move(entry)));
}

Result<Cut> check_cut(const json::Value& entry, Position at, std::string_view public_key,
                      std::span<const std::string> log_ids) {
  const std::int64_t inputs = json::integer_or(entry, "inputs_to", -1);
  const std::int64_t outputs = json::integer_or(entry, "outputs_to", -1);
  if (json::string_or(entry, "type", "") != kCutType || inputs < 0 || outputs < 0)
    return refused(at, "the entry of retention is malformed");
  const auto signature = from_base64url(json::string_or(entry, "signature", ""));
  if (!signature || !ed25519_verify(signed_text(entry.as_object()), *signature, public_key))
    return refused(at, "the entry of retention is not signed with the log's key");
  if (std::ranges::find(log_ids, json::string_or(entry, "log_id", "")) == log_ids.end())
    return refused(at, "the entry of retention is of another log");
  const Cut cut{Position(static_cast<std::uint64_t>(inputs)), Position(static_cast<std::uint64_t>(outputs))};
  if (cut.inputs >= at || cut.outputs >= at) return refused(at, "the entry of retention covers itself");
  return cut;
}

}  // namespace lumenflow::journal
