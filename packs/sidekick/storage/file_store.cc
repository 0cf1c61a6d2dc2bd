#include "sidekick/storage/file_store.h"

#include <algorithm>
#include <utility>

#include "sidekick/storage/store_files.h"

namespace lumenflow::sidekick {

// Lines that are synced together.
struct FileStore::Group {
  std::string lines;
  std::vector<std::string> audit;
  StoreState state;  // with all of them
  bool done = false;
  std::optional<Error> error;
};

void Draft::put(Collection collection, std::string_view id, const json::Value& value) {
  std::string text = json::serialize(value);
  line_.put(collection, id, state_.of(collection).records.find(id), text);
  state_.put(collection, id, value, std::move(text));
}

bool Draft::erase(Collection collection, std::string_view id) {
  const std::string* text = state_.of(collection).records.find(id);
  if (text == nullptr) return false;
  line_.erase(collection, id, *text);
  return state_.erase(collection, id);
}

bool Draft::initialize(std::string_view now) {
  if (!state_.initialized_at.empty()) return false;
  state_.initialized_at = now;
  line_.initialize(now);
  return true;
}

void Draft::append_audit(std::string event) {
  line_.audit(event);
  audit_.push_back(std::move(event));
}

FileStore::FileStore(Disk& disk, FileStoreOptions options, Recovered recovered, std::unique_ptr<FolderLock> lock)
    : disk_(disk),
      options_(std::move(options)),
      unavailable_(std::move(recovered.unavailable)),
      copies_(std::move(recovered.asides)),
      folded_(std::move(recovered.base)),
      marks_(std::move(recovered.marks)),
      rewrite_(recovered.rewrite),
      audit_bytes_(recovered.audit_bytes),
      audit_unterminated_(recovered.audit_unterminated),
      audit_junk_(recovered.audit_junk),
      audit_stamp_(recovered.audit_stamp),
      lock_(std::move(lock)),
      dirty_(recovered.has_changes),
      working_(recovered.state),
      next_segment_(recovered.next_segment),
      segments_(std::move(recovered.segments)),
      older_files_(std::move(recovered.older_files)),
      published_(std::move(recovered.state)),
      audit_(std::move(recovered.audit)),
      problems_(std::move(recovered.problems)) {}

FileStore::~FileStore() = default;

Result<std::unique_ptr<FileStore>> FileStore::open(Disk& disk, FileStoreOptions options) {
  std::unique_ptr<FolderLock> lock;
  Result<std::unique_ptr<FolderLock>> locked = disk.lock_folder(kStoreFolder);
  if (locked.ok())
    lock = *std::move(locked);
  else if (locked.error().code() != ErrorCode::kNotFound)
    return std::move(locked).error();
  LUMENFLOW_TRY_ASSIGN(Recovered recovered, recover(disk));
  return std::unique_ptr<FileStore>(new FileStore(disk, std::move(options), std::move(recovered), std::move(lock)));
}

// --- reading ---

Status FileStore::available(Collection collection) const {
  const std::optional<Error>& error = unavailable_[index_of(collection)];
  return error ? Status(*error) : Status();
}

CollectionState FileStore::published(Collection collection) const {
  const std::lock_guard lock(published_mutex_);
  return published_.of(collection);
}

Stats FileStore::stats() const {
  Stats stats;
  stats.adapter = "filesystem";
  for (const std::optional<Error>& error : unavailable_)
    if (error) stats.problems.push_back(error->message() + "; its tools are refused until a start finds it mended");
  std::ranges::move(copies_.problems(disk_), std::back_inserter(stats.problems));
  if (std::optional<std::string> gone = missing_log()) stats.problems.push_back(*std::move(gone));
  const std::lock_guard lock(published_mutex_);
  stats.initialized = !published_.initialized_at.empty();
  for (const Collection collection : kCollections) {
    const RecordTree& records = published_.of(collection).records;
    stats.collections[index_of(collection)] = {records.size(), records.bytes()};
  }
  stats.audit = audit_.usage();
  std::ranges::copy(problems_, std::back_inserter(stats.problems));
  if (!fold_problem_.empty()) stats.problems.push_back(fold_problem_);
  return stats;
}

// What is written goes into the log's newest file: where that is gone, so is the place to write.
std::optional<std::string> FileStore::missing_log() const {
  const std::lock_guard lock(mutex_);
  if (!ready_ || segments_.empty()) return std::nullopt;
  const Result<std::optional<FileStamp>> there = disk_.stamp(segments_.back());
  if (there.ok() && *there) return std::nullopt;
  return segments_.back() +
         " was moved or removed while in use: put it back, or start again; until then nothing is written";
}

Result<std::vector<std::string>> FileStore::read_audit(std::string_view after, std::size_t limit) const {
  for (;;) {
    AuditPage page;
    std::uint64_t rewritten = 0;
    {
      const std::lock_guard lock(published_mutex_);
      LUMENFLOW_TRY_ASSIGN(page, audit_.page(after, limit));
      rewritten = audit_rewritten_;
    }
    std::vector<std::string> lines;
    if (!page.lines.empty()) {
      Result<std::string> stretch = disk_.read_range(kAuditPath, page.offset, page.bytes);
      {
        const std::lock_guard lock(published_mutex_);
        if (rewritten != audit_rewritten_) continue;  // the places are no longer where they were
      }
      if (!stretch.ok()) return std::move(stretch).error();
      for (const auto& [offset, length] : page.lines) lines.push_back(stretch->substr(offset, length));
    }
    std::ranges::move(page.pending, std::back_inserter(lines));
    return lines;
  }
}

Result<std::optional<std::string>> FileStore::find_audit(std::string_view receipt_id) const {
  const std::string member = "\"receipt_id\":" + json::serialize(json::Value(receipt_id));
  {
    const std::lock_guard lock(published_mutex_);
    for (const std::string& line : audit_.pending_lines())
      if (line.find(member) != std::string::npos) return std::optional(line);
  }
  LUMENFLOW_TRY_ASSIGN(const std::optional<std::string> text, disk_.read(kAuditPath));
  const std::size_t at = text ? text->rfind(member) : std::string::npos;
  if (at == std::string::npos) return std::optional<std::string>();
  const std::size_t start = at == 0 ? 0 : text->rfind('\n', at) + 1;  // npos + 1: the first line
  return std::optional(text->substr(start, text->find('\n', at) - start));
}

bool FileStore::is_behind() const {
  const std::lock_guard lock(mutex_);
  return dirty_;
}

std::uint64_t FileStore::log_bytes() const {
  const std::lock_guard lock(mutex_);
  return segment_bytes_;
}

std::uint64_t FileStore::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

// --- writing ---

Status FileStore::transact(const Change& change) {
  LUMENFLOW_TRY_ASSIGN(const std::shared_ptr<Group> group, stage(change));
  return flush(group);
}

Result<std::shared_ptr<FileStore::Group>> FileStore::stage(const Change& change) {
  std::shared_ptr<Group> group;
  bool was_clean = false;
  {
    const std::lock_guard lock(mutex_);
    LUMENFLOW_TRY(get_ready_to_write());
    Draft draft(working_);
    LUMENFLOW_TRY(change(draft));
    if (open_ == nullptr) open_ = std::make_shared<Group>();
    group = open_;
    if (draft.line_.empty()) return group;
    group->lines += draft.line_.line();
    std::ranges::move(draft.audit_, std::back_inserter(group->audit));
    working_ = std::move(draft.state_);
    group->state = working_;
    ++changes_;
    was_clean = !std::exchange(dirty_, true);
  }
  if (was_clean && options_.on_change) options_.on_change();
  return group;
}

Status FileStore::log_line(const std::string& line, const std::string& segment) {
  std::shared_ptr<Group> group;
  {
    const std::lock_guard lock(mutex_);
    if (broken_ || segments_.back() != segment)
      return Error(ErrorCode::kConflict, "the log went on in another file meanwhile");
    if (open_ == nullptr) open_ = std::make_shared<Group>();
    group = open_;
    group->lines += line;
    group->state = working_;
  }
  return flush(group);
}

// Whoever finds nobody syncing writes the group that is open, on behalf of all who wait for it.
Status FileStore::flush(const std::shared_ptr<Group>& group) {
  std::unique_lock lock(mutex_);
  while (!group->done) {
    if (syncing_) {
      synced_.wait(lock);
      continue;
    }
    const std::shared_ptr<Group> mine = std::exchange(open_, nullptr);
    if (mine->lines.empty()) {
      mine->done = true;
      continue;
    }
    syncing_ = true;
    const std::uint64_t offset = segment_bytes_;
    lock.unlock();
    const std::string lines = synced_line(offset) + mine->lines;
    Status status = segment_->append(lines);
    if (status.ok()) status = segment_->sync();
    lock.lock();
    syncing_ = false;
    mine->done = true;
    if (status.ok()) {
      segment_bytes_ += lines.size();
      const std::lock_guard published_lock(published_mutex_);
      published_ = std::move(mine->state);
      for (std::string& line : mine->audit) audit_.append(std::move(line));
    } else {
      // What was staged on top of it falls with it.
      mine->error = status.error();
      if (open_ != nullptr) {
        open_->done = true;
        open_->error = status.error();
        open_ = nullptr;
      }
      broken_ = true;
      const std::lock_guard published_lock(published_mutex_);
      working_ = published_;
    }
    synced_.notify_all();
  }
  if (group->error) return *group->error;
  return {};
}

// --- the log's file; with mutex_ held ---

Status FileStore::get_ready_to_write() {
  if (broken_) LUMENFLOW_TRY(mend());
  if (ready_) return {};
  LUMENFLOW_TRY(disk_.make_folder(kStoreFolder));
  LUMENFLOW_TRY(disk_.sync_folder(""));
  if (lock_ == nullptr) {
    LUMENFLOW_TRY_ASSIGN(lock_, disk_.lock_folder(kStoreFolder));
  }
  LUMENFLOW_TRY(disk_.make_folder(kLogFolder));
  LUMENFLOW_TRY(disk_.make_folder(kAuditFolder));
  for (const Collection collection : kCollections)
    if (available(collection).ok()) LUMENFLOW_TRY(disk_.make_folder(folder_of(document_path(collection))));
  LUMENFLOW_TRY(disk_.sync_folder(kStoreFolder));
  LUMENFLOW_TRY(copies_.keep(disk_));
  LUMENFLOW_TRY(begin_segment());
  ready_ = true;
  return {};
}

Status FileStore::begin_segment() {
  const std::string path = segment_path(next_segment_);
  LogHeader header{next_segment_, audit_bytes_, {}, hashes()};
  {
    const std::lock_guard lock(published_mutex_);
    header.initialized_at = published_.initialized_at;
  }
  std::string line = header_line(header);
  if (folding_) line += folding_line(*folding_);
  LUMENFLOW_TRY(disk_.remove(path));  // left by an attempt that failed
  LUMENFLOW_TRY_ASSIGN(std::unique_ptr<AppendFile> file, disk_.open(path, Disk::Open::kNew));
  LUMENFLOW_TRY(file->append(line));
  LUMENFLOW_TRY(file->sync());
  LUMENFLOW_TRY(disk_.sync_folder(kLogFolder));
  segment_ = std::move(file);
  segment_bytes_ = line.size();
  segments_.push_back(path);
  ++next_segment_;
  return {};
}

// After a failed write nobody knows what of it is on the disk: it is cut off, and a new file begun.
Status FileStore::mend() {
  LUMENFLOW_TRY(segment_->truncate(segment_bytes_));
  LUMENFLOW_TRY(segment_->sync());
  LUMENFLOW_TRY(begin_segment());
  broken_ = false;
  return {};
}

DocumentHashes FileStore::hashes() const {
  DocumentHashes documents;
  for (std::size_t i = 0; i < documents.size(); ++i) documents[i] = marks_[i].hash;
  return documents;
}

}  // namespace lumenflow::sidekick
