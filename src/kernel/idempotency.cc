#include "kernel/idempotency.h"

#include <cstring>

namespace lumenflow::kernel {
namespace {

constexpr std::size_t kLoadChunk = 4096;
constexpr int kExpiredPerBatchMax = 64;

}  // namespace

Hash256 IdempotencyIndex::key_of(std::string_view subject, std::string_view tool, std::string_view key) {
  // A NUL cannot stand in a subject or a tool's name, so the parts cannot run into each other.
  const std::string_view nul("\0", 1);
  return sha256({subject, nul, tool, nul, key});
}

std::uint64_t IdempotencyIndex::fingerprint(const Hash256& key) {
  std::uint64_t value = 0;
  std::memcpy(&value, key.data(), sizeof value);
  return value;
}

std::string IdempotencyIndex::table_key(const Place& place) {
  return journal::big_endian(place.expires_ms) + journal::big_endian(place.ordinal);
}

Status IdempotencyIndex::load(Timestamp now) {
  places_.clear();
  by_expiry_.clear();
  next_ordinal_ = 0;
  std::string after = journal::big_endian(static_cast<std::uint64_t>(now.ms));
  for (;;) {
    LUMENFLOW_TRY_ASSIGN(const std::vector<log::KeyValue> items,
                         log_.tables().scan(journal::kIdempotencyTable, "", after, kLoadChunk));
    for (const log::KeyValue& item : items) {
      const auto record = journal::decode_idempotency_record(item.value);
      if (!record || item.key.size() != 16)
        return Error(ErrorCode::kJournalDamaged, "an idempotency record is malformed");
      const Place place{*journal::from_big_endian(std::string_view(item.key).substr(0, 8)),
                        *journal::from_big_endian(std::string_view(item.key).substr(8))};
      places_.emplace(fingerprint(record->key), place);
      by_expiry_.emplace_back(fingerprint(record->key), place);
      next_ordinal_ = std::max(next_ordinal_, place.ordinal + 1);
    }
    if (items.size() < kLoadChunk) return {};
    after = items.back().key;
  }
}

Result<std::optional<journal::IdempotencyRecord>> IdempotencyIndex::find(const Hash256& key, Timestamp now) const {
  const auto [first, last] = places_.equal_range(fingerprint(key));
  for (auto it = first; it != last; ++it) {
    if (it->second.expires_ms <= static_cast<std::uint64_t>(now.ms)) continue;
    LUMENFLOW_TRY_ASSIGN(const auto value, log_.tables().get(journal::kIdempotencyTable, table_key(it->second)));
    const auto record = value ? journal::decode_idempotency_record(*value) : std::nullopt;
    if (record && record->key == key) return record;
  }
  return std::optional<journal::IdempotencyRecord>();
}

Status IdempotencyIndex::put(const journal::IdempotencyRecord& record, Timestamp now) {
  const Place place{static_cast<std::uint64_t>((now + window_).ms), next_ordinal_};
  LUMENFLOW_TRY(log_.put(journal::kIdempotencyTable, table_key(place), journal::encode(record)));
  ++next_ordinal_;
  places_.emplace(fingerprint(record.key), place);
  by_expiry_.emplace_back(fingerprint(record.key), place);
  return {};
}

Status IdempotencyIndex::expire(Timestamp now) {
  for (int i = 0; i < kExpiredPerBatchMax && !by_expiry_.empty(); ++i) {
    const auto [print, place] = by_expiry_.front();
    if (place.expires_ms > static_cast<std::uint64_t>(now.ms)) break;
    LUMENFLOW_TRY(log_.erase(journal::kIdempotencyTable, table_key(place)));
    const auto [first, last] = places_.equal_range(print);
    for (auto it = first; it != last; ++it)
      if (it->second.ordinal == place.ordinal) {
        places_.erase(it);
        break;
      }
    by_expiry_.pop_front();
  }
  return {};
}

}  // namespace lumenflow::kernel
