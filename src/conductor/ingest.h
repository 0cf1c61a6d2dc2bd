// What a workspace says of itself, into the Log: which streams it has, and their events, each once and in order.
//
// The rules are event/stream_intake.h. Everything is part of this turn's batch of the ledger. The io thread only.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "conductor/ledger.h"
#include "conductor/views.h"
#include "event/stream_intake.h"
#include "log/witness.h"

namespace lumenflow::conductor {

struct StreamBase {
  std::string stream;
  event::StreamPlace place;
};

struct KnownHead {
  std::uint64_t size = 0;
  Hash256 root{};
};

class Ingest {
 public:
  Ingest(Ledger& ledger, Views& views, const Clock& clock) : ledger_(ledger), views_(views), clock_(clock) {}

  // The log_id that the workspace is bound to; empty: none yet.
  Result<std::string> bound(const std::string& workspace) const;
  // From this position on the workspace's id is another's: the first hello says which journal that has, which must be
  // none of the former one's, and of what stands before it hears nothing (floor; 0: it has always been the same).
  Status begin_anew(const std::string& workspace, Position floor);
  Result<Position> floor(const std::string& workspace) const;
  // LOG_FORKED for another journal than the known one.
  Status begin(const std::string& workspace, const std::string& log_id, const std::vector<StreamBase>& bases);
  // Forgets which journal it was: the next hello says it anew. What came of the former one stays.
  Status rebind(const std::string& workspace, const std::string& log_id);
  // A journal that says it is this workspace's, beside the one that is known. Whether that is news; until rebind(),
  // begin_anew() or settle_fork().
  Result<bool> note_fork(const std::string& workspace, const std::string& log_id, std::string_view reason);
  Status settle_fork(const std::string& workspace);
  Result<std::optional<json::Value>> fork(const std::string& workspace) const;  // {log_id, reason, since}
  Result<std::vector<StreamBase>> streams(const std::string& workspace, const std::string& log_id) const;

  // Whether a batch with this `after` was said before: what it follows is behind what is there.
  Result<bool> is_repeat(const std::string& workspace, const event::IntakeBatch& batch) const;
  // `intake.refused` and nothing done, or what was taken is appended.
  Result<event::Intake> take(const std::string& workspace, const event::IntakeBatch& batch);

  Result<std::optional<KnownHead>> head(const std::string& workspace, const std::string& log_id) const;
  // Keeps the head and gives the note with the witness's line: only once it is durable may it leave. LOG_FORKED. Of a
  // repeated batch a head that was passed since says nothing, and gives nothing.
  Result<std::string> witness(const std::string& workspace, const std::string& log_id,
                              const log::Checkpoint& checkpoint, std::span<const Hash256> proof, bool repeated,
                              std::string_view name, const Ed25519KeyPair& key);

 private:
  Result<event::StreamPlace> place(const std::string& key) const;
  Status bind(const std::string& workspace, const std::string& log_id);

  Ledger& ledger_;
  Views& views_;
  const Clock& clock_;
};

}  // namespace lumenflow::conductor
