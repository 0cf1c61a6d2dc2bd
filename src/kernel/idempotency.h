// Idempotency keys of calls: (subject, tool, key) -> the first call under it, for the configured window, durable.
//
// Records are appended to their table by expiry and looked up through a fingerprint map; a hit is confirmed against the
// record itself. Used on the strand only.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/sha256.h"
#include "base/time.h"
#include "journal/tables.h"
#include "log/log.h"

namespace lumenflow::kernel {

class IdempotencyIndex {
 public:
  IdempotencyIndex(log::Log& log, std::chrono::milliseconds window) : log_(log), window_(window) {}

  // Reads what is live at `now`; also the way back after a failed commit.
  Status load(Timestamp now);

  static Hash256 key_of(std::string_view subject, std::string_view tool, std::string_view key);

  // The live record of this key, also one put in the batch that is still open.
  Result<std::optional<journal::IdempotencyRecord>> find(const Hash256& key, Timestamp now) const;
  // Part of the open batch.
  Status put(const journal::IdempotencyRecord& record, Timestamp now);
  // Drops a bounded number of records whose window is over; part of the open batch.
  Status expire(Timestamp now);
  std::size_t size() const { return places_.size(); }

 private:
  struct Place {
    std::uint64_t expires_ms;
    std::uint64_t ordinal;  // tells records of one millisecond apart
  };
  static std::uint64_t fingerprint(const Hash256& key);
  static std::string table_key(const Place& place);

  log::Log& log_;
  const std::chrono::milliseconds window_;
  std::unordered_multimap<std::uint64_t, Place> places_;
  std::deque<std::pair<std::uint64_t, Place>> by_expiry_;  // fingerprint and place, oldest first
  std::uint64_t next_ordinal_ = 0;
};

}  // namespace lumenflow::kernel
