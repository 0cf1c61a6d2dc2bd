#include "log/pipelined_log.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/check.h"
#include "log/pending_batches.h"
#include "log/row_codec.h"
#include "log/table_names.h"

namespace lumenflow::log {
namespace {

// The writing half of `inner_` belongs to the committing thread while something is queued, else to the writer's.
class PipelinedLog final : public Log {
 public:
  // Without a committer on a thread of its own, else as its tasks on the writer's thread.
  PipelinedLog(std::unique_ptr<Log> inner, std::size_t rows_on_the_spot_max, Executor* committer)
      : inner_(std::move(inner)),
        rows_on_the_spot_max_(rows_on_the_spot_max),
        committer_(committer),
        pending_(*inner_),
        next_(inner_->next_position()),
        sealed_end_(next_) {
    if (committer_ == nullptr) thread_ = std::thread([this] { run(); });
  }

  ~PipelinedLog() override {
    if (committer_ != nullptr) {
      commit_here();
      return;
    }
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_.notify_one();
    thread_.join();
  }

  Result<Position> append(Row row) override {
    LUMENFLOW_TRY(check_row(row));
    LUMENFLOW_TRY(check_writable());
    const Position first = next_;
    next_ = Position(next_.value() + row.entries.size());
    pending_.open().rows.push_back(std::move(row));
    return first;
  }
  Status put(std::string_view table, std::string_view key, std::string_view value) override {
    return change({std::string(table), std::string(key), std::string(value)});
  }
  Status erase(std::string_view table, std::string_view key) override {
    return change({std::string(table), std::string(key), std::nullopt});
  }
  Status replace_body(Position first, std::string_view body) override {
    LUMENFLOW_TRY(check_writable());
    pending_.open().bodies.push_back({first, std::string(body)});
    return {};
  }
  Status rename(std::string_view log_id) override {
    LUMENFLOW_TRY(check_writable());
    if (log_id.empty() || log_id == inner_->head().log_id || inner_->is_named(Head{.log_id = std::string(log_id)}))
      return Error(ErrorCode::kInvalidInput, "a log's new name must be one that it never had");
    pending_.open().log_id = log_id;
    return {};
  }
  const TableReader& tables() const override { return pending_; }
  Position next_position() const override { return next_; }

  Status commit(std::optional<std::uint64_t> expected_head) override {
    settle();
    LUMENFLOW_TRY(take_failure());
    const std::uint64_t size = inner_->head().size;
    if (expected_head && *expected_head != size) {
      rollback();
      return Error(ErrorCode::kConflict,
                   "the log has " + std::to_string(size) + " entries, not " + std::to_string(*expected_head));
    }
    if (pending_.open().empty()) return {};
    return commit_on_the_spot();
  }

  std::optional<Status> commit_soon(Done done) override {
    LUMENFLOW_CHECK(done != nullptr);
    bool was_idle = false;
    {
      std::unique_lock lock(mutex_);
      forget_durable();
      if (failed_) {
        lock.unlock();
        return take_failure();
      }
      was_idle = is_idle();
      if (!was_idle || rows_on_the_spot_max_ == 0 || pending_.open().rows.size() > rows_on_the_spot_max_ ||
          !pending_.open().bodies.empty()) {
        pending_.release_snapshot();
        pending_.open().first = sealed_end_;
        sealed_end_ = next_;
        queue_.push_back({pending_.seal(), std::move(done)});
      } else {
        lock.unlock();  // what is idle stays so: only this thread queues
        return commit_on_the_spot();
      }
    }
    if (was_idle) wake_committer();
    return std::nullopt;
  }

  void settle() override {
    if (committer_ != nullptr) commit_here();
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return is_idle(); });
    forget_durable();
  }

  void rollback() override {
    std::unique_lock lock(mutex_);
    if (failed_) {
      idle_.wait(lock, [this] { return is_idle(); });
      failed_.reset();
      durable_ = 0;
      pending_.drop_all();
      sealed_end_ = inner_->next_position();
    }
    pending_.drop_open();
    next_ = sealed_end_;
  }

  Head head() const override { return inner_->head(); }
  bool is_named(const Head& head) const override { return inner_->is_named(head); }
  Result<std::vector<StoredRow>> read(Position after, std::size_t entries_max, std::size_t bytes_max) const override {
    return inner_->read(after, entries_max, bytes_max);
  }
  Result<StoredRow> row_at(Position position) const override { return inner_->row_at(position); }
  void wait(Position after, std::function<void()> bell) override { inner_->wait(after, std::move(bell)); }
  Result<std::unique_ptr<Snapshot>> snapshot() const override { return inner_->snapshot(); }
  Result<std::vector<Hash256>> inclusion_proof(Position position, std::uint64_t size) const override {
    return inner_->inclusion_proof(position, size);
  }
  Result<std::vector<Hash256>> consistency_proof(std::uint64_t from_size, std::uint64_t to_size) const override {
    return inner_->consistency_proof(from_size, to_size);
  }
  Result<Hash256> root_at(std::uint64_t size) const override { return inner_->root_at(size); }
  Condition condition() const override { return inner_->condition(); }
  Status recheck_tree() const override { return inner_->recheck_tree(); }
  std::uint64_t size_bytes() const override { return inner_->size_bytes(); }

 private:
  struct Queued {
    std::shared_ptr<PendingBatch> batch;  // shared with the writer's view of the tables
    Done done;
  };

  // --- the writer's thread ---

  Status check_writable() const {
    if (const Condition now = inner_->condition(); now.damaged)
      return Error(ErrorCode::kJournalDamaged, "read-only: " + now.what);
    return {};
  }
  Status change(TableChange change) {
    LUMENFLOW_TRY(check_table_name(change.table));
    LUMENFLOW_TRY(check_table_key(change.key));
    LUMENFLOW_TRY(check_writable());
    pending_.open().changes.push_back(std::move(change));
    return {};
  }
  // What a batch that was handed over failed with, if one did; everything after it is gone then.
  Status take_failure() {
    std::optional<Error> failure;
    {
      const std::lock_guard lock(mutex_);
      failure = failed_;
    }
    if (!failure) return {};
    rollback();
    return *std::move(failure);
  }
  // Nothing is queued.
  Status commit_on_the_spot() {
    pending_.release_snapshot();
    pending_.open().first = sealed_end_;
    Status done = write(pending_.open());
    if (done.ok()) done = inner_->commit();
    if (done.ok()) {
      sealed_end_ = next_;
      pending_.drop_open();
    } else {
      inner_->rollback();
      rollback();
    }
    return done;
  }
  void forget_durable() { pending_.forget_durable(std::exchange(durable_, 0)); }

  // --- either thread ---

  bool is_idle() const { return queue_.empty() && !busy_; }
  Status write(PendingBatch& batch) {
    LUMENFLOW_CHECK(batch.rows.empty() || batch.first == inner_->next_position());
    if (!batch.log_id.empty()) LUMENFLOW_TRY(inner_->rename(batch.log_id));
    for (Row& row : batch.rows)
      if (const Result<Position> at = inner_->append(std::move(row)); !at.ok()) return at.error();
    for (const TableChange& change : batch.changes)
      LUMENFLOW_TRY(change.value ? inner_->put(change.table, change.key, *change.value)
                                 : inner_->erase(change.table, change.key));
    for (const BodyChange& change : batch.bodies) LUMENFLOW_TRY(inner_->replace_body(change.first, change.body));
    return {};
  }

  // --- the committing thread ---

  Status commit_all(const std::vector<Queued>& taken) {
    Status done;
    for (const Queued& queued : taken)
      if (done.ok()) done = write(*queued.batch);
    if (done.ok()) done = inner_->commit();
    if (!done.ok()) inner_->rollback();
    return done;
  }

  void run() {
    for (std::unique_lock lock(mutex_);;) {
      work_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      commit_queued(lock);
    }
  }

  // All that is queued now, with the mutex held before and after.
  void commit_queued(std::unique_lock<std::mutex>& lock) {
    std::vector<Queued> taken = std::exchange(queue_, {});
    busy_ = true;
    lock.unlock();
    const Status done = commit_all(taken);
    lock.lock();
    if (done.ok()) {
      durable_ += taken.size();
    } else {
      failed_ = done.error();
      for (Queued& after : std::exchange(queue_, {})) taken.push_back(std::move(after));
    }
    lock.unlock();
    for (const Queued& queued : taken) queued.done(done);
    taken.clear();
    lock.lock();
    busy_ = false;
    if (queue_.empty()) idle_.notify_all();
  }

  // --- where there is no such thread ---

  void wake_committer() {
    if (committer_ == nullptr) return work_.notify_one();
    committer_->post([this, alive = std::weak_ptr<int>(alive_)] {
      if (!alive.expired()) commit_here();
    });
  }
  void commit_here() {
    std::unique_lock lock(mutex_);
    while (!queue_.empty()) commit_queued(lock);
  }

  const std::unique_ptr<Log> inner_;
  const std::size_t rows_on_the_spot_max_;
  Executor* const committer_;                                   // null: the thread
  const std::shared_ptr<int> alive_ = std::make_shared<int>();  // shared with tasks, which may outlive this

  // The writer's thread.
  PendingBatches pending_;
  Position next_;
  Position sealed_end_;  // the next position when the open batch began

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable idle_;
  std::vector<Queued> queue_;
  bool busy_ = false;
  bool stopping_ = false;
  std::size_t durable_ = 0;      // handed over, durable, and not forgotten yet
  std::optional<Error> failed_;  // until it is rolled back; nothing is queued meanwhile
  std::thread thread_;           // started when all else is there
};

}  // namespace

std::unique_ptr<Log> make_pipelined_log(std::unique_ptr<Log> inner, std::size_t rows_on_the_spot_max) {
  return std::make_unique<PipelinedLog>(std::move(inner), rows_on_the_spot_max, nullptr);
}

std::unique_ptr<Log> make_pipelined_log(std::unique_ptr<Log> inner, std::size_t rows_on_the_spot_max,
                                        Executor& committer) {
  return std::make_unique<PipelinedLog>(std::move(inner), rows_on_the_spot_max, &committer);
}

}  // namespace lumenflow::log
