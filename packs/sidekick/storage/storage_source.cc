#include "sidekick/storage/storage_source.h"

#include <mutex>
#include <string>

#include "sidekick/storage/file_storage.h"
#include "sidekick/storage/fold_thread.h"
#include "sidekick/storage/journal_storage.h"
#include "sidekick/storage/posix_disk.h"
#include "sidekick/storage/transacted_storage.h"

namespace lumenflow::sidekick {
namespace {

class JournalSource final : public StorageSource {
 public:
  Result<std::unique_ptr<StoragePort>> open(pack::HostContext& context, Durable durable) override {
    if (durable == Durable::kAtOnce) return std::unique_ptr<StoragePort>(std::make_unique<TransactedStorage>(context));
    return std::unique_ptr<StoragePort>(std::make_unique<JournalStorage>(context.store()));
  }
  pack::ToolTraits traits(pack::ToolTraits over_journal) const override { return over_journal; }
  Result<Trace> trace(const pack::StartedCall&) override {
    return Error(ErrorCode::kInternal, "what is written to the journal commits with its call");
  }
};

class FileSource final : public StorageSource {
 public:
  Result<std::unique_ptr<StoragePort>> open(pack::HostContext& context, Durable) override {
    LUMENFLOW_TRY_ASSIGN(FileStore* const store, store_of(context.workspace_root()));
    return std::unique_ptr<StoragePort>(std::make_unique<FileStorage>(*store));
  }
  // Its effects are on the disk before the call's record is in the journal.
  pack::ToolTraits traits(pack::ToolTraits) const override { return {}; }
  Result<Trace> trace(const pack::StartedCall& call) override {
    LUMENFLOW_TRY_ASSIGN(FileStore* const store, store_of(call.workspace_root));
    LUMENFLOW_TRY_ASSIGN(const std::optional<std::string> line, store->find_audit(call.receipt_id));
    Trace trace{std::make_unique<FileStorage>(*store), {}};
    if (line) {
      LUMENFLOW_TRY_ASSIGN(trace.audit, json::parse(*line, {.depth_max = 256}));
    }
    return trace;
  }

 private:
  // Opened by the first who asks; one that could not be opened is tried again by the next.
  Result<FileStore*> store_of(const std::string& root) {
    const std::lock_guard lock(mutex_);
    if (folding_ == nullptr) {
      LUMENFLOW_TRY_ASSIGN(disk_, open_posix_disk(root));
      LUMENFLOW_TRY_ASSIGN(folding_, FoldThread::open(*disk_));
    }
    return &folding_->store();
  }

  std::mutex mutex_;
  std::unique_ptr<Disk> disk_;
  std::unique_ptr<FoldThread> folding_;  // after the disk that it uses
};

}  // namespace

std::shared_ptr<StorageSource> make_storage_source(const json::Value& config) {
  if (json::string_or(config, "storage", "filesystem") == "journal") return std::make_shared<JournalSource>();
  return std::make_shared<FileSource>();
}

}  // namespace lumenflow::sidekick
