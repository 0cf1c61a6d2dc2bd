#include "log/sqlite_log.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "log/bells.h"
#include "log/checked_tree.h"
#include "log/condition_cell.h"
#include "log/damage.h"
#include "log/row_codec.h"
#include "log/sqlite_open.h"
#include "log/sqlite_reader.h"
#include "log/sqlite_tables.h"
#include "log/table_names.h"
#include "log/wal_keeper.h"

namespace lumenflow::log {
namespace {

constexpr std::uint64_t kRecheckedOnOpenMax = 4096;  // entries; a few milliseconds

struct WriterStatements {
  Statement begin, commit, rollback, insert_row, insert_body, update_body, delete_body, put_tile;
};

Result<WriterStatements> prepare_statements(const Connection& writer) {
  WriterStatements all;
  LUMENFLOW_TRY_ASSIGN(all.begin, writer.prepare("BEGIN IMMEDIATE"));
  LUMENFLOW_TRY_ASSIGN(all.commit, writer.prepare("COMMIT"));
  LUMENFLOW_TRY_ASSIGN(all.rollback, writer.prepare("ROLLBACK"));
  LUMENFLOW_TRY_ASSIGN(all.insert_row, writer.prepare("INSERT INTO rows(position, entries) VALUES(?1, ?2)"));
  LUMENFLOW_TRY_ASSIGN(all.insert_body, writer.prepare("INSERT INTO bodies(position, body) VALUES(?1, ?2)"));
  LUMENFLOW_TRY_ASSIGN(all.update_body, writer.prepare("UPDATE bodies SET body = ?2 WHERE position = ?1"));
  LUMENFLOW_TRY_ASSIGN(all.delete_body, writer.prepare("DELETE FROM bodies WHERE position = ?1"));
  LUMENFLOW_TRY_ASSIGN(all.put_tile, writer.prepare("INSERT OR REPLACE INTO tiles(id, hashes) VALUES(?1, ?2)"));
  return all;
}

std::uint64_t file_bytes(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

class SqliteLog final : public Log {
 public:
  SqliteLog(const SqliteLogOptions& options, OpenedDatabase opened)
      : path_(options.path),
        names_(std::move(opened.log_id), std::move(opened.former)),
        writer_(std::move(opened.writer)),
        read_only_(options.read_only),
        pool_(std::make_shared<ReadPool>(options.path,
                                         options.read_only ? Connection::Mode::kImmutable : Connection::Mode::kRead)),
        tree_(*pool_) {}
  ~SqliteLog() override { rollback(); }

  // The rest of opening.
  Status start(const SqliteLogOptions& options) {
    LoadedTree loaded = load_tree(writer_);
    condition_.found(std::move(loaded.condition));
    edge_ = std::move(loaded.edge);
    tree_.publish(edge_);
    if (!options.damaged.empty()) damaged(options.damaged, 0);
    compare_with(options.checkpoint);
    if (read_only_) return {};
    if (!condition_.damaged())
      for (const std::string& table : options.tables) LUMENFLOW_TRY(tables_.create(table));
    LUMENFLOW_TRY_ASSIGN(statements_, prepare_statements(writer_));
    LUMENFLOW_TRY_ASSIGN(wal_keeper_, WalKeeper::start(path_, writer_, options.wal_pages, options.beside));
    return {};
  }

  Result<Position> append(Row row) override {
    LUMENFLOW_TRY(check_row(row));
    LUMENFLOW_TRY(enter_batch());
    const Position first = next_position();
    LUMENFLOW_TRY(keep_or_lose(insert(first, row)));
    return first;
  }
  Status put(std::string_view table, std::string_view key, std::string_view value) override {
    LUMENFLOW_TRY(check_table_name(table));
    LUMENFLOW_TRY(check_table_key(key));
    LUMENFLOW_TRY(enter_batch());
    return keep_or_lose(tables_.put(table, key, value));
  }
  Status erase(std::string_view table, std::string_view key) override {
    LUMENFLOW_TRY(check_table_name(table));
    LUMENFLOW_TRY(check_table_key(key));
    LUMENFLOW_TRY(enter_batch());
    return keep_or_lose(tables_.erase(table, key));
  }
  Status replace_body(Position first, std::string_view body) override {
    LUMENFLOW_TRY(enter_batch());
    const auto position = static_cast<std::int64_t>(first.value());
    if (body.empty()) return keep_or_lose(Query(statements_.delete_body).bind(1, position).run());
    return keep_or_lose(Query(statements_.update_body).bind(1, position).bind(2, body).run());
  }
  Status rename(std::string_view log_id) override {
    LUMENFLOW_TRY(names_.check_new(log_id));
    LUMENFLOW_TRY(enter_batch());
    new_name_ = Renaming{std::string(log_id), edge_.size()};
    return keep_or_lose(write_name(writer_, names_.now(), *new_name_));
  }
  const TableReader& tables() const override { return tables_; }
  Position next_position() const override { return Position(edge_.size() + 1); }

  Status commit(std::optional<std::uint64_t> expected_head) override {
    if (expected_head && *expected_head != tree_.size()) {
      rollback();
      return Error(ErrorCode::kConflict,
                   "the log has " + std::to_string(tree_.size()) + " entries, not " + std::to_string(*expected_head));
    }
    if (lost_) {
      Error error = *std::move(lost_);
      rollback();
      return error;
    }
    if (!gate_) return {};
    Status done = still_in_place();
    if (done.ok()) done = put_edge_tiles();
    if (done.ok()) done = Query(statements_.commit).run();
    if (!done.ok()) {
      if (done.error().code() == ErrorCode::kJournalDamaged) note(done.error());
      rollback();
      return std::move(done).error().with_context("committing");
    }
    finished_any_ = false;
    tables_.keep_new();
    gate_ = {};
    if (new_name_) names_.rename(new_name_->log_id, new_name_->size);  // before there is more under it
    new_name_.reset();
    tree_.publish(edge_);
    bells_.ring(edge_.size());
    return {};
  }

  void rollback() override {
    lost_.reset();
    undo();
  }

  Head head() const override {
    Head head;
    head.root = tree_.root(&head.size);
    head.log_id = names_.now();  // after the tree: a new name is there before the first entry under it
    return head;
  }
  bool is_named(const Head& head) const override { return names_.is_named(head); }
  Result<std::vector<StoredRow>> read(Position after, std::size_t entries_max, std::size_t bytes_max) const override {
    if (after.value() >= tree_.size()) return std::vector<StoredRow>();
    return noted(read_checked_rows(*pool_, tree_, after.next(), entries_max, bytes_max));
  }
  Result<StoredRow> row_at(Position position) const override {
    if (position.value() == 0 || position.value() > tree_.size())
      return Error(ErrorCode::kNotFound, "no entry at position " + std::to_string(position.value()));
    LUMENFLOW_TRY_ASSIGN(std::vector<StoredRow> rows, noted(read_checked_rows(*pool_, tree_, position, 0, 0)));
    return std::move(rows.front());
  }
  void wait(Position after, std::function<void()> bell) override {
    bells_.add(after.value(), std::move(bell), [this] { return tree_.size(); });
  }
  Result<std::unique_ptr<Snapshot>> snapshot() const override { return take_snapshot(pool_); }
  Result<std::vector<Hash256>> inclusion_proof(Position position, std::uint64_t size) const override {
    return tree_.inclusion_proof(position, size);
  }
  Result<std::vector<Hash256>> consistency_proof(std::uint64_t from_size, std::uint64_t to_size) const override {
    return tree_.consistency_proof(from_size, to_size);
  }
  Result<Hash256> root_at(std::uint64_t size) const override { return tree_.root_at(size); }
  Condition condition() const override {
    Condition condition = condition_.get();
    condition.read_only = read_only_;
    return condition;
  }
  Status recheck_tree() const override {
    LUMENFLOW_TRY(pool_->check_first_row());
    LUMENFLOW_TRY(recheck_edge_tiles());
    return tree_.recheck_tiles();
  }
  std::uint64_t size_bytes() const override { return file_bytes(path_) + file_bytes(path_ + "-wal"); }

 private:
  // Opens a batch if none is open.
  Status enter_batch() {
    if (condition_.damaged()) return Error(ErrorCode::kJournalDamaged, "read-only: " + condition_.get().what);
    if (read_only_) return Error(ErrorCode::kJournalUnavailable, "the journal is on a file system that is read-only");
    if (lost_) return *lost_;
    if (gate_) return {};
    gate_ = wal_keeper_->enter();
    return keep_or_lose(Query(statements_.begin).run());
  }

  // A batch of which one write failed is undone at once, and stays lost until it is ended.
  Status keep_or_lose(Status done) {
    if (done.ok()) return done;
    const bool is_damage = done.error().code() == ErrorCode::kJournalDamaged;
    if (is_damage) note(done.error());
    lost_ = Error(is_damage ? ErrorCode::kJournalDamaged : ErrorCode::kJournalUnavailable, done.error().message());
    undo();
    return *lost_;
  }

  void undo() {
    if (!gate_) return;
    // After a full disk or a failed write SQLite has rolled back by itself.
    if (sqlite3_get_autocommit(writer_.get()) == 0) (void)Query(statements_.rollback).run();
    tables_.forget_new();
    tree_.restore(edge_);
    finished_any_ = false;
    new_name_.reset();
    gate_ = {};
  }

  Status insert(Position first, const Row& row) {
    encode_row(row, blob_, leaves_);
    const auto position = static_cast<std::int64_t>(first.value());
    if (const Status done = Query(statements_.insert_row).bind(1, position).bind(2, blob_).run(); !done.ok()) {
      if ((sqlite3_errcode(writer_.get()) & 0xff) == SQLITE_CONSTRAINT)
        return damaged_at(first.value(), "somebody else wrote a row here");
      return done;
    }
    if (!row.body.empty()) LUMENFLOW_TRY(Query(statements_.insert_body).bind(1, position).bind(2, row.body).run());
    finished_.clear();
    for (const Hash256& leaf : leaves_) edge_.append(leaf, finished_);
    for (const FinishedTile& tile : finished_) LUMENFLOW_TRY(put_tile(tile.id, tile.entries));
    finished_any_ = finished_any_ || !finished_.empty();
    return {};
  }

  Status put_tile(TileId id, std::span<const Hash256> entries) {
    return Query(statements_.put_tile).bind(1, tile_key(id)).bind(2, tile_bytes(entries)).run();
  }

  // A file without a name keeps nothing: what is written to it ends with the process.
  Status still_in_place() const {
    int moved = 0;
    if (sqlite3_file_control(writer_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK || moved == 0)
      return {};
    return Error(ErrorCode::kJournalDamaged,
                 path_ + " was moved or deleted while in use; put it back, or restore a copy");
  }

  // The upper levels change only with a full tile below them; the lowest level's edge is in the rows themselves.
  Status put_edge_tiles() {
    if (!finished_any_) return {};
    for (unsigned level = 1; level < edge_.levels().size(); ++level) {
      const std::vector<Hash256>& entries = edge_.levels()[level];
      if (!entries.empty()) LUMENFLOW_TRY(put_tile({level, edge_.size() >> (kTileHeight * (level + 1))}, entries));
    }
    return {};
  }

  Status recheck_edge_tiles() const {
    TreeEdge edge;
    tree_.restore(edge);
    for (unsigned level = 1; level < edge.levels().size(); ++level) {
      const std::vector<Hash256>& expected = edge.levels()[level];
      const TileId id{level, edge.size() >> (kTileHeight * (level + 1))};
      if (expected.empty()) continue;
      LUMENFLOW_TRY_ASSIGN(const std::vector<Hash256> stored, pool_->load_tile(id));  // longer if written meanwhile
      if (stored.size() < expected.size() || !std::equal(expected.begin(), expected.end(), stored.begin()))
        return damaged_at(id.first_position(), "a tile at the edge of the tree was changed");
    }
    return {};
  }

  void compare_with(const std::optional<Head>& checkpoint) {
    const std::uint64_t size = tree_.size();
    if (checkpoint && !names_.is_named(*checkpoint))
      return damaged("the log is " + names_.now() + ", its checkpoint is of " + checkpoint->log_id, 0);
    if (checkpoint && checkpoint->size > size)
      return damaged(
          "the log has " + std::to_string(size) + " entries, its checkpoint has " + std::to_string(checkpoint->size),
          size + 1);
    if (checkpoint) {
      const Result<Hash256> root = tree_.root_at(checkpoint->size);
      if (!root.ok()) return note(root.error());
      if (*root != checkpoint->root)
        return damaged("the first " + std::to_string(size) + " entries are not those of the checkpoint", 0);
    }
    recheck_after(checkpoint ? checkpoint->size : 0);
  }

  void recheck_after(std::uint64_t position) {
    const std::uint64_t size = tree_.size();
    if (size > kRecheckedOnOpenMax) position = std::max(position, size - kRecheckedOnOpenMax);
    while (position < size && !condition_.damaged()) {
      const Result<std::vector<StoredRow>> page = read(Position(position), 256, 1u << 20);
      if (!page.ok()) return note(page.error());
      position = page->back().first.value() + page->back().entries.size() - 1;
    }
  }

  void damaged(std::string what, std::uint64_t first_affected) const {
    condition_.found({true, std::move(what), first_affected});
  }
  void note(const Error& error) const { damaged(error.message(), damaged_position(error).value_or(0)); }
  // A reader that meets damage is the first to know of it: nothing is written from then on.
  Result<std::vector<StoredRow>> noted(Result<std::vector<StoredRow>> rows) const {
    if (!rows.ok() && rows.error().code() == ErrorCode::kJournalDamaged) note(rows.error());
    return rows;
  }

  const std::string path_;
  LogNames names_;
  Connection writer_;
  const bool read_only_;
  SqliteTables tables_{writer_};
  WriterStatements statements_;
  mutable ConditionCell condition_;

  // The open batch. The gate is held while there is one.
  std::unique_lock<std::mutex> gate_;
  std::optional<Error> lost_;
  std::optional<Renaming> new_name_;
  TreeEdge edge_;
  bool finished_any_ = false;
  std::vector<FinishedTile> finished_;
  std::string blob_;
  std::vector<Hash256> leaves_;

  std::shared_ptr<ReadPool> pool_;  // shared with snapshots
  CheckedTree tree_;
  Bells bells_;
  std::unique_ptr<WalKeeper> wal_keeper_;
};

}  // namespace

Result<std::unique_ptr<Log>> open_sqlite_log(const SqliteLogOptions& options) {
  LUMENFLOW_TRY_ASSIGN(OpenedDatabase opened, open_database(options));
  auto log = std::make_unique<SqliteLog>(options, std::move(opened));
  LUMENFLOW_TRY(log->start(options));
  return std::unique_ptr<Log>(std::move(log));
}

}  // namespace lumenflow::log
