#include "kernel/idempotency.h"

namespace lumenflow::kernel {

Hash256 IdempotencyIndex::key_of(std::string_view subject, std::string_view tool, std::string_view key) {
  // A NUL cannot stand in a subject or a tool's name, so the parts cannot run into each other.
  const std::string_view nul("\0", 1);
  return sha256({subject, nul, tool, nul, key});
}

Result<std::optional<journal::IdempotencyRecord>> IdempotencyIndex::find(const Hash256& key, Timestamp now) {
  LUMENFLOW_TRY_ASSIGN(const auto value, keys_.find(key, now));
  if (!value) return std::optional<journal::IdempotencyRecord>();
  const auto record = journal::decode_idempotency_record(*value);
  if (!record) return Error(ErrorCode::kJournalDamaged, "an idempotency record is malformed");
  return record;
}

Status IdempotencyIndex::put(const Hash256& key, const journal::IdempotencyRecord& record, Timestamp now) {
  return keys_.put(key, journal::encode(record), now + window_);
}

}  // namespace lumenflow::kernel
