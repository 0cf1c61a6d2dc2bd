// Facts are written in one way, read back as they were, and said in JSON without loss.
#include "bus/fact.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace lumenflow::bus {
namespace {

std::string some_facts() {
  FactWriter out;
  out.begin(FactKind::kNow);
  out.difference(-5);
  out.begin(FactKind::kRandom);
  out.text(std::string("\xff\x00z", 3));
  out.begin(FactKind::kGet);
  out.text("store");
  out.none();
  out.flag(true);
  out.number(111);
  out.number(112);
  out.number(UINT64_MAX);
  out.difference(INT64_MIN);
  return std::string(out.bytes());
}

TEST(Fact, IsReadBackAsItWasWritten) {
  const std::string bytes = some_facts();
  FactReader in(bytes);
  EXPECT_FALSE(in.begin(FactKind::kGet));
  ASSERT_TRUE(in.begin(FactKind::kNow));
  EXPECT_EQ(in.difference(), -5);
  ASSERT_TRUE(in.begin(FactKind::kRandom));
  EXPECT_EQ(in.text(), std::string_view("\xff\x00z", 3));
  ASSERT_TRUE(in.begin(FactKind::kGet));
  EXPECT_EQ(in.text(), "store");
  EXPECT_EQ(in.optional_text(), std::nullopt);
  EXPECT_TRUE(in.flag());
  EXPECT_EQ(in.number(), 111u);
  EXPECT_EQ(in.number(), 112u);
  EXPECT_EQ(in.number(), UINT64_MAX);
  EXPECT_EQ(in.difference(), INT64_MIN);
  EXPECT_TRUE(in.at_end());
  EXPECT_FALSE(in.failed());
}

TEST(Fact, AWrongQuestionFailsAndEveryOneAfterIt) {
  const std::string bytes = some_facts();
  FactReader in(bytes);
  ASSERT_TRUE(in.begin(FactKind::kNow));
  EXPECT_EQ(in.text(), "");
  EXPECT_TRUE(in.failed());
  EXPECT_EQ(in.difference(), 0);
  EXPECT_FALSE(in.begin(FactKind::kRandom));
}

TEST(Fact, JsonLosesNothing) {
  const std::string bytes = some_facts();
  const auto view = facts_to_json(bytes);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(
      json::serialize(*view),
      R"([{"fact":"clock.now","values":[-5]},{"fact":"random","values":[{"base64":"/wB6"}]},)"
      R"({"fact":"journal.get","values":["store",null,true,111,112,18446744073709551615,-9223372036854775808]}])");
  EXPECT_EQ(*facts_from_json(*view), bytes);
}

// Whatever is accepted is what a writer would have written.
TEST(Fact, WhatIsAcceptedHasOneForm) {
  SeededRandom random(1);
  const std::string good = some_facts();
  for (int i = 0; i < 20'000; ++i) {
    const auto draw = random.draw16();
    std::string bytes = good;
    bytes[draw[0] % bytes.size()] = static_cast<char>(draw[1]);
    if (draw[2] % 4 == 0) bytes.resize(draw[3] % bytes.size());
    const auto view = facts_to_json(bytes);
    if (view.ok()) {
      EXPECT_EQ(*facts_from_json(*view), bytes);
    }
  }
}

}  // namespace
}  // namespace lumenflow::bus
