#include "hosts/body_stream.h"

#include <gtest/gtest.h>

#include <vector>

#include "hosts/message.h"

namespace lumenflow::hosts {
namespace {

class Child final : public Aside {
 public:
  bool tell(std::string_view line) override {
    said.push_back(parse_message(line.substr(0, line.size() - 1))->body);
    return !gone;
  }
  bool heard_stop(const json::Value& id) override { return id == json::Value("p1") && said.size() >= stops_after; }

  std::vector<json::Value> said;
  std::size_t stops_after = 1000;
  bool gone = false;
};

pack::HttpResponse head() {
  pack::HttpResponse response;
  response.status = 200;
  response.headers = {{"content-type", "text/plain"}};
  return response;
}

TEST(BodyStream, SaysWholeCharactersHoweverTheyCame) {
  const std::string text = "aä世🌍z";
  for (std::size_t at = 0; at <= text.size(); ++at) {
    Child child;
    BodyStream stream(child, "rcpt-1", "p1");
    EXPECT_TRUE(stream.take(head(), text.substr(0, at)));
    EXPECT_TRUE(stream.take(head(), text.substr(at)));
    EXPECT_TRUE(stream.finish());
    std::string heard;
    for (const json::Value& params : child.said) {
      heard += json::string_or(params, "text", "");
      EXPECT_EQ(json::string_or(params, "in", ""), "rcpt-1");
      EXPECT_EQ(params.find("status") != nullptr, &params == &child.said[0]) << "the head comes once";
    }
    EXPECT_EQ(heard, text) << at;
  }
}

TEST(BodyStream, WhatIsNoTextIsReplacedAndLost) {
  Child child;
  BodyStream stream(child, "rcpt-1", "p1");
  EXPECT_TRUE(stream.take(head(),
                          "a\xff"
                          "b\xe4"));
  EXPECT_TRUE(stream.finish());
  ASSERT_EQ(child.said.size(), 2u);
  EXPECT_EQ(json::string_or(child.said[0], "text", ""),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(json::string_or(child.said[1], "text", ""), "\xef\xbf\xbd");
}

TEST(BodyStream, IsCutIntoLinesOfABoundedSize) {
  Child child;
  BodyStream stream(child, "rcpt-1", "p1");
  std::string large;
  while (large.size() < 1'000'000) large += "世";
  EXPECT_TRUE(stream.take(head(), large));
  EXPECT_EQ(child.said.size(), 4u);
}

TEST(BodyStream, EndsWhenTheChildWantsNoMoreOrIsGone) {
  Child child;
  child.stops_after = 2;
  BodyStream stream(child, "rcpt-1", "p1");
  EXPECT_TRUE(stream.take(head(), "a"));
  EXPECT_FALSE(stream.take(head(), "b"));
  Child lost;
  lost.gone = true;
  EXPECT_FALSE(BodyStream(lost, "rcpt-1", "p1").take(head(), "a"));
}

}  // namespace
}  // namespace lumenflow::hosts
