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
  // The position that is bad: first == last. Where only a head differs, those it covers beyond the last head that was
  // confirmed: one of them at least is bad, those before are proven. 0 when unknown.
  std::uint64_t first_bad = 0;
  std::uint64_t last_bad = 0;
  std::string what;           // empty when intact
  std::uint64_t entries = 0;  // rechecked
  std::uint64_t heads = 0;    // that were confirmed
  Head head;                  // of the log when the check began
};

// `heads` are those of checkpoints, in any order: of another log, or beyond its end, they are faults too. An error is
// returned only when the check itself could not go on (JOURNAL_UNAVAILABLE).
// `on_page`, when given, is called now and then with the entries rechecked so far.
Result<VerifyReport> verify_all(const Log& log, std::span<const Head> heads,
                                const std::function<void(std::uint64_t entries)>& on_page = nullptr);

}  // namespace lumenflow::log
