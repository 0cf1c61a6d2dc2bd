#include "sidekick/tool_impl/ranking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace lumenflow::sidekick {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> ids(const Ranking& ranking) {
  std::vector<std::string> ids;
  for (const Hit& hit : ranking.hits()) ids.push_back(hit.id);
  return ids;
}

TEST(Ranking, PutsRareWordsShortTextsAndFrequentMentionsFirst) {
  Ranking ranking({"the", "comet"});
  ranking.add("a", {"the cat the dog the bird the fish the end of the tale"}, true);
  ranking.add("b", {"a comet over the hill"}, true);
  ranking.add("c", {"a comet"}, true);
  ranking.add("d", {"comet comet, and the rest of the sky with all the stars in it"}, true);
  ranking.add("e", {"nothing here"}, true);
  ranking.add("f", {"the rest"}, true);
  ranking.add("g", {"the rest"}, true);
  const std::vector<std::string> ranked = ids(ranking);
  EXPECT_EQ(ranked.size(), 6u) << "e holds no word";
  EXPECT_EQ(ranked[0], "b");
  EXPECT_EQ(ranked[1], "d");
  EXPECT_EQ(ranked[2], "c");
  EXPECT_EQ(ranked[3], "a") << "what it says often counts, however common it is";
  EXPECT_EQ(ranked[4], "g") << "of equals the newer";
  EXPECT_EQ(ranked[5], "f");
}

TEST(Ranking, ScoresAsTheFormulaSays) {
  Ranking ranking({"x"});
  ranking.add("a", {"x x y"}, true);
  ranking.add("b", {"y"}, true);
  const double weight = std::log(1 + (2 - 1 + 0.5) / (1 + 0.5));
  const double norm = 1.2 * (1 - 0.75 + 0.75 * 3 / 2.0);
  ASSERT_EQ(ranking.hits().size(), 1u);
  EXPECT_DOUBLE_EQ(ranking.hits()[0].score, weight * 2 * 2.2 / (2 + norm));
}

TEST(Ranking, ShowsCandidatesAlone) {
  Ranking ranking({"x"});
  ranking.add("a", {"x"}, false);
  ranking.add("b", {"y", "x"}, true);
  EXPECT_THAT(ids(ranking), ElementsAre("b"));
  EXPECT_THAT(ids(Ranking({})), IsEmpty());
}

}  // namespace
}  // namespace lumenflow::sidekick
