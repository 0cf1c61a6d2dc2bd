#include "lumenflow/sse_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace lumenflow {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> events_of(const std::vector<std::string>& pieces) {
  std::vector<std::string> events;
  SseReader reader([&](const ReceivedEvent& event) {
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

TEST(SseReader, RemembersWhereToReadOn) {
  SseReader reader([](const ReceivedEvent&) { return true; });
  reader.feed("id: 1\ndata: a\n\n");
  EXPECT_EQ(reader.last_id(), "1");
  reader.feed("id: 2\n");
  EXPECT_EQ(reader.last_id(), "1") << "an event counts once it is whole";
  reader.feed("\n");
  EXPECT_EQ(reader.last_id(), "2") << "also one without data";
  reader.feed(std::string("id: 3\0\ndata: b\n\n", 17));
  EXPECT_EQ(reader.last_id(), "2");
  reader.feed("id: " + std::string(2000, '9') + "\ndata: b\n\n");
  EXPECT_EQ(reader.last_id(), "2");
  reader.feed("id\ndata: b\n\n");
  EXPECT_EQ(reader.last_id(), "") << "an empty id takes it back";
}

TEST(SseReader, AnEventWithoutItsEndIsNone) {
  EXPECT_THAT(events_of({"data: a\n\ndata: b\n"}), ElementsAre("|a"));
  SseReader reader([](const ReceivedEvent&) { return true; });
  reader.feed("data: b\n");
  EXPECT_TRUE(reader.in_the_middle());
  reader.feed("\n");
  EXPECT_FALSE(reader.in_the_middle());
}

TEST(SseReader, EndsWhenTheTakerSaysSoOrAnEventHasNoEnd) {
  int taken = 0;
  SseReader one([&](const ReceivedEvent&) { return ++taken < 1; });
  EXPECT_FALSE(one.feed("data: a\n\ndata: b\n\n"));
  EXPECT_EQ(taken, 1);
  SseReader large([](const ReceivedEvent&) { return true; });
  EXPECT_TRUE(large.feed("data: "));
  const std::string mebibyte(1u << 20, 'x');
  bool goes_on = true;
  for (int i = 0; i < 5 && goes_on; ++i) goes_on = large.feed(mebibyte);
  EXPECT_TRUE(large.too_large());
  SseReader small([](const ReceivedEvent&) { return true; }, 10);
  EXPECT_FALSE(small.feed("data: 0123456789abcdef"));
  EXPECT_TRUE(small.too_large());
}

}  // namespace
}  // namespace lumenflow
