// Read connections to a SQLite Log: each sees what is durable, whatever the writer is doing.
//
// ReadPool is thread safe; what it lends belongs to one thread at a time.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "log/checked_tree.h"
#include "log/log.h"
#include "log/sqlite_connection.h"
#include "log/sqlite_tables.h"

namespace lumenflow::log {

// The rows from the one that holds ?1 (or the next one after it) up to those that start at ?2.
inline constexpr std::string_view kSelectRows =
    "SELECT rows.position, rows.entries, bodies.body FROM rows LEFT JOIN bodies ON bodies.position = rows.position "
    "WHERE rows.position >= coalesce((SELECT max(position) FROM rows WHERE position <= ?1), ?1) "
    "AND rows.position <= ?2 ORDER BY rows.position";
inline constexpr std::string_view kSelectTile = "SELECT hashes FROM tiles WHERE id = ?1";

struct ReadConnection {
  explicit ReadConnection(Connection opened) : connection(std::move(opened)) {}
  Connection connection;
  SqliteTables tables{connection};
  Statement select_rows;
  Statement select_tile;
  Statement begin, first_read, rollback;  // of a snapshot
};

class ReadPool final : public TileSource {
 public:
  explicit ReadPool(std::string path, Connection::Mode mode = Connection::Mode::kRead)
      : path_(std::move(path)), mode_(mode) {}

  // Gives the connection back when it goes.
  class Lease {
   public:
    Lease(const ReadPool& pool, std::unique_ptr<ReadConnection> connection)
        : pool_(&pool), connection_(std::move(connection)) {}
    Lease(Lease&&) = default;
    ~Lease();
    ReadConnection* operator->() const { return connection_.get(); }

   private:
    const ReadPool* pool_;
    std::unique_ptr<ReadConnection> connection_;
  };
  Result<Lease> lease() const;
  Result<std::vector<Hash256>> load_tile(TileId id) const override;
  Status check_first_row() const;  // JOURNAL_DAMAGED when one is stored before position 1

 private:
  const std::string path_;
  const Connection::Mode mode_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<ReadConnection>> idle_;
};

// Rows from the one that holds `from` on, each checked against `tree`, until a limit is reached (at least one row).
// `from` is within the tree.
Result<std::vector<StoredRow>> read_checked_rows(const ReadPool& pool, const CheckedTree& tree, Position from,
                                                 std::size_t entries_max, std::size_t bytes_max);

// Shares the pool: a snapshot may outlive its Log.
Result<std::unique_ptr<Snapshot>> take_snapshot(std::shared_ptr<const ReadPool> pool);

}  // namespace lumenflow::log
