// The outbox as files that a person can read: `pending.jsonl`, the oldest pending events as lines, and `dead-letters/`,
// one file each. The journal is the truth; these show it.
//
// One thread. Borrows Files and the Log. Files are written whole and synced, with their folder.
#pragma once

#include <set>
#include <string>

#include "base/files.h"
#include "log/log.h"

namespace lumenflow::uplink {

class OutboxFiles {
 public:
  static constexpr std::size_t kLinesMax = 10'000;
  static constexpr std::size_t kBytesMax = 16u << 20;  // of pending.jsonl; fewer lines when they are long

  // `folder` is `.lumenflow/state/conductor/outbox`; made when missing.
  OutboxFiles(Files& files, const log::Log& log, std::string folder)
      : files_(files), log_(log), folder_(std::move(folder)) {}

  // Writes what differs from the last time. IO_ERROR, JOURNAL_DAMAGED.
  Status refresh();

 private:
  Status refresh_pending();
  Status refresh_dead_letters();
  Result<std::string> pending_lines() const;

  Files& files_;
  const log::Log& log_;
  const std::string folder_;
  bool made_ = false;
  std::string written_;  // the content's hash
};

}  // namespace lumenflow::uplink
