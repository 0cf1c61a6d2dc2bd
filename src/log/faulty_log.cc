#include <utility>

#include "log/memory_log.h"

namespace lumenflow::log {
namespace {

Error fault(std::string_view what) {
  return Error(ErrorCode::kJournalUnavailable, "injected fault: " + std::string(what));
}

class FaultyTables final : public TableReader {
 public:
  FaultyTables(const TableReader& inner, const LogFaults& faults) : inner_(inner), faults_(faults) {}
  Result<std::optional<std::string>> get(std::string_view table, std::string_view key) const override {
    if (faults_.fail_read) return fault("get");
    return inner_.get(table, key);
  }
  Result<std::vector<KeyValue>> scan(std::string_view table, std::string_view prefix, std::string_view after,
                                     std::size_t limit) const override {
    if (faults_.fail_read) return fault("scan");
    return inner_.scan(table, prefix, after, limit);
  }
  Result<std::vector<KeyValue>> scan_descending(std::string_view table, std::string_view prefix,
                                                std::string_view before, std::size_t limit) const override {
    if (faults_.fail_read) return fault("scan");
    return inner_.scan_descending(table, prefix, before, limit);
  }

 private:
  const TableReader& inner_;
  const LogFaults& faults_;
};

class FaultyLog final : public Log {
 public:
  FaultyLog(std::unique_ptr<Log> inner, const LogFaults& faults)
      : inner_(std::move(inner)), faults_(faults), tables_(inner_->tables(), faults) {}

  Result<Position> append(Row row) override {
    if (lose_batch_if(faults_.fail_append)) return fault("append");
    return inner_->append(std::move(row));
  }
  Status put(std::string_view table, std::string_view key, std::string_view value) override {
    if (lose_batch_if(put_fails())) return fault("put");
    return inner_->put(table, key, value);
  }
  Status erase(std::string_view table, std::string_view key) override {
    if (lose_batch_if(put_fails())) return fault("erase");
    return inner_->erase(table, key);
  }
  Status replace_body(Position first, std::string_view body) override {
    if (lose_batch_if(put_fails())) return fault("replace_body");
    return inner_->replace_body(first, body);
  }
  Status rename(std::string_view log_id) override {
    if (lose_batch_if(put_fails())) return fault("rename");
    return inner_->rename(log_id);
  }
  const TableReader& tables() const override { return tables_; }
  Position next_position() const override { return inner_->next_position(); }
  Status commit(std::optional<std::uint64_t> expected_head) override {
    if (faults_.before_commit) faults_.before_commit();
    puts_ = 0;
    if (lose_batch_if(faults_.fail_commit)) {
      lost_ = false;
      return fault("commit");
    }
    return inner_->commit(expected_head);
  }
  void rollback() override {
    puts_ = 0;
    lost_ = false;
    inner_->rollback();
  }

  Head head() const override { return inner_->head(); }
  bool is_named(const Head& head) const override { return inner_->is_named(head); }
  Result<std::vector<StoredRow>> read(Position after, std::size_t entries_max, std::size_t bytes_max) const override {
    if (faults_.fail_read) return fault("read");
    return inner_->read(after, entries_max, bytes_max);
  }
  Result<StoredRow> row_at(Position position) const override {
    if (faults_.fail_read) return fault("read");
    return inner_->row_at(position);
  }
  void wait(Position after, std::function<void()> bell) override { inner_->wait(after, std::move(bell)); }
  Result<std::unique_ptr<Snapshot>> snapshot() const override {
    if (faults_.fail_read) return fault("snapshot");
    return inner_->snapshot();
  }
  Result<std::vector<Hash256>> inclusion_proof(Position position, std::uint64_t size) const override {
    if (faults_.fail_read) return fault("proof");
    return inner_->inclusion_proof(position, size);
  }
  Result<std::vector<Hash256>> consistency_proof(std::uint64_t from_size, std::uint64_t to_size) const override {
    if (faults_.fail_read) return fault("proof");
    return inner_->consistency_proof(from_size, to_size);
  }
  Result<Hash256> root_at(std::uint64_t size) const override {
    if (faults_.fail_read) return fault("root");
    return inner_->root_at(size);
  }
  Condition condition() const override { return inner_->condition(); }
  Status recheck_tree() const override {
    if (faults_.fail_read) return fault("recheck");
    return inner_->recheck_tree();
  }
  std::uint64_t size_bytes() const override { return inner_->size_bytes(); }

 private:
  // As with a real store: once a write failed, the whole batch is gone and stays so until it is ended.
  bool lose_batch_if(bool failing) {
    if (failing && !lost_) {
      lost_ = true;
      inner_->rollback();
    }
    return lost_;
  }

  bool put_fails() { return faults_.fail_put || (faults_.fail_put_after && puts_++ >= *faults_.fail_put_after); }

  const std::unique_ptr<Log> inner_;
  const LogFaults& faults_;
  const FaultyTables tables_;
  bool lost_ = false;
  std::uint64_t puts_ = 0;  // of this batch
};

}  // namespace

std::unique_ptr<Log> make_faulty_log(std::unique_ptr<Log> inner, const LogFaults& faults) {
  return std::make_unique<FaultyLog>(std::move(inner), faults);
}

}  // namespace lumenflow::log
