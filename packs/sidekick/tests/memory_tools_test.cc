// memory:store, memory:recall and memory:forget.
#include "sidekick_fixture.h"

namespace lumenflow::sidekick {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class MemoryTools : public SidekickTest {
 protected:
  std::string remember(std::string_view content, std::string_view type = "note", std::string_view tags = "[]") {
    const json::Value data =
        succeed("memory:store", R"({"type":")" + std::string(type) + R"(","content":")" + std::string(content) +
                                    R"(","tags":)" + std::string(tags) + "}");
    return std::string(text(data, "/memory/id"));
  }
  std::vector<std::string> recalled(std::string_view input) {
    return texts(succeed("memory:recall", input), "/content");
  }
};

TEST_F(MemoryTools, StoresWhatIsToBeRemembered) {
  const json::Value data =
      succeed("memory:store", R"({"type":"preference","content":" Tea, no sugar. ","tags":["Home","home"]})");
  const std::string id(text(data, "/memory/id"));
  EXPECT_EQ(json::serialize(data), R"({"memory":{"id":")" + id +
                                       R"(","type":"preference","content":"Tea, no sugar.","tags":["Home"],)"
                                       R"("created_at":"2026-03-01T12:00:00.000Z"}})");
  EXPECT_THAT(id, ::testing::StartsWith("mem-01"));
  EXPECT_EQ(store.contents["memories/" + id], *data.find("memory"));
  ASSERT_EQ(audit().size(), 1u);
  EXPECT_EQ(text(audit()[0], "/tool"), "memory:store");
  EXPECT_EQ(text(audit()[0], "/op"), "create");
  EXPECT_EQ(text(audit()[0], "/ids/0"), id);
  EXPECT_EQ(refuse("memory:store", "{\"type\":\"fact\",\"content\":\" \u3000 \"}").code, "INVALID_INPUT");
}

TEST_F(MemoryTools, ShowsTheNewestFirstWithoutAQuery) {
  remember("one", "fact");
  remember("two", "note", R"(["Work"])");
  remember("three", "fact", R"(["work","Urgent"])");
  EXPECT_THAT(recalled("{}"), ElementsAre("three", "two", "one"));
  EXPECT_THAT(recalled(R"({"query":"  "})"), ElementsAre("three", "two", "one"));
  EXPECT_THAT(recalled(R"({"type":"fact"})"), ElementsAre("three", "one"));
  EXPECT_THAT(recalled(R"({"tags":["WORK"]})"), ElementsAre("three", "two"));
  EXPECT_THAT(recalled(R"({"tags":["work","urgent"]})"), ElementsAre("three"));
  const json::Value first = succeed("memory:recall", R"({"limit":2})");
  EXPECT_THAT(texts(first, "/content"), ElementsAre("three", "two"));
  const std::string cursor(text(first, "/next_cursor"));
  EXPECT_THAT(recalled(R"({"limit":2,"cursor":")" + cursor + R"("})"), ElementsAre("one"));
}

TEST_F(MemoryTools, RanksWhatAnswersTheQueryBest) {
  remember("The deploy key for staging is kept in the safe");
  remember("Lunch with Zoë at the harbour, the usual place");
  remember("Staging: deploy on Fridays never; staging deploy needs two people");
  remember("Nothing of interest");
  EXPECT_THAT(recalled(R"({"query":"staging deploy"})"),
              ElementsAre("Staging: deploy on Fridays never; staging deploy needs two people",
                          "The deploy key for staging is kept in the safe"));
  EXPECT_THAT(recalled(R"({"query":"ZOE"})"), ElementsAre("Lunch with Zoë at the harbour, the usual place"));
  EXPECT_THAT(recalled(R"({"query":"absent"})"), IsEmpty());
  EXPECT_THAT(recalled(R"({"query":"?!"})"), IsEmpty()) << "a query without words finds nothing";
}

TEST_F(MemoryTools, FindsByTagsAndInScriptsWithoutSpaces) {
  remember("a snippet", "snippet", R"(["Kubernetes"])");
  remember("会議は東京都で行われる");
  remember("京都へ行く");
  EXPECT_THAT(recalled(R"({"query":"kubernetes"})"), ElementsAre("a snippet"));
  EXPECT_THAT(recalled(R"({"query":"東京"})"), ElementsAre("会議は東京都で行われる"));
  EXPECT_THAT(recalled(R"({"query":"京都","type":"note"})").size(), 2u);
  EXPECT_THAT(recalled(R"({"query":"京都","type":"fact"})"), IsEmpty());
}

TEST_F(MemoryTools, PagesThroughARankingWhileMemoriesArriveAndGo) {
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i)
    ids.push_back(remember(std::string(static_cast<std::size_t>(i) * 3, 'x') + " comet " + std::to_string(i)));
  const std::vector<std::string> whole = recalled(R"({"query":"comet","limit":1000})");
  ASSERT_EQ(whole.size(), 20u);
  std::vector<std::string> seen;
  std::string cursor;
  do {
    const json::Value data = succeed("memory:recall", R"({"query":"comet","limit":6,"cursor":")" + cursor + R"("})");
    for (const std::string& content : texts(data, "/content")) seen.push_back(content);
    cursor = text(data, "/next_cursor");
    remember("comet comet comet");  // would be the best of all
  } while (!cursor.empty());
  EXPECT_EQ(seen, whole);

  const json::Value first = succeed("memory:recall", R"({"query":"x comet","limit":6})");
  const std::string last(text(first, "/items/5/id"));
  succeed("memory:forget", R"({"id":")" + last + R"("})");
  const json::Value second = succeed("memory:recall", R"({"query":"x comet","limit":1000,"cursor":")" +
                                                          std::string(text(first, "/next_cursor")) + R"("})");
  for (const std::string& id : texts(second, "/id"))
    for (const std::string& before : texts(first, "/id")) EXPECT_NE(id, before);
}

TEST_F(MemoryTools, RefusesForeignCursorsAndStopsWhenCancelled) {
  remember("x");
  EXPECT_EQ(refuse("memory:recall", R"({"cursor":"v2.task-01KJMC2R00000000000000000A.00000000"})").code,
            "INVALID_INPUT");
  for (const char* cursor : {"v2.mem-01KJMC2R00000000000000000A.00000000", "r2.", "nonsense"})
    EXPECT_EQ(refuse("memory:recall", R"({"query":"x","cursor":")" + std::string(cursor) + R"("})").code,
              "INVALID_INPUT");
  context.is_cancelled = true;
  EXPECT_EQ(refuse("memory:recall", R"({"query":"x"})").code, "TOOL_CANCELLED");
}

TEST_F(MemoryTools, ForgetsForGood) {
  const std::string id = remember("a secret");
  const json::Value would = succeed("memory:forget", R"({"id":")" + id + R"(","dry_run":true})");
  EXPECT_EQ(json::serialize(would), R"({"deleted_id":")" + id + R"(","dry_run":true})");
  EXPECT_THAT(recalled("{}"), ElementsAre("a secret"));
  EXPECT_EQ(json::serialize(succeed("memory:forget", R"({"id":" )" + id + R"( "})")),
            R"({"deleted_id":")" + id + R"("})");
  EXPECT_THAT(recalled("{}"), IsEmpty());
  EXPECT_EQ(text(audit().back(), "/op"), "delete");
  const std::size_t before = audit().size();
  EXPECT_EQ(refuse("memory:forget", R"({"id":")" + id + R"("})").code, "NOT_FOUND");
  EXPECT_EQ(refuse("memory:forget", R"({"id":")" + id + R"(","dry_run":true})").code, "NOT_FOUND");
  EXPECT_EQ(audit().size(), before);
}

TEST_F(MemoryTools, ACursorBelongsToItsQuery) {
  for (int i = 0; i < 4; ++i) succeed("memory:store", R"({"type":"fact","content":"cat and dog"})");
  for (const char* query : {R"("query":"cat",)", R"("type":"fact",)"}) {
    const json::Value first = succeed("memory:recall", "{" + std::string(query) + R"("limit":2})");
    const std::string cursor = R"("cursor":")" + std::string(text(first, "/next_cursor")) + R"("})";
    EXPECT_EQ(succeed("memory:recall", "{" + std::string(query) + cursor).find("items")->as_array().size(), 2u);
    for (const char* other : {R"("query":"dog",)", R"("query":"cat","type":"fact",)", ""})
      EXPECT_EQ(refuse("memory:recall", "{" + std::string(other) + cursor).code, "INVALID_INPUT") << query << other;
  }
}

}  // namespace
}  // namespace lumenflow::sidekick
