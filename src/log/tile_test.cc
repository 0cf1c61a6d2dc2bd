#include "log/tile.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace lumenflow::log {
namespace {

Hash256 leaf(std::uint64_t index) { return leaf_hash("leaf " + std::to_string(index)); }

struct Grown {
  TreeEdge edge;
  std::map<TileId, std::vector<Hash256>> tiles;

  void grow(std::uint64_t to) {
    std::vector<FinishedTile> finished;
    while (edge.size() < to) edge.append(leaf(edge.size()), finished);
    for (FinishedTile& tile : finished) tiles.emplace(tile.id, std::move(tile.entries));
  }
};

TEST(TreeEdge, GivesUpEachTileWhenItIsFull) {
  Grown tree;
  tree.grow(65'536 + 700);
  EXPECT_EQ(tree.tiles.size(), 258u + 1u);
  ASSERT_TRUE(tree.tiles.contains({1, 0}));
  EXPECT_EQ(tree.edge.levels()[0].size(), 700u % 256);
  EXPECT_EQ(tree.edge.levels()[1].size(), 2u);
  EXPECT_EQ(tree.edge.levels()[2].size(), 1u);
  for (const auto& [id, entries] : tree.tiles) {
    ASSERT_EQ(entries.size(), kTileWidth);
    for (std::uint64_t i = 0; id.level > 0 && i < kTileWidth; ++i)
      ASSERT_EQ(entries[i], Tile(tree.tiles.at({id.level - 1, id.index * kTileWidth + i})).root());
  }
}

TEST(TreeEdge, HasTheRootOfTheWholeTree) {
  Grown tree;
  Frontier frontier;
  for (std::uint64_t n = 0; n < 1500; ++n) {
    tree.grow(n + 1);
    frontier.append(leaf(n));
    ASSERT_EQ(tree.edge.root(), frontier.root()) << n;
    ASSERT_EQ(TreeEdge(n + 1, tree.edge.levels()).root(), frontier.root()) << n;
  }
}

TEST(TreeEdge, FollowsForwardAndBack) {
  for (const std::uint64_t from : {0u, 1u, 200u, 255u, 256u, 257u, 511u, 65'535u}) {
    for (const std::uint64_t step : {0u, 1u, 55u, 256u, 600u}) {
      Grown before, after;
      before.grow(from);
      after.grow(from + step);
      TreeEdge edge = before.edge;
      edge.follow(after.edge);
      EXPECT_EQ(edge.levels(), after.edge.levels());
      EXPECT_EQ(edge.root(), after.edge.root());
      edge.follow(before.edge);
      EXPECT_EQ(edge.levels(), before.edge.levels());
      EXPECT_EQ(edge.root(), before.edge.root());
      EXPECT_EQ(edge.size(), from);
    }
  }
}

TEST(Tile, KnowsEveryNodeBetweenItsEntriesAndItsRoot) {
  Grown tree;
  tree.grow(256);
  const std::vector<Hash256>& entries = tree.tiles.at({0, 0});
  const Tile tile(entries);
  for (unsigned height = 0; height < kTileHeight; ++height) {
    const std::size_t count = std::size_t{1} << height;
    for (std::size_t offset = 0; offset < kTileWidth / count; ++offset)
      ASSERT_EQ(tile.node(height, offset), root_of_entries(std::span(entries).subspan(offset * count, count)));
  }
  EXPECT_EQ(tile.node(8, 0), tile.root());
}

TEST(Tile, BytesRoundTripAndAreWholeHashes) {
  Grown tree;
  tree.grow(3);
  const std::vector<Hash256>& entries = tree.edge.levels()[0];
  EXPECT_EQ(parse_tile(tile_bytes(entries)), entries);
  EXPECT_TRUE(parse_tile(std::string(33, 'x')).empty());
}

}  // namespace
}  // namespace lumenflow::log
