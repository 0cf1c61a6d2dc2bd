// Rechecking a whole Log: every entry, every node of the stored tree, every head that somebody holds.
//
// May run beside the writer, on any thread; memory stays flat whatever the size.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "log/log.h"

namespace lumenflow::log {

struct VerifyReport {
  bool intact = true;
  std::uint64_t first_bad = 0;  // position; with a head that differs, the first that may be: those before are proven
  std::string what;             // empty when intact
  std::uint64_t entries = 0;    // rechecked
  std::uint64_t heads = 0;      // that were confirmed
  Head head;                    // of the log when the check began
};

// `heads` are those of checkpoints, in any order: of another log, or beyond its end, they are faults too. An error is
// returned only when the check itself could not go on (JOURNAL_UNAVAILABLE).
// `on_page`, when given, is called now and then with the entries rechecked so far.
Result<VerifyReport> verify_all(const Log& log, std::span<const Head> heads,
                                const std::function<void(std::uint64_t entries)>& on_page = nullptr);

}  // namespace lumenflow::log
