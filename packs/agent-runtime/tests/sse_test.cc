#include "agent-runtime/providers/sse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace lumenflow::agent_runtime {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> events_of(const std::vector<std::string>& pieces) {
  std::vector<std::string> events;
  SseReader reader([&](const SseEvent& event) {
    events.push_back(event.type + "|" + event.data);
    return true;
  });
  for (const std::string& piece : pieces) reader.feed(piece);
  return events;
}

TEST(SseReader, ReadsTheSameHoweverItIsCut) {
  const std::string body =
      "\xef\xbb\xbf: hello\r\nevent: a\r\ndata: one\r\ndata:two\r\n\r\n\nid: 4\ndata\n\nevent: none\n\ndata: {\"x\": "
      "1}\r\rretry: 5\r\ndata: end\n\n";
  const std::vector<std::string> whole = events_of({body});
  EXPECT_THAT(whole, ElementsAre("a|one\ntwo", "|", "|{\"x\": 1}", "|end"));
  for (std::size_t at = 0; at <= body.size(); ++at)
    EXPECT_EQ(events_of({body.substr(0, at), body.substr(at)}), whole) << at;
  std::vector<std::string> single;
  for (const char c : body) single.emplace_back(1, c);
  EXPECT_EQ(events_of(single), whole);
}

TEST(SseReader, AnEventWithoutItsEndIsNone) {
  EXPECT_THAT(events_of({"data: a\n\ndata: b\n"}), ElementsAre("|a"));
  SseReader reader([](const SseEvent&) { return true; });
  reader.feed("data: b\n");
  EXPECT_TRUE(reader.in_the_middle());
  reader.feed("\n");
  EXPECT_FALSE(reader.in_the_middle());
}

TEST(SseReader, EndsWhenTheTakerSaysSoOrAnEventHasNoEnd) {
  int taken = 0;
  SseReader one([&](const SseEvent&) { return ++taken < 1; });
  EXPECT_FALSE(one.feed("data: a\n\ndata: b\n\n"));
  EXPECT_EQ(taken, 1);
  SseReader large([](const SseEvent&) { return true; });
  EXPECT_TRUE(large.feed("data: "));
  const std::string mebibyte(1u << 20, 'x');
  bool goes_on = true;
  for (int i = 0; i < 5 && goes_on; ++i) goes_on = large.feed(mebibyte);
  EXPECT_TRUE(large.too_large());
}

}  // namespace
}  // namespace lumenflow::agent_runtime
