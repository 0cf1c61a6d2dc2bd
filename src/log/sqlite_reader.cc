#include "log/sqlite_reader.h"

#include <utility>

#include "log/damage.h"
#include "log/row_codec.h"

namespace lumenflow::log {
namespace {

constexpr std::size_t kIdleConnectionsMax = 4;

class SqliteSnapshot final : public Snapshot {
 public:
  SqliteSnapshot(std::shared_ptr<const ReadPool> pool, ReadPool::Lease lease)
      : pool_(std::move(pool)), lease_(std::move(lease)) {}
  ~SqliteSnapshot() override { (void)Query(lease_->rollback).run(); }

  Result<std::optional<std::string>> get(std::string_view table, std::string_view key) const override {
    return lease_->tables.get(table, key);
  }
  Result<std::vector<KeyValue>> scan(std::string_view table, std::string_view prefix, std::string_view after,
                                     std::size_t limit) const override {
    return lease_->tables.scan(table, prefix, after, limit);
  }
  Result<std::vector<KeyValue>> scan_descending(std::string_view table, std::string_view prefix,
                                                std::string_view before, std::size_t limit) const override {
    return lease_->tables.scan_descending(table, prefix, before, limit);
  }

 private:
  const std::shared_ptr<const ReadPool> pool_;  // destroyed after the lease
  const ReadPool::Lease lease_;
};

// An error of one row, told with its position.
Error at_row(std::uint64_t position, Error error) {
  if (error.code() != ErrorCode::kJournalDamaged || damaged_position(error)) return error;
  return damaged_at(position, error.message());
}

std::size_t bytes_of(const std::vector<DecodedEntry>& entries) {
  std::size_t bytes = 0;
  for (const DecodedEntry& entry : entries) bytes += entry.bytes.size();
  return bytes;
}

StoredRow copy_row(Position first, const std::vector<DecodedEntry>& entries, std::string_view body) {
  StoredRow row{first, {}, std::string(body)};
  row.entries.reserve(entries.size());
  for (const DecodedEntry& entry : entries) row.entries.emplace_back(entry.bytes);
  return row;
}

}  // namespace

ReadPool::Lease::~Lease() {
  if (connection_ == nullptr) return;
  const std::lock_guard lock(pool_->mutex_);
  if (pool_->idle_.size() < kIdleConnectionsMax) pool_->idle_.push_back(std::move(connection_));
}

Result<ReadPool::Lease> ReadPool::lease() const {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Lease lease(*this, std::move(idle_.back()));
      idle_.pop_back();
      return lease;
    }
  }
  LUMENFLOW_TRY_ASSIGN(Connection opened, Connection::open(path_, mode_));
  auto connection = std::make_unique<ReadConnection>(std::move(opened));
  LUMENFLOW_TRY_ASSIGN(connection->select_rows, connection->connection.prepare(kSelectRows));
  LUMENFLOW_TRY_ASSIGN(connection->select_tile, connection->connection.prepare(kSelectTile));
  LUMENFLOW_TRY_ASSIGN(connection->begin, connection->connection.prepare("BEGIN"));
  LUMENFLOW_TRY_ASSIGN(connection->first_read,
                       connection->connection.prepare("SELECT 1 FROM meta WHERE name = 'format'"));
  LUMENFLOW_TRY_ASSIGN(connection->rollback, connection->connection.prepare("ROLLBACK"));
  return Lease(*this, std::move(connection));
}

Result<std::vector<Hash256>> ReadPool::load_tile(TileId id) const {
  LUMENFLOW_TRY_ASSIGN(const Lease reader, lease());
  Query query(reader->select_tile);
  LUMENFLOW_TRY_ASSIGN(const bool found, query.bind(1, tile_key(id)).next());
  if (!found) return std::vector<Hash256>();
  return parse_tile(query.blob(0));
}

Status ReadPool::check_first_row() const {
  LUMENFLOW_TRY_ASSIGN(const Lease reader, lease());
  LUMENFLOW_TRY_ASSIGN(const Statement select, reader->connection.prepare("SELECT min(position) FROM rows"));
  Query query(select);
  LUMENFLOW_TRY_ASSIGN(const bool found, query.next());
  if (!found || query.is_null(0) || query.integer(0) >= 1) return {};
  return damaged_at(1, "there is a row before it");
}

Result<std::vector<StoredRow>> read_checked_rows(const ReadPool& pool, const CheckedTree& tree, Position from,
                                                 std::size_t entries_max, std::size_t bytes_max) {
  LUMENFLOW_TRY_ASSIGN(const ReadPool::Lease reader, pool.lease());
  const std::uint64_t size = tree.size();
  Query query(reader->select_rows);
  query.bind(1, static_cast<std::int64_t>(from.value())).bind(2, static_cast<std::int64_t>(size));
  std::vector<StoredRow> page;
  std::uint64_t expected = from.value();  // the first position not read yet
  std::size_t entries_read = 0;
  std::size_t bytes_read = 0;
  while (expected <= size) {
    Result<bool> row = query.next();
    if (!row.ok()) return at_row(expected, std::move(row).error());
    if (!*row) return damaged_at(expected, "the entry is missing");
    const auto first = static_cast<std::uint64_t>(query.integer(0));
    Result<std::vector<DecodedEntry>> entries = decode_row(query.blob(1));
    if (!entries.ok()) return at_row(expected, std::move(entries).error());
    const std::uint64_t end = first + entries->size();
    const bool in_place = page.empty() ? first <= expected && end > expected : first == expected;
    if (!in_place || end > size + 1) return damaged_at(expected, "the rows do not follow each other");
    const std::string_view body = query.blob(2);
    const std::size_t row_bytes = bytes_of(*entries) + body.size();
    if (!page.empty() && (entries_read + entries->size() > entries_max || bytes_read + row_bytes > bytes_max)) break;
    LUMENFLOW_TRY(tree.check_entries(Position(first), *entries));
    page.push_back(copy_row(Position(first), *entries, body));
    entries_read += entries->size();
    bytes_read += row_bytes;
    expected = end;
  }
  return page;
}

Result<std::unique_ptr<Snapshot>> take_snapshot(std::shared_ptr<const ReadPool> pool) {
  LUMENFLOW_TRY_ASSIGN(ReadPool::Lease lease, pool->lease());
  LUMENFLOW_TRY(Query(lease->begin).run());
  if (Status read = Query(lease->first_read).run(); !read.ok()) {  // the first read fixes the moment
    (void)Query(lease->rollback).run();
    return std::move(read).error();
  }
  return std::unique_ptr<Snapshot>(std::make_unique<SqliteSnapshot>(std::move(pool), std::move(lease)));
}

}  // namespace lumenflow::log
