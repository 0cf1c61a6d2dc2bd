#include "sidekick/storage/transacted_storage.h"

#include "sidekick/storage/journal_storage.h"

namespace lumenflow::sidekick {

Result<std::unique_ptr<Snapshot>> TransactedStorage::read(Collection collection) {
  return JournalStorage(context_.store()).read(collection);
}

Status TransactedStorage::transaction(std::initializer_list<Collection> collections, const Change& change) {
  return context_.transact([&](pack::Store& store) { return JournalStorage(store).transaction(collections, change); });
}

Result<std::vector<json::Value>> TransactedStorage::read_audit(std::string_view after, std::size_t limit) {
  return JournalStorage(context_.store()).read_audit(after, limit);
}

Result<Stats> TransactedStorage::stats() { return JournalStorage(context_.store()).stats(); }

}  // namespace lumenflow::sidekick
