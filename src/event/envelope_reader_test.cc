#include "event/envelope_reader.h"

#include <gtest/gtest.h>

namespace lumenflow::event {
namespace {

constexpr std::string_view kGood =
    R"({"channel":"sidecar","emitted_at":"2026-03-01T12:00:00.005Z",)"
    R"("event_id":"019ca945-0a00-7000-8000-000000000000","from":"ws-42","kind":"acme-demo:job_completed",)"
    R"("payload":{"n":1},"queue_seq":3,"schema_version":2,"seq":7,"timestamp":"2026-03-01T12:00:00.000Z"})";
constexpr std::string_view kFlat =
    R"({"channel":"bridge:irc","emitted_at":"2026-03-01T12:00:00.000Z",)"
    R"("event_id":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","from":"ws-42",)"
    R"("kind":"task_blocked","on_behalf_of":"operator:ana","queue_seq":1,"reason":"r","schema_version":1,"seq":1,)"
    R"("task_id":"t-1","timestamp":"2026-03-01T12:00:00.000Z",)"
    R"("trace":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})";

std::string with(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  const std::size_t at = out.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return out.replace(at, from.size(), to);
}

std::string code_of(std::string_view text) {
  const Result<Received> read = parse_envelope(text);
  return read.ok() ? "ok" : std::string(name(read.error().code()));
}

TEST(EnvelopeReader, WhatItReadsIsWrittenAsItWas) {
  const std::string command = with(kGood, R"("from")", R"("expires_at":"2026-03-01T12:10:00.000Z","from")");
  for (const std::string_view text : {kGood, kFlat, std::string_view(command)}) {
    const Result<Received> read = parse_envelope(text);
    ASSERT_TRUE(read.ok()) << read.error().to_string();
    std::string again;
    append_envelope(read->event, read->stamp, again);
    EXPECT_EQ(again, text);
  }
}

TEST(EnvelopeReader, RefusesEachMalformedMember) {
  const std::pair<std::string_view, std::string_view> faults[] = {
      {R"("channel":"sidecar")", R"("channel":"elsewhere")"},
      {R"("channel":"sidecar")", R"("channel":"phone:")"},
      {R"("channel":"sidecar",)", ""},
      {R"("from":"ws-42")", R"("expires_at":"soon","from":"ws-42")"},
      {R"("from":"ws-42")", R"("from":"")"},
      {R"("from":"ws-42")", R"("from":42)"},
      {R"(.005Z)", R"(Z)"},
      {R"(12:00:00.005Z)", R"(12:00:00.0050Z)"},
      {R"(12:00:00.005Z)", R"(13:00:00.005+01:00)"},
      {R"(-7000-)", R"(-4000-)"},
      {R"(019ca945)", R"(019CA945)"},
      {R"("seq":7)", R"("seq":0)"},
      {R"("seq":7)", R"("seq":7.5)"},
      {R"("seq":7)", R"("seq":9007199254740992)"},
      {R"("queue_seq":3)", R"("queue_seq":8)"},
      {R"("queue_seq":3)", R"("queue_seq":null)"},
      {R"("schema_version":2)", R"("schema_version":1)"},
      {R"("payload":{"n":1})", R"("payload":[1])"},
      {R"("payload":{"n":1})", R"("payload":{"n":1},"more":1)"},
      {R"("payload":{"n":1})", R"("payload":{"n":1},"trace":"00-1-1-01")"},
  };
  for (const auto& [from, to] : faults) EXPECT_EQ(code_of(with(kGood, from, to)), "INVALID_REQUEST") << to;
  EXPECT_EQ(code_of("[]"), "INVALID_REQUEST");
  EXPECT_EQ(code_of("{"), "MALFORMED_JSON");
  EXPECT_EQ(code_of(with(kGood, R"("schema_version":2)", R"("schema_version":3)")), "UNSUPPORTED_FORMAT");
  EXPECT_EQ(code_of(with(kGood, "acme-demo:job_completed", "nothing")), "UNKNOWN_KIND");
  EXPECT_EQ(code_of(with(kGood, R"({"n":1})", R"({"n":9007199254740993})")), "INVALID_PAYLOAD");
  EXPECT_EQ(code_of(with(kGood, R"({"n":1})", R"({"n":")" + std::string(kPayloadBytesMax, 'x') + R"("})")),
            "PAYLOAD_TOO_LARGE");
  EXPECT_EQ(code_of(with(kFlat, R"("reason":"r",)", "")), "INVALID_PAYLOAD");
  EXPECT_EQ(code_of(with(kFlat, R"("reason":"r",)", R"("reason":"r","payload":{},)")), "INVALID_PAYLOAD");
}

}  // namespace
}  // namespace lumenflow::event
