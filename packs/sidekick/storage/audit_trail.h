// The audit trail: lines in the file `audit/events.jsonl`, and those behind them that so far are in the log alone.
//
// Holds where each line of the file is, not what it says. Not thread safe.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/result.h"
#include "sidekick/storage/storage_port.h"

namespace lumenflow::sidekick {

// Part of the trail: one stretch of the file, cut into lines, then lines from the log.
struct AuditPage {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> lines;  // offset and length within the stretch
  std::vector<std::string> pending;
};

class AuditTrail {
 public:
  // Finds the lines in the file's text; answers the offsets of those that are no audit lines, which are skipped.
  std::vector<std::uint64_t> index_file(std::string_view text);
  // A line that is durable in the log.
  void append(std::string line);
  // The oldest `count` pending lines as the file will hold them.
  std::string pending_text(std::size_t count) const;
  // They were written to the file at `offset`.
  void moved_to_file(std::size_t count, std::uint64_t offset);

  std::size_t pending() const { return pending_.size(); }
  const std::deque<std::string>& pending_lines() const { return pending_; }
  Usage usage() const;
  // At most `limit` lines behind the event `after` (empty: from the oldest). NOT_FOUND when there is no such event.
  Result<AuditPage> page(std::string_view after, std::size_t limit) const;

 private:
  struct Place {
    std::uint64_t id_hash;
    std::uint64_t offset;
    std::uint64_t length;  // without the newline
  };
  std::vector<Place> in_file_;
  std::deque<std::string> pending_;
  std::int64_t bytes_ = 0;
};

// The `id` of an audit line; empty when it is none.
std::string audit_id(std::string_view line);

}  // namespace lumenflow::sidekick
