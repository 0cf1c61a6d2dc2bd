// The durable tree as readers see it: the edge in memory, full tiles from storage, each checked against its parent tile
// up to the edge before anything in it is believed.
//
// Thread safe; one thread publishes. Borrows its source.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "log/log.h"
#include "log/row_codec.h"
#include "log/tile.h"

namespace lumenflow::log {

// Where full tiles are stored. Thread safe.
class TileSource {
 public:
  virtual ~TileSource() = default;
  // The entries as stored, whatever their number; none when there is no such tile.
  virtual Result<std::vector<Hash256>> load_tile(TileId id) const = 0;
};

class CheckedTree {
 public:
  explicit CheckedTree(const TileSource& source) : source_(source) {}

  // What `edge` covers is durable from now on: the full tiles below it are in the source.
  void publish(const TreeEdge& edge);
  // Takes `edge` back to what was last published.
  void restore(TreeEdge& edge) const;

  std::uint64_t size() const { return size_.load(std::memory_order_acquire); }
  Hash256 root(std::uint64_t* size_out) const;  // both of the same moment

  // JOURNAL_DAMAGED when a tile on the way does not match its parent.
  Result<Hash256> subtree(unsigned height, std::uint64_t start) const;
  Result<Hash256> root_at(std::uint64_t size) const;
  Result<std::vector<Hash256>> inclusion_proof(Position position, std::uint64_t size) const;
  Result<std::vector<Hash256>> consistency_proof(std::uint64_t from, std::uint64_t to) const;

  // Rehashes each entry and compares it with the leaf stored beside it and with the tree.
  Status check_entries(Position first, const std::vector<DecodedEntry>& entries) const;
  // Rereads all full tiles past the cache and compares them with their parents and with the edge.
  Status recheck_tiles() const;

 private:
  using TilePtr = std::shared_ptr<const Tile>;  // shared: a reader may still use a tile that left the cache
  struct Cached {
    TilePtr tile;
    std::list<TileId>::iterator recency;
  };

  // The root of 2^height entries at the edge (height < 8); nothing when that tile is not at the edge.
  std::optional<Hash256> at_edge(TileId id, unsigned height, std::size_t offset) const;
  Result<TilePtr> tile(TileId id) const;
  Result<TilePtr> load(TileId id, const Hash256& root) const;
  Result<Hash256> parent_entry(TileId id) const;
  Status recheck_below(TileId id, const Hash256& root) const;
  TilePtr find_cached(TileId id) const;
  void keep(TileId id, const TilePtr& tile) const;
  Status require_size(std::uint64_t size) const;

  const TileSource& source_;
  mutable std::mutex edge_mutex_;
  TreeEdge edge_;
  std::atomic<std::uint64_t> size_{0};
  mutable std::mutex cache_mutex_;
  mutable std::map<TileId, Cached> cache_;
  mutable std::list<TileId> recency_;  // most recently used first
};

}  // namespace lumenflow::log
