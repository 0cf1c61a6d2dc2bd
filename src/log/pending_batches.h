// Batches on their way to the disk, and a view of the tables that has them in it already.
//
// All of it belongs to the thread that fills them, but for a sealed batch's rows and changes: those the thread that
// commits takes and reads.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/log.h"

namespace lumenflow::log {

struct TableChange {
  std::string table;
  std::string key;
  std::optional<std::string> value;  // nothing: erased
};

struct BodyChange {
  Position first;
  std::string body;  // empty: gone
};

struct PendingBatch {
  Position first;                   // of its first row
  std::vector<Row> rows;            // the committing thread's, once sealed
  std::deque<TableChange> changes;  // in order; their addresses hold, for the index
  std::vector<BodyChange> bodies;   // of rows of this batch or of those before, in order
  std::string log_id;               // the Log's from here on; empty: as it was
  bool empty() const { return rows.empty() && changes.empty() && bodies.empty() && log_id.empty(); }
};

// What is durable in `log`, with the pending batches over it.
class PendingBatches final : public TableReader {
 public:
  explicit PendingBatches(const Log& log) : log_(log) {}

  PendingBatch& open() { return *open_; }
  const PendingBatch& open() const { return *open_; }
  // The open batch is full; the next one starts.
  std::shared_ptr<PendingBatch> seal();
  // The oldest `count` sealed batches are durable, and read from the log from now on.
  void forget_durable(std::size_t count);
  void drop_open();
  void drop_all();

  Result<std::optional<std::string>> get(std::string_view table, std::string_view key) const override;
  Result<std::vector<KeyValue>> scan(std::string_view table, std::string_view prefix, std::string_view after,
                                     std::size_t limit) const override;
  Result<std::vector<KeyValue>> scan_descending(std::string_view table, std::string_view prefix,
                                                std::string_view before, std::size_t limit) const override;
  // Gives back what is held of the log for reading.
  void release_snapshot() { snapshot_.reset(); }

 private:
  using Changes = std::map<std::string_view, const TableChange*>;  // by key; the latest of each
  void index_changes(const PendingBatch& batch, std::size_t from) const;
  const Changes& changes_of(std::string_view table) const;
  void forget_index();
  Result<const Snapshot*> snapshot() const;

  const Log& log_;
  std::deque<std::shared_ptr<PendingBatch>> sealed_;  // shared with the thread that commits; oldest first
  std::shared_ptr<PendingBatch> open_ = std::make_shared<PendingBatch>();

  // Made by the first read, for most batches are never read: the changes up to a place in the batches.
  mutable std::map<std::string_view, Changes> index_;
  mutable std::size_t indexed_batches_ = 0;  // whole ones
  mutable std::size_t indexed_changes_ = 0;  // of the one after them
  mutable std::unique_ptr<Snapshot> snapshot_;
};

}  // namespace lumenflow::log
