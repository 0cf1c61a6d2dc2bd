// StoragePort over the pack store in the journal: what a call writes is one commit with its receipt.
//
// Keys: `<collection>/<id>` one per record, `index/<collection>/<index key><US><id>` (US: the control character 1F) for
// each that is in its collection's index, `audit/<id>`, `counters/<collection>` and `counters/audit` holding
// `{count, bytes}`, and `meta/layout` once initialized. The port borrows the store of one call.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "lumenflow/pack.h"
#include "sidekick/storage/storage_port.h"

namespace lumenflow::sidekick {

class JournalStorage final : public StoragePort {
 public:
  explicit JournalStorage(pack::Store& store) : store_(store) {}

  Result<std::unique_ptr<Snapshot>> read(Collection collection) override;
  Status transaction(std::initializer_list<Collection> collections, const Change& change) override;
  Result<std::vector<json::Value>> read_audit(std::string_view after, std::size_t limit) override;
  Result<Stats> stats() override;

 private:
  pack::Store& store_;
};

}  // namespace lumenflow::sidekick
