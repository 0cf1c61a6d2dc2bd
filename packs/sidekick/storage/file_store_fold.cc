// Folding: what is published goes into the documents and the audit file, what others wrote there comes in.
#include <algorithm>
#include <map>
#include <utility>

#include "sidekick/storage/adopted_record.h"
#include "sidekick/storage/checksum.h"
#include "sidekick/storage/document.h"
#include "sidekick/storage/file_store.h"
#include "sidekick/storage/store_files.h"

namespace lumenflow::sidekick {
namespace {

std::string temporary_of(const std::string& path) { return path + ".new"; }

}  // namespace

struct FileStore::Folding {
  StoreState state;                   // to be in the documents
  std::size_t audit_lines = 0;        // to be in the audit file
  std::vector<std::string> segments;  // to be let go of
  std::string segment;                // the one that was begun for this
};

Status FileStore::fold() {
  const std::lock_guard fold_lock(fold_mutex_);
  Folding folding;
  {
    std::unique_lock lock(mutex_);
    if (!dirty_) return {};
    LUMENFLOW_TRY(get_ready_to_write());
    synced_.wait(lock, [this] { return !syncing_; });
    folding.segments = segments_;
    LUMENFLOW_TRY(begin_segment());
    folding.segment = segments_.back();
    dirty_ = false;
    const std::lock_guard published_lock(published_mutex_);
    folding.state = published_;
    folding.audit_lines = audit_.pending();
  }
  Status status = fold_all(folding);
  if (!status.ok()) {
    const std::lock_guard lock(mutex_);
    dirty_ = true;
  }
  const std::lock_guard lock(published_mutex_);
  fold_problem_ =
      status.ok() ? std::string() : "the documents below .sidekick/ are behind the log: " + status.error().message();
  return status;
}

Status FileStore::fold_all(Folding& folding) {
  bool merged = false;
  for (const Collection collection : kCollections) {
    if (!available(collection).ok()) continue;
    LUMENFLOW_TRY_ASSIGN(const bool edited, take_in_outside_edit(collection));
    merged = merged || edited;
  }
  if (merged) {
    const std::lock_guard lock(published_mutex_);
    folding.state = published_;
  }
  LUMENFLOW_TRY(fold_documents(folding));
  LUMENFLOW_TRY(fold_audit(folding));
  return let_go_of_log(folding);
}

// --- documents ---

Status FileStore::fold_documents(Folding& folding) {
  struct Written {
    Collection collection;
    DocumentMark mark;
  };
  std::vector<Written> written;
  DocumentHashes after = hashes();
  for (const Collection collection : kCollections) {
    if (!available(collection).ok()) continue;
    const std::size_t at = index_of(collection);
    const RecordTree& records = folding.state.of(collection).records;
    const bool missing = !folding.state.initialized_at.empty() && !marks_[at].stamp;
    if (!rewrite_[at] && !missing && records.same_as(folded_.of(collection).records)) continue;
    const std::string text = write_document(collection, records);
    if (rewrite_[at] || missing) LUMENFLOW_TRY(put_back_folder(folder_of(document_path(collection))));
    const std::string temporary = temporary_of(document_path(collection));
    LUMENFLOW_TRY(disk_.remove(temporary));
    LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<AppendFile> file, disk_.open(temporary, Disk::Open::kNew));
    LUMENFLOW_TRY(file->append(text));
    LUMENFLOW_TRY(file->sync());
    LUMENFLOW_TRY_ASSIGN(const std::optional<FileStamp> stamp, disk_.stamp(temporary));
    after[at] = sha256_hex_of(text);
    written.push_back({collection, {stamp, after[at]}});
  }
  if (written.empty()) return {};
  {
    const std::lock_guard lock(mutex_);
    folding_ = after;
  }
  LUMENFLOW_TRY(log_line(folding_line(after), folding.segment));
  for (Written& document : written) {
    const std::size_t at = index_of(document.collection);
    const std::string path = document_path(document.collection);
    LUMENFLOW_TRY_ASSIGN(const std::optional<FileStamp> stamp, disk_.stamp(path));
    if (stamp != marks_[at].stamp)
      return Error(ErrorCode::kConflict, path + " was changed by somebody else just now");  // the next fold sees it
    LUMENFLOW_TRY(disk_.rename(temporary_of(path), path));
    LUMENFLOW_TRY(disk_.sync_folder(folder_of(path)));
    mark(document.collection, std::move(document.mark));
    rewrite_[at] = false;
    folded_.take(document.collection, folding.state);
  }
  return {};
}

// With a file that was removed by somebody else, its folder may have been.
Status FileStore::put_back_folder(const std::string& folder) {
  LUMENFLOW_TRY(disk_.make_folder(folder));
  return disk_.sync_folder(kStoreFolder);
}

void FileStore::mark(Collection collection, DocumentMark mark) {
  const std::lock_guard lock(mutex_);
  marks_[index_of(collection)] = std::move(mark);
}

void FileStore::report(std::string problem) {
  const std::lock_guard lock(published_mutex_);
  problems_.push_back(std::move(problem));
}

Status FileStore::keep(Aside aside) {
  copies_.add(std::move(aside));
  const std::lock_guard lock(mutex_);
  return copies_.keep(disk_);
}

// --- what others wrote ---

// Whether records were changed by it.
Result<bool> FileStore::take_in_outside_edit(Collection collection) {
  const DocumentMark& known = marks_[index_of(collection)];
  const std::string path = document_path(collection);
  LUMENFLOW_TRY_ASSIGN(const std::optional<FileStamp> stamp, disk_.stamp(path));
  if (stamp == known.stamp) return false;
  LUMENFLOW_TRY_ASSIGN(const std::optional<std::string> text, disk_.read(path));
  if (!text) {
    report(path + " was removed by somebody else; it was written again");
    mark(collection, {});
    rewrite_[index_of(collection)] = true;
    return false;
  }
  DocumentMark found{stamp, sha256_hex_of(*text)};
  if (found.hash == known.hash) {
    mark(collection, std::move(found));
    return false;
  }
  AdoptedNames names;
  LUMENFLOW_TRY_ASSIGN(LoadedDocument theirs,
                       load_document(collection, {path, *text, false, modified_ms(stamp)}, names));
  std::vector<std::string> contested;
  LUMENFLOW_TRY(merge(collection, theirs, contested));
  if (!contested.empty()) {
    std::string problem = path + ": changed by somebody else and by a call, of which the call's change stands: " +
                          std::to_string(contested.size()) + " records";
    theirs.report += problem + "\n";
    for (const std::string& id : contested) theirs.report += id + "\n";
    theirs.problems.push_back(std::move(problem));
  }
  if (theirs.broken || !theirs.report.empty())
    LUMENFLOW_TRY(
        keep({path, theirs.broken ? "corrupt" : "outside", *text, theirs.report, std::move(theirs.problems)}));
  mark(collection, std::move(found));
  folded_.load(collection, std::move(theirs.records));
  rewrite_[index_of(collection)] = rewrite_[index_of(collection)] || theirs.changed;
  return true;
}

// A record that they changed, and nobody else, becomes theirs; one that both changed stays ours. What a broken document
// lacks was not taken out by anybody.
Status FileStore::merge(Collection collection, const LoadedDocument& theirs, std::vector<std::string>& contested) {
  std::map<std::string, std::pair<const std::string*, const std::string*>, std::less<>> changed;  // id -> base, theirs
  const RecordTree& base = folded_.of(collection).records;
  if (!theirs.broken)
    base.ascend("", [&](const RecordTree::Item& item) {
      changed[item.key].first = &item.text;
      return true;
    });
  for (const RecordTree::Item& item : theirs.records) changed[item.key] = {base.find(item.key), &item.text};
  std::erase_if(changed, [](const auto& item) {
    const auto& [before, after] = item.second;
    return before != nullptr && after != nullptr && *before == *after;
  });
  if (changed.empty()) return {};
  return transact([&](Draft& draft) -> Status {
    for (const auto& [id, versions] : changed) {
      const auto& [before, after] = versions;
      const std::string* ours = draft.state().of(collection).records.find(id);
      const bool untouched = (ours == nullptr) == (before == nullptr) && (ours == nullptr || *ours == *before);
      const bool same = (ours == nullptr) == (after == nullptr) && (ours == nullptr || *ours == *after);
      if (same) continue;
      if (!untouched) {
        contested.push_back(id);
      } else if (after == nullptr) {
        draft.erase(collection, id);
      } else {
        LUMENFLOW_TRY_ASSIGN(const json::Value value, json::parse(*after, {.depth_max = 256}));
        draft.put(collection, id, value);
      }
    }
    return {};
  });
}

// --- the audit file ---

// Lines that others wrote stay; lines of ours that were not finished go.
Status FileStore::look_at_audit_file() {
  LUMENFLOW_TRY_ASSIGN(const std::optional<FileStamp> stamp, disk_.stamp(kAuditPath));
  if (stamp == audit_stamp_) {
    if (!stamp || stamp->bytes == audit_bytes_) return {};
    LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<AppendFile> file, disk_.open(kAuditPath, Disk::Open::kExisting));
    LUMENFLOW_TRY(file->truncate(audit_bytes_));
    return file->sync();
  }
  LUMENFLOW_TRY_ASSIGN(const std::optional<std::string> text, disk_.read(kAuditPath));
  const std::uint64_t bytes = text ? text->size() : 0;
  if (bytes < audit_bytes_)
    report(std::string(kAuditPath) + " was cut by somebody else: " + std::to_string(audit_bytes_) +
           " bytes were there, " + std::to_string(bytes) + " are left");
  {
    const std::lock_guard lock(published_mutex_);
    audit_junk_ = !audit_.index_file(text ? std::string_view(*text) : std::string_view()).empty();
  }
  const std::lock_guard lock(mutex_);
  audit_bytes_ = bytes;
  audit_unterminated_ = text && !text->empty() && text->back() != '\n';
  audit_stamp_ = stamp;
  return {};
}

// The copy is there before the file is replaced, and the log says by what, so that a crash in between is no loss.
Status FileStore::take_junk_out_of_audit_file(const std::string& segment) {
  LUMENFLOW_TRY_ASSIGN(std::optional<std::string> text, disk_.read(kAuditPath));
  if (!text) return {};
  text->resize(std::min<std::size_t>(text->size(), audit_bytes_));
  const AuditJunk junk = take_audit_junk(*text);
  LUMENFLOW_TRY(keep(aside_of(junk)));
  const std::string temporary = temporary_of(kAuditPath);
  LUMENFLOW_TRY(disk_.remove(temporary));
  LUMENFLOW_TRY(write_new(disk_, temporary, *text));
  LUMENFLOW_TRY(log_line(audit_rewriting_line({text->size(), sha256_hex_of(*text)}), segment));
  LUMENFLOW_TRY_ASSIGN(const std::optional<FileStamp> there, disk_.stamp(kAuditPath));
  if (there != audit_stamp_)
    return Error(ErrorCode::kConflict, std::string(kAuditPath) + " was changed by somebody else just now");
  LUMENFLOW_TRY_ASSIGN(const std::optional<FileStamp> stamp, disk_.stamp(temporary));
  {
    const std::lock_guard lock(mutex_);
    const std::lock_guard published_lock(published_mutex_);
    LUMENFLOW_TRY(disk_.rename(temporary, kAuditPath));
    audit_.index_file(*text);
    ++audit_rewritten_;
    audit_bytes_ = text->size();
    audit_unterminated_ = false;
    audit_stamp_ = stamp;
  }
  audit_junk_ = false;
  return disk_.sync_folder(kAuditFolder);
}

Status FileStore::fold_audit(const Folding& folding) {
  LUMENFLOW_TRY(look_at_audit_file());
  if (audit_junk_) LUMENFLOW_TRY(take_junk_out_of_audit_file(folding.segment));
  const bool is_new = !audit_stamp_;
  if (folding.audit_lines == 0 && !(is_new && !folding.state.initialized_at.empty())) return {};
  std::string text = audit_unterminated_ ? "\n" : "";
  const std::uint64_t first = audit_bytes_ + text.size();
  {
    const std::lock_guard lock(published_mutex_);
    text += audit_.pending_text(folding.audit_lines);
  }
  if (is_new) LUMENFLOW_TRY(put_back_folder(kAuditFolder));
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<AppendFile> file,
                       disk_.open(kAuditPath, is_new ? Disk::Open::kNew : Disk::Open::kExisting));
  Status status = file->append(text);
  if (status.ok()) status = file->sync();
  if (status.ok() && is_new) status = disk_.sync_folder(kAuditFolder);
  const Result<std::optional<FileStamp>> stamp = disk_.stamp(kAuditPath);
  const std::lock_guard lock(mutex_);
  if (stamp.ok()) audit_stamp_ = *stamp;  // what a failed attempt left is longer than audit_bytes_: cut off next time
  LUMENFLOW_TRY(status);
  audit_bytes_ += text.size();
  audit_unterminated_ = false;
  const std::lock_guard published_lock(published_mutex_);
  audit_.moved_to_file(folding.audit_lines, first);
  return {};
}

// --- the log ---

Status FileStore::let_go_of_log(const Folding& folding) {
  LUMENFLOW_TRY(log_line(folded_line(hashes(), audit_bytes_), folding.segment));
  for (const std::string& path : folding.segments) LUMENFLOW_TRY(disk_.remove(path));
  LUMENFLOW_TRY(disk_.sync_folder(kLogFolder));
  const std::lock_guard lock(mutex_);
  folding_.reset();
  std::erase_if(segments_, [&](const std::string& path) {
    return std::ranges::find(folding.segments, path) != folding.segments.end();
  });
  for (; !older_files_.empty(); older_files_.pop_back()) {
    LUMENFLOW_TRY(disk_.remove(older_files_.back()));
    LUMENFLOW_TRY(disk_.sync_folder(folder_of(older_files_.back())));
  }
  return {};
}

}  // namespace lumenflow::sidekick
