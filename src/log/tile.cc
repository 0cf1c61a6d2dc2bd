#include "log/tile.h"

#include <bit>
#include <cstring>

#include "base/check.h"

namespace lumenflow::log {

Tile::Tile(std::span<const Hash256> entries) {
  LUMENFLOW_CHECK(entries.size() == kTileWidth);
  nodes_.reserve(2 * kTileWidth - 1);
  nodes_.assign(entries.begin(), entries.end());
  for (std::size_t i = 0; nodes_.size() < 2 * kTileWidth - 1; i += 2)
    nodes_.push_back(node_hash(nodes_[i], nodes_[i + 1]));
}

const Hash256& Tile::node(unsigned height, std::size_t offset) const {
  LUMENFLOW_CHECK(height <= kTileHeight && offset < kTileWidth >> height);
  const std::size_t below = 2 * kTileWidth - (2 * kTileWidth >> height);  // nodes at the heights before this one
  return nodes_[below + offset];
}

TreeEdge::TreeEdge(std::uint64_t size, std::vector<std::vector<Hash256>> levels) : levels_(std::move(levels)) {
  levels_.resize(std::max<std::size_t>(levels_.size(), levels_of(size)));
  std::vector<Hash256> roots;  // the bits of `size`, highest first: the groups of each level, highest first
  for (unsigned level = static_cast<unsigned>(levels_.size()); level-- > 0;) {
    LUMENFLOW_CHECK(levels_[level].size() == edge_entries(size, level));
    std::span<const Hash256> rest = levels_[level];
    while (!rest.empty()) {
      const std::size_t group = std::bit_floor(rest.size());
      roots.push_back(root_of_entries(rest.first(group)));
      rest = rest.subspan(group);
    }
  }
  frontier_ = Frontier(size, std::move(roots));
}

void TreeEdge::append(const Hash256& leaf, std::vector<FinishedTile>& finished) {
  tile_roots_.clear();
  frontier_.append(leaf, &tile_roots_);
  const Hash256* entry = &leaf;
  for (unsigned level = 0;; ++level) {
    if (levels_.size() == level) levels_.emplace_back().reserve(kTileWidth);
    std::vector<Hash256>& entries = levels_[level];
    entries.push_back(*entry);
    if (entries.size() < kTileWidth) return;
    finished.push_back({{level, (size() >> (kTileHeight * (level + 1))) - 1}, entries});
    entries.clear();
    entry = &tile_roots_[level];
  }
}

void TreeEdge::follow(const TreeEdge& other) {
  levels_.resize(other.levels_.size());
  for (unsigned level = 0; level < levels_.size(); ++level) {
    std::vector<Hash256>& mine = levels_[level];
    const std::vector<Hash256>& theirs = other.levels_[level];
    const unsigned shift = kTileHeight * (level + 1);
    const bool same_tile = size() >> shift == other.size() >> shift;
    const std::size_t common = same_tile ? std::min(mine.size(), theirs.size()) : 0;
    mine.resize(common);
    mine.insert(mine.end(), theirs.begin() + static_cast<std::ptrdiff_t>(common), theirs.end());
  }
  frontier_ = other.frontier_;
}

bool TreeEdge::holds(TileId id) const {
  return id.level < levels_.size() && !levels_[id.level].empty() &&
         id.index == size() >> (kTileHeight * (id.level + 1));
}

unsigned levels_of(std::uint64_t size) {
  return (static_cast<unsigned>(std::bit_width(size)) + kTileHeight - 1) / kTileHeight;
}

Hash256 root_of_entries(std::span<const Hash256> entries) {
  LUMENFLOW_CHECK(std::has_single_bit(entries.size()));
  if (entries.size() == 1) return entries.front();
  const std::size_t half = entries.size() / 2;
  return node_hash(root_of_entries(entries.first(half)), root_of_entries(entries.last(half)));
}

std::vector<Hash256> parse_tile(std::string_view bytes) {
  if (bytes.size() % sizeof(Hash256) != 0) return {};
  std::vector<Hash256> entries(bytes.size() / sizeof(Hash256));
  if (!entries.empty()) std::memcpy(entries.data(), bytes.data(), bytes.size());
  return entries;
}

std::string_view tile_bytes(std::span<const Hash256> entries) {
  return {reinterpret_cast<const char*>(entries.data()), entries.size_bytes()};
}

}  // namespace lumenflow::log
