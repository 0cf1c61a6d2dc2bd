// JournalStorage whose transactions commit by themselves: each is durable when it returns, before the call has ended.
//
// Snapshots see what was durable when they first read, transactions what is durable then. Borrows the context.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "lumenflow/pack.h"
#include "sidekick/storage/storage_port.h"

namespace lumenflow::sidekick {

class TransactedStorage final : public StoragePort {
 public:
  explicit TransactedStorage(pack::HostContext& context) : context_(context) {}

  Result<std::unique_ptr<Snapshot>> read(Collection collection) override;
  Status transaction(std::initializer_list<Collection> collections, const Change& change) override;
  Result<std::vector<json::Value>> read_audit(std::string_view after, std::size_t limit) override;
  Result<Stats> stats() override;

 private:
  pack::HostContext& context_;
};

}  // namespace lumenflow::sidekick
