// The tree cut into tiles, with the geometry of C2SP tlog-tiles: 256 wide, so a tile spans eight levels of the tree.
//
// Entry k of level L is the root of the complete subtree of 256^L leaves that starts at leaf k * 256^L; tile i of a
// level holds its entries [256 i, 256 (i + 1)). A full tile never changes. Values; not thread safe.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "log/merkle.h"

namespace lumenflow::log {

inline constexpr unsigned kTileHeight = 8;
inline constexpr std::size_t kTileWidth = 256;

struct TileId {
  unsigned level = 0;
  std::uint64_t index = 0;
  auto operator<=>(const TileId&) const = default;
  std::uint64_t first_position() const { return (index << (kTileHeight * (level + 1))) + 1; }
};

// The key under which a tile is stored; tiles of one level are consecutive.
inline std::int64_t tile_key(TileId id) {
  return static_cast<std::int64_t>((static_cast<std::uint64_t>(id.level) << 56) | id.index);
}

// A full tile with the nodes between its 256 entries and its root.
class Tile {
 public:
  explicit Tile(std::span<const Hash256> entries);  // 256 of them
  // The root of 2^height entries (height 0 to 8), the `offset`-th such group.
  const Hash256& node(unsigned height, std::size_t offset) const;
  const Hash256& root() const { return nodes_.back(); }

 private:
  std::vector<Hash256> nodes_;  // entries, then each level above them
};

struct FinishedTile {
  TileId id;
  std::vector<Hash256> entries;
};

// The right edge of a tiled tree: at each level the entries that do not fill a tile yet. With the full tiles it is the
// whole tree, and its frontier is the tree's.
class TreeEdge {
 public:
  TreeEdge() = default;
  // As stored: `levels[L]` has (size / 256^L) % 256 entries (checked: aborts otherwise). See levels_of().
  TreeEdge(std::uint64_t size, std::vector<std::vector<Hash256>> levels);

  // Adds to `finished` the tiles that this leaf filled, lowest level first.
  void append(const Hash256& leaf, std::vector<FinishedTile>& finished);
  // Becomes equal to `other`, which is this edge some appends earlier or later; copies only what differs.
  void follow(const TreeEdge& other);

  std::uint64_t size() const { return frontier_.size(); }
  Hash256 root() const { return frontier_.root(); }
  const std::vector<std::vector<Hash256>>& levels() const { return levels_; }
  // Whether entries of this tile are at the edge; if not, it is full (or beyond the tree).
  bool holds(TileId id) const;

 private:
  Frontier frontier_;
  std::vector<std::vector<Hash256>> levels_;
  std::vector<Hash256> tile_roots_;  // scratch of append
};

// How many entries the edge of a tree of `size` leaves has at `level`.
inline std::size_t edge_entries(std::uint64_t size, unsigned level) {
  return static_cast<std::size_t>((size >> (kTileHeight * level)) % kTileWidth);
}
// Levels of which a tree of `size` leaves has at least one entry.
unsigned levels_of(std::uint64_t size);

// The root of 1, 2, 4 … 128 entries.
Hash256 root_of_entries(std::span<const Hash256> entries);

// The entries of a stored tile; empty when the bytes are not whole hashes.
std::vector<Hash256> parse_tile(std::string_view bytes);
std::string_view tile_bytes(std::span<const Hash256> entries);

}  // namespace lumenflow::log
