#include "sidekick/storage/open_storage.h"

#include "sidekick/storage/journal_storage.h"
#include "sidekick/storage/transacted_storage.h"

namespace lumenflow::sidekick {

std::unique_ptr<StoragePort> open_storage(pack::HostContext& context, Durable durable) {
  if (durable == Durable::kAtOnce) return std::make_unique<TransactedStorage>(context);
  return std::make_unique<JournalStorage>(context.store());
}

}  // namespace lumenflow::sidekick
