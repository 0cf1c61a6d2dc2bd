// Idempotency keys of calls: (subject, tool, key) -> the first call under it, for the configured window, durable.
//
// Used on the strand only; writes belong to the batch that is open.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/sha256.h"
#include "base/time.h"
#include "journal/key_window.h"
#include "journal/tables.h"
#include "log/log.h"

namespace lumenflow::kernel {

class IdempotencyIndex {
 public:
  IdempotencyIndex(log::Log& log, std::chrono::milliseconds window)
      : keys_(log, {journal::kCallKeysTable, journal::kCallKeyIndexTable}), window_(window) {}

  // Also the way back after a failed commit.
  Status load() { return keys_.load(); }

  static Hash256 key_of(std::string_view subject, std::string_view tool, std::string_view key);

  // The live record of this key, also one put in the batch that is still open.
  Result<std::optional<journal::IdempotencyRecord>> find(const Hash256& key, Timestamp now);
  Status put(const Hash256& key, const journal::IdempotencyRecord& record, Timestamp now);
  // Drops a bounded number of rows whose window is over.
  Status expire(Timestamp now) { return keys_.expire(now); }

 private:
  journal::KeyWindow keys_;
  const std::chrono::milliseconds window_;
};

}  // namespace lumenflow::kernel
