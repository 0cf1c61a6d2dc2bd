// The records of a workspace as files below `.sidekick/`, and the log that makes each change durable at once.
//
// A transaction is one line of the log: all of it or nothing. Lines that wait while the log is being synced go into the
// next sync together. What is durable is published; readers take it as it stands and wait for nobody. fold() writes the
// published state into the documents and the audit file and lets go of the log behind it.
//
// Opening only reads; folders, the lock and the log's file are made by the first write. Thread safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "sidekick/storage/change_log.h"
#include "sidekick/storage/kept_copies.h"
#include "sidekick/storage/recovery.h"
#include "sidekick/storage/storage_port.h"
#include "sidekick/storage/store_state.h"

namespace lumenflow::sidekick {

// A transaction while it runs: the state with its own changes, and what the log will say of them.
class Draft {
 public:
  explicit Draft(StoreState base) : state_(std::move(base)) {}
  const StoreState& state() const { return state_; }
  void put(Collection collection, std::string_view id, const json::Value& value);
  bool erase(Collection collection, std::string_view id);
  bool initialize(std::string_view now);  // false when that was done before
  void append_audit(std::string event);

 private:
  friend class FileStore;
  StoreState state_;
  TransactionLine line_;
  std::vector<std::string> audit_;
};

struct FileStoreOptions {
  std::function<void()> on_change;  // there is something to fold; called by writers, holding nothing
};

class FileStore {
 public:
  // As recover(); WORKSPACE_LOCKED when another process has the folder open. The disk outlives the store.
  static Result<std::unique_ptr<FileStore>> open(Disk& disk, FileStoreOptions options = {});
  ~FileStore();

  // An error when the collection's document cannot be served: nothing of it may be read or written.
  Status available(Collection collection) const;
  // What is durable.
  CollectionState published(Collection collection) const;
  Stats stats() const;
  Result<std::vector<std::string>> read_audit(std::string_view after, std::size_t limit) const;
  // The audit line of a call, if it is durable.
  Result<std::optional<std::string>> find_audit(std::string_view receipt_id) const;

  using Change = std::function<Status(Draft&)>;
  // Runs `change`, and returns when all of it is durable. An error of `change` undoes it; IO_ERROR when the disk
  // refuses.
  Status transact(const Change& change);

  // The two halves of transact(): what was staged becomes durable, together, with the next flush.
  struct Group;
  Result<std::shared_ptr<Group>> stage(const Change& change);
  Status flush(const std::shared_ptr<Group>& group);

  // Brings documents and audit file up to what is published, if they are not. One at a time; others wait.
  Status fold();
  bool is_behind() const;           // there is something to fold
  std::uint64_t log_bytes() const;  // of the current segment
  std::uint64_t changes() const;    // transactions since opening

 private:
  struct Folding;
  FileStore(Disk& disk, FileStoreOptions options, Recovered recovered, std::unique_ptr<FolderLock> lock);

  std::optional<std::string> missing_log() const;
  Status get_ready_to_write();
  Status begin_segment();
  Status mend();
  // A line that changes no record; CONFLICT when `segment` is no longer the current one.
  Status log_line(const std::string& line, const std::string& segment);
  DocumentHashes hashes() const;

  // file_store_fold.cc
  Status fold_all(Folding& folding);
  Status fold_documents(Folding& folding);
  Status fold_audit(const Folding& folding);
  Status look_at_audit_file();
  Status take_junk_out_of_audit_file(const std::string& segment);
  Status let_go_of_log(const Folding& folding);
  Result<bool> take_in_outside_edit(Collection collection);
  Status merge(Collection collection, const LoadedDocument& theirs, std::vector<std::string>& contested);
  Status keep(Aside aside);
  Status put_back_folder(const std::string& folder);
  void mark(Collection collection, DocumentMark mark);
  void report(std::string problem);

  Disk& disk_;
  const FileStoreOptions options_;
  const UnavailableDocuments unavailable_;
  KeptCopies copies_;

  std::mutex fold_mutex_;  // taken before mutex_
  // What only fold() changes. What a segment's header says of it is changed with mutex_ held as well.
  StoreState folded_;  // what the documents say
  std::array<DocumentMark, kCollections.size()> marks_;
  std::array<bool, kCollections.size()> rewrite_;
  std::optional<DocumentHashes> folding_;  // while documents are being replaced
  std::uint64_t audit_bytes_ = 0;
  bool audit_unterminated_ = false;
  bool audit_junk_ = false;
  std::optional<FileStamp> audit_stamp_;

  mutable std::mutex
      mutex_;  // taken before published_mutex_; held over disk access only to begin a segment and to look for it
  std::condition_variable synced_;
  std::unique_ptr<FolderLock> lock_;
  bool ready_ = false;   // to write
  bool broken_ = false;  // the last write failed
  bool syncing_ = false;
  bool dirty_ = false;           // something is not folded
  StoreState working_;           // published, and what is staged
  std::shared_ptr<Group> open_;  // shared with those that wait for it
  std::unique_ptr<AppendFile> segment_;
  std::uint64_t segment_bytes_ = 0;  // synced
  std::uint64_t next_segment_ = 1;
  std::uint64_t changes_ = 0;
  std::vector<std::string> segments_;  // all, the current one last
  std::vector<std::string> older_files_;

  mutable std::mutex published_mutex_;  // held for copies of pointers and lines, never over disk access
  StoreState published_;
  AuditTrail audit_;
  std::uint64_t audit_rewritten_ = 0;  // how often its file was replaced, and places in it with it
  std::vector<std::string> problems_;  // for good
  std::string fold_problem_;           // of the last fold; empty when it went well
};

}  // namespace lumenflow::sidekick
