#include "log/checked_tree.h"

#include <optional>

#include "log/damage.h"

namespace lumenflow::log {
namespace {

constexpr std::size_t kCachedTilesMax = 128;  // 2 MiB with their inner nodes

}  // namespace

void CheckedTree::publish(const TreeEdge& edge) {
  const std::lock_guard lock(edge_mutex_);
  edge_.follow(edge);
  size_.store(edge.size(), std::memory_order_release);
}

void CheckedTree::restore(TreeEdge& edge) const {
  const std::lock_guard lock(edge_mutex_);
  edge.follow(edge_);
}

Hash256 CheckedTree::root(std::uint64_t* size_out) const {
  const std::lock_guard lock(edge_mutex_);
  *size_out = edge_.size();
  return edge_.root();
}

std::optional<Hash256> CheckedTree::at_edge(TileId id, unsigned height, std::size_t offset) const {
  const std::lock_guard lock(edge_mutex_);
  if (!edge_.holds(id)) return std::nullopt;
  const std::span<const Hash256> entries = edge_.levels()[id.level];
  const std::size_t count = std::size_t{1} << height;
  if ((offset + 1) * count > entries.size()) return std::nullopt;
  return root_of_entries(entries.subspan(offset * count, count));
}

Result<Hash256> CheckedTree::subtree(unsigned height, std::uint64_t start) const {
  const unsigned level = height / kTileHeight;
  const unsigned within = height % kTileHeight;
  const std::uint64_t entry = start >> (kTileHeight * level);
  const TileId id{level, entry / kTileWidth};
  const std::size_t offset = (entry % kTileWidth) >> within;
  if (const std::optional<Hash256> hash = at_edge(id, within, offset)) return *hash;
  LUMENFLOW_TRY_ASSIGN(const TilePtr found, tile(id));
  return found->node(within, offset);
}

Result<Hash256> CheckedTree::parent_entry(TileId id) const {
  return subtree(kTileHeight * (id.level + 1), id.index << (kTileHeight * (id.level + 1)));
}

Result<CheckedTree::TilePtr> CheckedTree::tile(TileId id) const {
  if (TilePtr found = find_cached(id)) return found;
  if (id.level >= levels_of(size())) return Error(ErrorCode::kInternal, "a node beyond the tree was asked for");
  LUMENFLOW_TRY_ASSIGN(const Hash256 root, parent_entry(id));
  LUMENFLOW_TRY_ASSIGN(TilePtr loaded, load(id, root));
  keep(id, loaded);
  return loaded;
}

Result<CheckedTree::TilePtr> CheckedTree::load(TileId id, const Hash256& root) const {
  LUMENFLOW_TRY_ASSIGN(const std::vector<Hash256> entries, source_.load_tile(id));
  if (entries.size() != kTileWidth)
    return damaged_at(id.first_position(), "a tile of the tree is missing or cut short");
  const TilePtr loaded = std::make_shared<const Tile>(entries);
  if (loaded->root() != root) return damaged_at(id.first_position(), "a tile of the tree does not match its parent");
  return loaded;
}

CheckedTree::TilePtr CheckedTree::find_cached(TileId id) const {
  const std::lock_guard lock(cache_mutex_);
  const auto found = cache_.find(id);
  if (found == cache_.end()) return nullptr;
  recency_.splice(recency_.begin(), recency_, found->second.recency);
  return found->second.tile;
}

void CheckedTree::keep(TileId id, const TilePtr& tile) const {
  const std::lock_guard lock(cache_mutex_);
  if (cache_.contains(id)) return;
  if (cache_.size() == kCachedTilesMax) {
    cache_.erase(recency_.back());
    recency_.pop_back();
  }
  recency_.push_front(id);
  cache_.emplace(id, Cached{tile, recency_.begin()});
}

Status CheckedTree::require_size(std::uint64_t size) const {
  if (size <= this->size()) return {};
  return Error(ErrorCode::kInvalidInput,
               "size " + std::to_string(size) + " is beyond the head at " + std::to_string(this->size()));
}

Result<Hash256> CheckedTree::root_at(std::uint64_t size) const {
  LUMENFLOW_TRY(require_size(size));
  return root_of(size, [this](unsigned height, std::uint64_t start) { return subtree(height, start); });
}

Result<std::vector<Hash256>> CheckedTree::inclusion_proof(Position position, std::uint64_t size) const {
  LUMENFLOW_TRY(require_size(size));
  if (position.value() == 0 || position.value() > size)
    return Error(ErrorCode::kInvalidInput, "position " + std::to_string(position.value()) + " is not among the first " +
                                               std::to_string(size) + " entries");
  return build_inclusion_proof(position.value() - 1, size,
                               [this](unsigned height, std::uint64_t start) { return subtree(height, start); });
}

Result<std::vector<Hash256>> CheckedTree::consistency_proof(std::uint64_t from, std::uint64_t to) const {
  LUMENFLOW_TRY(require_size(to));
  return build_consistency_proof(from, to,
                                 [this](unsigned height, std::uint64_t start) { return subtree(height, start); });
}

Status CheckedTree::check_entries(Position first, const std::vector<DecodedEntry>& entries) const {
  std::uint64_t position = first.value();
  for (const DecodedEntry& entry : entries) {
    if (leaf_hash(entry.bytes) != entry.leaf) return damaged_at(position, "the entry does not match its leaf");
    Result<Hash256> leaf = subtree(0, position - 1);
    if (!leaf.ok()) {
      const bool damaged = leaf.error().code() == ErrorCode::kJournalDamaged;
      return damaged ? damaged_at(position, leaf.error().message()) : std::move(leaf).error();
    }
    if (*leaf != entry.leaf) return damaged_at(position, "the entry does not match the tree");
    ++position;
  }
  return {};
}

Status CheckedTree::recheck_tiles() const {
  TreeEdge edge;
  restore(edge);
  for (unsigned level = 1; level < edge.levels().size(); ++level) {
    std::uint64_t below = (edge.size() >> (kTileHeight * (level + 1))) * kTileWidth;  // the first tile under this edge
    for (const Hash256& entry : edge.levels()[level]) LUMENFLOW_TRY(recheck_below({level - 1, below++}, entry));
  }
  return {};
}

Status CheckedTree::recheck_below(TileId id, const Hash256& root) const {
  LUMENFLOW_TRY_ASSIGN(const TilePtr checked, load(id, root));
  if (id.level == 0) return {};
  for (std::size_t i = 0; i < kTileWidth; ++i)
    LUMENFLOW_TRY(recheck_below({id.level - 1, id.index * kTileWidth + i}, checked->node(0, i)));
  return {};
}

}  // namespace lumenflow::log
