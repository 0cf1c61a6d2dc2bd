// What a conductor's schemas have and manifests have not: null, one of several, and members that nobody here knows.
#include "lumenflow/consumers/conductor_types.h"

#include <gtest/gtest.h>

namespace lumenflow::consumers::conductor {
namespace {

constexpr std::string_view kMark =
    R"({"type":"event.tombstone","channel":"sidecar","seq":3,"reason":"erased","log_id":"log-1","position":9})";
constexpr std::string_view kEvent =
    R"({"schema_version":1,"kind":"acme:done","event_id":"e-1","timestamp":"2026-03-01T12:00:00.000Z",)"
    R"("channel":"sidecar","seq":4,"emitted_at":"2026-03-01T12:00:00.000Z","from":"ws-42","class":"ephemeral",)"
    R"("log_id":"log-1","position":10,"colour":"green"})";

std::string page_of(std::string_view items, std::string_view next) {
  return R"({"items":[)" + std::string(items) + R"(],"next":)" + std::string(next) + "}";
}

Result<EventPage> read(const std::string& text) {
  EventPage page;
  LUMENFLOW_TRY(from_json(*json::parse(text), page));
  return page;
}

TEST(ConductorTypes, EventsAndMarksStandInOnePageAndNothingIsLost) {
  const std::string text = page_of(std::string(kMark) + "," + std::string(kEvent), "null");
  const auto page = read(text);
  ASSERT_TRUE(page.ok()) << page.error().to_string();
  ASSERT_EQ(page->items.size(), 2u);
  const auto* mark = std::get_if<EventMark>(&page->items[0]);
  const auto* event = std::get_if<WorkspaceEvent>(&page->items[1]);
  ASSERT_TRUE(mark != nullptr && event != nullptr);
  EXPECT_EQ(mark->reason, "erased");
  EXPECT_EQ(event->class_, WorkspaceEventClass::kEphemeral);
  EXPECT_EQ(json::serialize(event->others), R"({"colour":"green"})") << "a flat kind says it among the members";
  EXPECT_EQ(page->next, std::nullopt);
  EXPECT_EQ(json::serialize(to_json(*page)), text);
}

TEST(ConductorTypes, NullAndLeftOutAreNotTheSame) {
  EXPECT_EQ(read(page_of("", "7"))->next, 7);
  const auto without = read(R"({"items":[]})");
  ASSERT_FALSE(without.ok());
  EXPECT_EQ(without.error().details(), (std::vector<ErrorDetail>{{"/next", "is required"}}));
  EXPECT_FALSE(read(page_of("", "\"7\"")).ok());
}

TEST(ConductorTypes, WhatIsNoneOfTheRecordsIsRefusedAtItsPlace) {
  const auto page = read(page_of(std::string(kMark) + R"(,{"type":1})", "null"));
  ASSERT_FALSE(page.ok());
  EXPECT_EQ(page.error().details(), (std::vector<ErrorDetail>{{"/items/1", "is none of the records known here"}}));
}

TEST(ConductorTypes, WhatIsKeptBesideDoesNotReplaceWhatIsKnown) {
  const json::Object others{{"code", "OTHER"}, {"hint", "x"}};
  const CommandError error{.code = "NOT_FOUND", .message = "m", .others = others};
  EXPECT_EQ(json::serialize(to_json(error)), R"({"code":"NOT_FOUND","message":"m","hint":"x"})");
}

}  // namespace
}  // namespace lumenflow::consumers::conductor
