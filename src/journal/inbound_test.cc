#include "journal/inbound.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "journal/entry.h"
#include "journal/tables.h"
#include "log/memory_log.h"
#include "log/test_support.h"

namespace lumenflow::journal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr Timestamp kInboundNoon{1'772'366'400'000};
constexpr std::string_view kPhone = "phone:pixel-8";

struct Said {
  std::string kind = "conductor:command_cancelled";
  std::string payload = R"({"command_id":"c-1","reason":"too late"})";
  std::string from = "ws-42:phone:pixel-8";
  std::string stream = std::string(kPhone);
  bool queued = true;
};

std::string envelope(std::uint64_t seq, const Said& said = {}) {
  event::BuildOptions options;
  options.timestamp = kInboundNoon;
  options.entropy[0] = static_cast<std::uint8_t>(seq);
  event::Stamp stamp{said.from, said.stream, seq, {}, kInboundNoon, {}, {}};
  if (said.queued) stamp.queue_seq = seq;
  std::string text;
  event::append_envelope(event::build_from_canonical(said.kind, said.payload, options), stamp, text);
  return text;
}

class InboundTest : public testing::Test {
 protected:
  InboundTest() { EXPECT_TRUE(inbound.load().ok()); }

  InboundTaken take(std::vector<InboundItem> items, const std::string& log_id = "down-a") {
    Result<InboundTaken> taken = inbound.take({log_id, std::move(items)}, kInboundNoon);
    EXPECT_TRUE(taken.ok());
    EXPECT_TRUE(log->commit().ok());
    return std::move(taken).value_or(InboundTaken());
  }
  std::vector<std::string> entries() const {
    std::vector<std::string> out;
    const auto rows = log->read(Position(0), SIZE_MAX);
    for (const log::StoredRow& row : *rows) out.insert(out.end(), row.entries.begin(), row.entries.end());
    return out;
  }
  std::string refusal_of(const Said& said) {
    const std::uint64_t at = inbound.at().position + 1;
    EXPECT_EQ(take({{at, envelope(at, said)}}).refused.size(), 1u);
    const json::Value entry = *decode(entries().back());
    EXPECT_EQ(type_of(entry), "event.refused");
    EXPECT_EQ(json::integer_or(entry, "log_position", 0), static_cast<std::int64_t>(at));
    return std::string(json::string_or(entry, "code", ""));
  }

  std::unique_ptr<log::Log> log = log::make_memory_log("log-a");
  Inbound inbound{*log, "ws-42"};
};

TEST_F(InboundTest, EachEventIsAnEntryOnceHoweverOftenItIsGiven) {
  const InboundTaken first = take({{1, envelope(1)}, {2, envelope(2)}});
  EXPECT_EQ(first.received.at("conductor:command_cancelled"), 2u);
  EXPECT_EQ(take({{2, envelope(2)}, {3, envelope(3)}}).duplicates, 1u);
  EXPECT_EQ(take({{4, envelope(3)}}).duplicates, 1u) << "a stream's high-water mark counts too";
  ASSERT_EQ(entries().size(), 3u);
  EXPECT_THAT(entries()[0], HasSubstr(R"("type":"event.received")"));
  EXPECT_THAT(entries()[2], HasSubstr(R"("seq":3)"));
  Inbound later(*log, "ws-42");
  ASSERT_TRUE(later.load().ok());
  EXPECT_EQ(later.at(), (InboundAt{"down-a", 4}));
  EXPECT_EQ(later.take({"down-a", {{4, envelope(4)}, {5, envelope(3)}}}, kInboundNoon)->duplicates, 2u);
  EXPECT_THAT(*inbound_streams(log->tables()), ElementsAre(kPhone));
}

TEST_F(InboundTest, WhatIsWrongIsRecordedAndHoldsUpNothing) {
  EXPECT_EQ(refusal_of({.from = "ws-43:phone:pixel-8"}), "FROM_MISMATCH");
  EXPECT_EQ(refusal_of({.from = "ws-42"}), "FROM_MISMATCH") << "the workspace does not command itself";
  EXPECT_EQ(refusal_of({.from = "ws-42:phone:other"}), "FROM_MISMATCH");
  EXPECT_EQ(refusal_of({.from = "ws-42:conductor", .stream = "sidecar"}), "FROM_MISMATCH");
  EXPECT_EQ(refusal_of({.kind = "sidekick:approval_requested"}), "UNKNOWN_KIND");
  EXPECT_EQ(refusal_of({.kind = "acme-demo:thing_done"}), "UNKNOWN_KIND");
  EXPECT_EQ(refusal_of({.payload = R"({"command_id":7})"}), "INVALID_PAYLOAD");
  EXPECT_EQ(refusal_of({.queued = false}), "INVALID_REQUEST");
  const InboundTaken rest = take({{20, "{"}, {21, "\xff\xfe"}, {22, std::string(300'000, 'x')}, {23, envelope(1)}});
  EXPECT_EQ(rest.refused.at("MALFORMED_JSON"), 2u);
  EXPECT_EQ(rest.refused.at("PAYLOAD_TOO_LARGE"), 1u);
  EXPECT_EQ(rest.received.size(), 1u);
  EXPECT_THAT(entries().back(), HasSubstr("event.received"));
}

TEST_F(InboundTest, AGapIsRecordedAndWhatCameIsTaken) {
  take({{1, envelope(1)}});
  EXPECT_EQ(take({{2, envelope(4)}}).refused.at("CONFLICT"), 1u);
  ASSERT_EQ(entries().size(), 3u);
  EXPECT_THAT(entries()[1], HasSubstr("queue_seq 2 was due and 4 came"));
  EXPECT_THAT(entries()[2], HasSubstr(R"("queue_seq":4)"));
}

TEST_F(InboundTest, AnotherLogOfTheOtherSideBeginsAnew) {
  take({{7, envelope(7)}});
  EXPECT_EQ(take({{1, envelope(1)}}, "down-b").received.size(), 1u);
  EXPECT_EQ(inbound.at(), (InboundAt{"down-b", 1}));
}

TEST_F(InboundTest, WhatWasNotCommittedDidNotHappen) {
  ASSERT_TRUE(inbound.take({"down-a", {{1, envelope(1)}}}, kInboundNoon).ok());
  log->rollback();
  ASSERT_TRUE(inbound.load().ok());
  EXPECT_EQ(inbound.at(), InboundAt());
  EXPECT_EQ(take({{1, envelope(1)}}).received.size(), 1u);
}

TEST_F(InboundTest, GoldenBytes) {
  take({{1, envelope(1)}});
  const auto rows = *log->tables().scan(kInboundTable, "", "", 10);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].key, "a");
  EXPECT_EQ(rows[0].value, "\x01" + big_endian(1) + "down-a");
  EXPECT_EQ(rows[1].key, "sphone:pixel-8");
  EXPECT_EQ(rows[1].value, "\x01" + big_endian(1) + big_endian(1));
  ASSERT_TRUE(log->put(kInboundTable, "a", "\x02").ok() && log->commit().ok());
  EXPECT_EQ(log::code_of(inbound.load()), "UNSUPPORTED_FORMAT");
  ASSERT_TRUE(log->put(kInboundTable, "a", "\x01short").ok() && log->commit().ok());
  EXPECT_EQ(log::code_of(inbound.load()), "JOURNAL_DAMAGED");
}

}  // namespace
}  // namespace lumenflow::journal
