#include "agent-runtime/providers/intent_line.h"

#include <gtest/gtest.h>

namespace lumenflow::agent_runtime {
namespace {

const std::vector<OfferedIntent> kIntents{{"triage", "sorts"}, {"fix", "repairs"}};

struct ReadIntent {
  std::string intent, text, shown;
};

ReadIntent read_intent(const std::string& said, std::size_t step,
                       const std::vector<OfferedIntent>& intents = kIntents) {
  ReadIntent out;
  const Sink sink = [&](std::string_view piece) {
    out.shown += piece;
    return true;
  };
  IntentLine line(intents, sink);
  for (std::size_t at = 0; at < said.size(); at += step)
    EXPECT_TRUE(line.feed(std::string_view(said).substr(at, step)));
  EXPECT_TRUE(line.finish());
  out.text = said;
  out.intent = line.take_from(out.text);
  return out;
}

TEST(IntentLine, IsTakenOffAndNeverShown) {
  for (const std::size_t step : {1, 3, 7, 1000}) {
    const ReadIntent plain = read_intent("Intent: fix\n\nI mend it.\nIntent: triage\n", step);
    EXPECT_EQ(plain.intent, "fix");
    EXPECT_EQ(plain.text, "I mend it.\nIntent: triage\n");
    EXPECT_EQ(plain.shown, plain.text) << step;
    const ReadIntent marked = read_intent("**intent: `triage`**\r\nok", step);
    EXPECT_EQ(marked.intent, "triage");
    EXPECT_EQ(marked.shown, "ok");
    const ReadIntent alone = read_intent("Intent: fix", step);
    EXPECT_EQ(alone.intent, "fix");
    EXPECT_EQ(alone.shown, "");
  }
}

TEST(IntentLine, WhatNamesNoneStaysText) {
  for (const char* said :
       {"Intent: other\nx", "Hello\nIntent: fix\n", "Intention: fix\n", "Intent fix\nx", "", "I", "\n"}) {
    const ReadIntent none = read_intent(said, 2);
    EXPECT_EQ(none.intent, "") << said;
    EXPECT_EQ(none.text, said);
    EXPECT_EQ(none.shown, said);
  }
  EXPECT_EQ(read_intent("Intent: fix\nx", 4, {}).text, "Intent: fix\nx") << "none was asked for";
}

}  // namespace
}  // namespace lumenflow::agent_runtime
