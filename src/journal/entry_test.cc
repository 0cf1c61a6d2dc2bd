#include "journal/entry.h"

#include <gtest/gtest.h>

#include "json/canonical.h"

namespace lumenflow::journal {
namespace {

const Timestamp kTime{1'772'366'400'000};

CallRequested requested() {
  CallRequested entry;
  entry.receipt = "rcpt-01KJMMA2G0JNQEPBS66BBVT0ZH";
  entry.ts = kTime;
  entry.subject = "ws-42:local:ana";
  entry.tool = "task:create";
  entry.pack = "sidekick";
  entry.pack_integrity = "sha256:00";
  entry.input_hash = sha256("{}");
  return entry;
}

// The bytes of docs/formats/journal.md: they do not change within a format version.
TEST(Entry, RequestedHasItsGoldenBytes) {
  EXPECT_EQ(
      encode(requested()),
      R"({"input_hash":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","pack":"sidekick",)"
      R"("pack_integrity":"sha256:00","receipt_id":"rcpt-01KJMMA2G0JNQEPBS66BBVT0ZH","subject":"ws-42:local:ana",)"
      R"("tool":"task:create","ts":"2026-03-01T12:00:00.000Z","type":"call.requested"})");
}

TEST(Entry, HandlerDoneHasItsGoldenBytes) {
  HandlerDone entry;
  entry.delivery_id = "dlv-bell-7";
  entry.pack = "bell";
  entry.kind = "bell:rung";
  entry.event_id = "e-1";
  entry.stream = "sidecar";
  entry.position = Position(7);
  entry.outcome = "failed";
  entry.error = "UNREACHABLE: away";
  entry.attempt = 2;
  entry.ts = Timestamp{0};
  entry.duration_us = 12;
  EXPECT_EQ(encode(entry),
            R"({"attempt":2,"delivery_id":"dlv-bell-7","duration_us":12,"error":"UNREACHABLE: away","event_id":"e-1",)"
            R"("kind":"bell:rung","outcome":"failed","pack":"bell","position":7,"stream":"sidecar",)"
            R"("ts":"1970-01-01T00:00:00.000Z","type":"handler.done"})");
}

TEST(Entry, FinishedHasItsGoldenBytes) {
  CallFinished entry;
  entry.receipt = "rcpt-01KJMMA2G0JNQEPBS66BBVT0ZH";
  entry.ts = kTime;
  entry.outcome = Outcome::kDenied;
  entry.code = "INVALID_INPUT";
  entry.stage = 3;
  entry.decided_by = "input_schema";
  entry.duration_us = 85;
  EXPECT_EQ(encode(entry),
            R"({"code":"INVALID_INPUT","decided_by":"input_schema","duration_us":85,"outcome":"denied",)"
            R"("receipt_id":"rcpt-01KJMMA2G0JNQEPBS66BBVT0ZH","stage":3,"ts":"2026-03-01T12:00:00.000Z",)"
            R"("type":"call.finished"})");
}

// Written member by member, and yet canonical: reading and writing again gives the same bytes.
TEST(Entry, EveryEntryIsCanonicalJson) {
  CallRequested full = requested();
  full.on_behalf_of = "operator:ana";
  full.idempotency_key = "k\"\n\u00e9";
  for (const std::string& bytes : {encode(full), encode(CallStarted{full.receipt, kTime, "in-process"}),
                                   encode(CallsRefused{kTime, Subject(std::string(full.subject)), "RATE_LIMITED", 7}),
                                   encode(WorkspaceChanged{"opened", kTime, "abc", "0.1.0"})}) {
    const auto entry = decode(bytes);
    ASSERT_TRUE(entry.ok()) << bytes;
    EXPECT_EQ(*json::canonical(*entry), bytes);
  }
}

TEST(Entry, WhatIsNoEntryIsDamage) {
  for (const char* bytes : {"", "{", "[]", "{\"a\":1}", "{\"type\":7}"}) {
    const auto entry = decode(bytes);
    ASSERT_FALSE(entry.ok()) << bytes;
    EXPECT_EQ(name(entry.error().code()), "JOURNAL_DAMAGED");
  }
}

}  // namespace
}  // namespace lumenflow::journal
