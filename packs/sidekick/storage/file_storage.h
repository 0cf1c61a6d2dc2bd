// StoragePort over a FileStore. One object serves one call; many may share the store.
#pragma once

#include "sidekick/storage/file_store.h"
#include "sidekick/storage/storage_port.h"

namespace lumenflow::sidekick {

class FileStorage final : public StoragePort {
 public:
  explicit FileStorage(FileStore& store) : store_(store) {}

  Result<std::unique_ptr<Snapshot>> read(Collection collection) override;
  Status transaction(std::initializer_list<Collection> collections, const Change& change) override;
  Result<std::vector<json::Value>> read_audit(std::string_view after, std::size_t limit) override;
  Result<Stats> stats() override;

 private:
  FileStore& store_;
};

}  // namespace lumenflow::sidekick
