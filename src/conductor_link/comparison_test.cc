// What a conductor can leave out, change or add, and that it is said.
#include "conductor_link/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace lumenflow::conductor_link {
namespace {

constexpr char kJob[] = "acme-demo:job_completed", kCall[] = "agent-runtime:tool_called";

// A journal of ten events, at positions twice their seq; every third is ephemeral. Nothing up to seq 2 was to be sent,
// what is beyond 9 waits.
class ComparisonTest : public ::testing::Test {
 protected:
  ComparisonTest() {
    facts.log_id = "log-a";
    facts.streams["sidecar"] = {.base_seq = 2, .acknowledged_seq = 8, .settled = 18, .tombstones = {}};
    for (std::uint64_t seq = 1; seq <= 10; ++seq) here.push_back(event(seq));
    for (std::uint64_t seq = 3; seq <= 9; ++seq) there.push_back(shown(event(seq)));
  }

  static json::Value event(std::uint64_t seq, const std::string& channel = "sidecar") {
    const bool queued = seq % 3 != 0;
    json::Object item{{"channel", channel},
                      {"event_id", "id-" + std::to_string(seq)},
                      {"kind", queued ? kJob : kCall},
                      {"position", seq * 2},
                      {"seq", seq}};
    if (queued) item.set("queue_seq", seq - seq / 3);
    return item;
  }
  // As the conductor answers it: at a position of its own.
  static json::Value shown(json::Value item) {
    item.as_object().set("class", item.find("queue_seq") != nullptr ? "queue" : "ephemeral");
    item.as_object().set("log_id", "log-a");
    return item;
  }
  static json::Value tombstone(std::uint64_t seq) {
    return json::Object{{"channel", "sidecar"}, {"type", "event.tombstone"}, {"seq", seq}, {"queue_seq", 1}};
  }
  static json::Value gap(std::uint64_t first, std::uint64_t last) {
    return json::Object{{"channel", "sidecar"}, {"type", "events.dropped"}, {"first_seq", first}, {"last_seq", last}};
  }
  // In place of those of that seq, or away.
  void instead_of(std::uint64_t seq, std::vector<json::Value> items) {
    const auto at = std::find_if(there.begin(), there.end(), [seq](const json::Value& item) {
      return json::integer_or(item, "seq", 0) == static_cast<std::int64_t>(seq);
    });
    ASSERT_NE(at, there.end());
    there.insert(there.erase(at), items.begin(), items.end());
  }

  // Three items to a page.
  static EventPages::Fetch pages(const std::vector<json::Value>& items) {
    return [&items](std::uint64_t after) -> Result<json::Value> {
      json::Array page;
      std::uint64_t position = 0, last = after;
      for (json::Value item : items) {
        item.as_object().set("position", position += 2);
        if (position <= after || page.size() == 3) continue;
        page.push_back(item);
        last = position;
      }
      const bool more = last < position;
      return json::Value(json::Object{{"items", std::move(page)}, {"next", more ? json::Value(last) : json::Value()}});
    };
  }
  Comparison compare() { return *compare_events(facts, pages(here), pages(there)); }

  WorkspaceFacts facts;
  std::vector<json::Value> here, there;
};

TEST_F(ComparisonTest, WhatTheJournalSaysWasNotSentIsExplained) {
  const Comparison found = compare();
  EXPECT_TRUE(found.well()) << json::serialize(json::Value(found.examples));
  EXPECT_EQ(found.accounted, 7u);
  EXPECT_EQ(found.explained, 3u) << "two before the enrollment, one on its way";
  there.push_back(shown(event(10)));
  EXPECT_EQ(compare().accounted, 8u) << "its acknowledgement is on its way";
}

TEST_F(ComparisonTest, NothingAtAllIsMissing) {
  there.clear();
  EXPECT_EQ(compare().missing, 7u)
      << "what was acknowledged, and the ephemerals before it, and one that was not counted";
  facts.dropped[kCall] = 1;
  EXPECT_EQ(compare().missing, 6u);
}

TEST_F(ComparisonTest, TheOldestAndTheNewestAreMissingLikeAnyOther) {
  there.erase(there.begin(), there.begin() + 2);
  EXPECT_EQ(compare().missing, 2u);
  there.pop_back();
  there.pop_back();
  EXPECT_EQ(compare().missing, 4u) << "the ephemeral at the end was settled, and not counted as dropped";
  facts.streams["sidecar"].settled = 16;
  EXPECT_EQ(compare().missing, 3u) << "what is not settled may not have arrived";
}

TEST_F(ComparisonTest, ATombstoneNeedsAnEventThatWasGivenUp) {
  instead_of(5, {tombstone(5)});
  EXPECT_EQ(compare().missing, 1u);
  facts.streams["sidecar"].tombstones = {10};
  EXPECT_TRUE(compare().well());
  instead_of(6, {tombstone(6)});
  EXPECT_EQ(compare().missing, 1u) << "an ephemeral never gets one";
}

TEST_F(ComparisonTest, OnlySoManyEphemeralsWereDroppedAsWereCounted) {
  instead_of(3, {gap(3, 3)});
  EXPECT_EQ(compare().missing, 1u);
  facts.dropped[kCall] = 1;
  EXPECT_TRUE(compare().well());
  instead_of(6, {gap(6, 6)});
  EXPECT_EQ(compare().missing, 1u);
}

TEST_F(ComparisonTest, AGapDoesNotTakeWhatWasAcknowledgedNorWhatIsToCome) {
  facts.dropped[kCall] = 10;
  there = {gap(1, 99)};
  const Comparison found = compare();
  EXPECT_EQ(found.missing, 5u);
  EXPECT_EQ(found.invented, 1u);
}

TEST_F(ComparisonTest, WhatWasNeverEmittedIsInvented) {
  there.push_back(shown(event(11)));
  EXPECT_EQ(compare().invented, 1u);
  there.back() = shown(event(4));
  EXPECT_EQ(compare().invented, 1u) << "said twice";
  for (const char* stream : {"bridge:evil", "phone:evil"}) {
    there.back() = shown(event(4, stream));
    EXPECT_EQ(compare().invented, 1u) << stream;
  }
}

TEST_F(ComparisonTest, AnyMemberThatDiffersIsAltered) {
  for (const auto& [member, value] : std::vector<std::pair<const char*, json::Value>>{
           {"kind", "acme-demo:other"}, {"queue_seq", 77}, {"class", "ephemeral"}, {"log_id", "log-b"}, {"more", 1}}) {
    const json::Value before = there[1];
    there[1].as_object().set(member, value);
    EXPECT_EQ(compare().altered, 1u) << member;
    there[1] = before;
  }
}

TEST_F(ComparisonTest, AllStreamsOfTheWorkspaceAreHeldAgainstEachOther) {
  facts.streams["bridge:room"] = {.base_seq = 0, .acknowledged_seq = 2, .settled = 0, .tombstones = {}};
  here.insert(here.begin() + 3, event(1, "bridge:room"));
  here.push_back(event(2, "bridge:room"));
  EXPECT_EQ(compare().missing, 2u);
  there.insert(there.begin(), shown(event(1, "bridge:room")));
  there.push_back(shown(event(2, "bridge:room")));
  EXPECT_TRUE(compare().well());
}

TEST_F(ComparisonTest, WhatIsEmittedMeanwhileIsNotInvented) {
  there.push_back(shown(event(10)));
  there.push_back(shown(event(11)));
  bool read = false;
  const auto growing = [&](std::uint64_t after) {
    if (after >= 20 && !std::exchange(read, true)) here.push_back(event(11));
    return pages(here)(after);
  };
  const Comparison found = *compare_events(facts, growing, pages(there));
  EXPECT_TRUE(found.well()) << json::serialize(json::Value(found.examples));
}

// --- a part of a stream ---

using Verdicts = std::map<std::uint64_t, Verdict>;

TEST_F(ComparisonTest, OfAPartOnlyThatIsLookedAt) {
  there.erase(there.begin());  // seq 3
  Verdicts verdicts;
  const auto heard = [&](const json::Value& item, Verdict verdict) {
    verdicts[static_cast<std::uint64_t>(json::integer_or(item, "seq", 0))] = verdict;
  };
  const auto look = [&](std::uint64_t first, std::uint64_t last) {
    verdicts.clear();
    return compare_range(facts, {"sidecar", first, last}, pages(here), pages(there), heard)->well();
  };
  EXPECT_TRUE(look(4, 6));
  EXPECT_EQ(verdicts, (Verdicts{{4, Verdict::kAccounted}, {5, Verdict::kAccounted}, {6, Verdict::kAccounted}}));
  EXPECT_FALSE(look(3, 6));
  EXPECT_EQ(verdicts[3], Verdict::kMissing);
  there.erase(std::next(there.begin(), 2));  // seq 6, an ephemeral at the end of the part
  EXPECT_FALSE(look(4, 6)) << "what comes behind shows that it will not come";
  EXPECT_FALSE(compare_range(facts, {"bridge:none", 1, 2}, pages(here), pages(there), {}).ok());
}

// Two hundred turns, each damaged in one way at one place: each is told from the others, at its place.
TEST(DamagedTurns, LossGapsAndTamperingAreToldApart) {
  std::mt19937 draw(7);
  std::map<Verdict, int> seen;
  for (int turn = 0; turn < 200; ++turn) {
    const std::uint64_t length = 8 + draw() % 40, first = 1 + draw() % 4, last = length - draw() % 3;
    std::vector<json::Value> here, there;
    WorkspaceFacts facts;
    facts.log_id = "log-a";
    facts.streams["sidecar"] = {.base_seq = 0, .acknowledged_seq = length, .settled = 2 * length, .tombstones = {}};
    std::uint64_t queue_seq = 0;
    for (std::uint64_t seq = 1; seq <= length; ++seq) {
      json::Object event{{"channel", "sidecar"},
                         {"event_id", "id-" + std::to_string(seq)},
                         {"kind", seq % 2 == 0 ? kCall : kJob},
                         {"position", 2 * seq},
                         {"payload", json::Object{{"n", draw() % 1'000}}},
                         {"seq", seq}};
      if (seq % 2 != 0) event.set("queue_seq", ++queue_seq);
      here.emplace_back(event);
      there.emplace_back(event);
    }
    const std::uint64_t at = first + draw() % (last - first + 1);
    json::Value& item = there[at - 1];
    const bool queued = at % 2 != 0;
    const json::Value span =
        json::Object{{"channel", "sidecar"}, {"type", "events.dropped"}, {"first_seq", at}, {"last_seq", at}};
    Verdict expected = Verdict::kMissing;
    switch (draw() % 6) {
      case 0:  // lost
        there.erase(there.begin() + static_cast<std::ptrdiff_t>(at - 1));
        break;
      case 1:  // a gap, which is fine where the workspace counted it
        item = span;
        facts.dropped[kCall] = 1;
        if (!queued) expected = Verdict::kExplained;
        break;
      case 2:  // a gap that nobody counted
        item = span;
        break;
      case 3:
        item.as_object().set("payload", json::Object{{"n", 1'001}});
        expected = Verdict::kAltered;
        break;
      case 4: {  // invented: said once more, with other words
        json::Value more = item;
        more.as_object().set("event_id", "id-x");
        there.insert(there.begin() + static_cast<std::ptrdiff_t>(at), more);
        expected = Verdict::kInvented;
        break;
      }
      case 5:  // a tombstone, which is fine for what was given up
        item = json::Object{{"channel", "sidecar"}, {"type", "event.tombstone"}, {"seq", at}, {"queue_seq", 1}};
        facts.streams["sidecar"].tombstones = {2 * at};
        if (queued) expected = Verdict::kExplained;
        break;
    }
    const auto whole = [](const std::vector<json::Value>& items) {
      return [&items](std::uint64_t after) -> Result<json::Value> {
        json::Array page;
        if (after == 0) page.assign(items.begin(), items.end());
        return json::Value(json::Object{{"items", std::move(page)}, {"next", json::Value()}});
      };
    };
    Verdicts odd;
    const auto heard = [&odd](const json::Value& each, Verdict verdict) {
      if (verdict != Verdict::kAccounted) odd[static_cast<std::uint64_t>(json::integer_or(each, "seq", 0))] = verdict;
    };
    const auto found = compare_range(facts, {"sidecar", first, last}, whole(here), whole(there), heard);
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(odd, (Verdicts{{at, expected}})) << "turn " << turn << " seq " << at << " of " << first << ".." << last;
    EXPECT_EQ(found->well(), expected == Verdict::kExplained) << turn;
    ++seen[expected];
  }
  EXPECT_EQ(seen.size(), 4u) << "each kind came up";
}

TEST_F(ComparisonTest, PagesWithoutEndAreRefused) {
  const auto endless = [](std::uint64_t after) -> Result<json::Value> {
    return json::Value(json::Object{{"items", json::Array{}}, {"next", after + 1}});
  };
  const auto found = compare_events(facts, pages(here), endless);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code(), ErrorCode::kInvalidOutput);
}

}  // namespace
}  // namespace lumenflow::conductor_link
