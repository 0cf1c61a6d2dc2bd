// What a workspace knows of itself: its packs, what is wrong, the state of its journal. GET /packs and /diagnostics say
// it, and kernel:diagnostics_show and kernel:kind_list, which run off the strand and read it from a board.
//
// `facts_of` on the strand; the board from any thread; the documents are functions of their arguments.
#pragma once

#include <memory>
#include <mutex>

#include "lumenflow/json.h"
#include "pack/diagnostic.h"
#include "pack/registry.h"

namespace lumenflow::sidecar {

class Workspace;

struct WorkspaceFacts {
  std::shared_ptr<const pack::Registry> registry;  // shared: it may be replaced while these are read
  pack::Diagnostics diagnostics;
  json::Object standing;  // configuration, operator_key, journal; recording, where the last one failed
};

WorkspaceFacts facts_of(Workspace& workspace);

// Local packs whose author has changed them since they were loaded. Reads their folders.
pack::Diagnostics changed_sources(const pack::Registry& registry);

// {items, next}, of GET /packs.
json::Value packs_document(const pack::Registry& registry, const pack::Diagnostics& changed);
// {items, next, configuration, operator_key, journal, recording?}, of GET /diagnostics.
json::Value diagnostics_document(const WorkspaceFacts& facts, const pack::Diagnostics& changed);
// {kinds, event_types}: what the active packs declare, each with its schema.
json::Value kinds_document(const pack::Registry& registry);

class FactsBoard {
 public:
  void put(WorkspaceFacts facts) {
    auto made = std::make_shared<const WorkspaceFacts>(std::move(facts));
    const std::lock_guard lock(mutex_);
    facts_ = std::move(made);
  }
  // Null before the first.
  std::shared_ptr<const WorkspaceFacts> get() const {
    const std::lock_guard lock(mutex_);
    return facts_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const WorkspaceFacts> facts_;  // shared with whoever reads
};

}  // namespace lumenflow::sidecar
