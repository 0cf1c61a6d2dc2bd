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
  // LOG_FORKED for another journal than the known one.
  Status begin(const std::string& workspace, const std::string& log_id, const std::vector<StreamBase>& bases);
  // Forgets which journal it was: the next hello says it anew. What came of the former one stays.
  Status rebind(const std::string& workspace, const std::string& log_id);
  Result<std::vector<StreamBase>> streams(const std::string& workspace, const std::string& log_id) const;

  // `intake.refused` and nothing done, or what was taken is appended.
  Result<event::Intake> take(const std::string& workspace, const event::IntakeBatch& batch);

  Result<std::optional<KnownHead>> head(const std::string& workspace, const std::string& log_id) const;
  // Keeps the head and gives the note with the witness's line: only once it is durable may it leave. LOG_FORKED.
  Result<std::string> witness(const std::string& workspace, const std::string& log_id,
                              const log::Checkpoint& checkpoint, std::span<const Hash256> proof, std::string_view name,
                              const Ed25519KeyPair& key);

 private:
  Result<event::StreamPlace> place(const std::string& key) const;

  Ledger& ledger_;
  Views& views_;
  const Clock& clock_;
};

}  // namespace lumenflow::conductor
