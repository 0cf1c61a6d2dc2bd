// channel:configure, channel:send and channel:receive, with the transports.
#include "sidekick/tool_impl/terminal_transport.h"
#include "sidekick_fixture.h"

namespace lumenflow::sidekick {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ChannelTools : public SidekickTest {
 protected:
  ChannelTools() { context.section = json::Object{{"webhook_allowlist", json::Array{"hooks.example.com"}}}; }
  void configure_hook() {
    succeed("channel:configure",
            R"({"name":"ops","type":"webhook","settings":{"url":" https://hooks.example.com/x ","timeout_ms":700}})");
  }
  std::string send(std::string_view members) {
    return std::string(text(succeed("channel:send", "{" + std::string(members) + "}"), "/message/id"));
  }
  std::vector<std::string> received(std::string_view input) {
    return texts(succeed("channel:receive", input), "/content");
  }
  json::Value only_message() {
    json::Value found;
    for (const auto& [key, value] : store.contents)
      if (key.starts_with("messages/")) found = value;
    return found;
  }
};

TEST_F(ChannelTools, MakesAChannelAndThenChangesIt) {
  const json::Value made = succeed("channel:configure", R"({"name":" ops "})");
  EXPECT_EQ(text(made, "/channel/name"), "ops");
  EXPECT_EQ(text(made, "/channel/type"), "terminal");
  EXPECT_EQ(json::serialize(*made.at_pointer("/channel/settings")), "{}");
  const std::string id(text(made, "/channel/id"));
  context.clock_ms += 1000;
  const json::Value changed = succeed(
      "channel:configure", R"({"name":"ops","type":"webhook","settings":{"url":"https://hooks.example.com/x"}})");
  EXPECT_EQ(text(changed, "/channel/id"), id);
  EXPECT_EQ(text(changed, "/channel/created_at"), "2026-03-01T12:00:00.000Z");
  EXPECT_EQ(text(changed, "/channel/updated_at"), "2026-03-01T12:00:01.000Z");
  const json::Value kept = succeed("channel:configure", R"({"name":"ops"})");
  EXPECT_EQ(text(kept, "/channel/type"), "webhook") << "what is left out stays";
  EXPECT_EQ(text(kept, "/channel/settings/url"), "https://hooks.example.com/x");
  const json::Value back = succeed("channel:configure", R"({"name":"ops","type":"conductor"})");
  EXPECT_EQ(json::serialize(*back.at_pointer("/channel/settings")), "{}") << "settings go with their type";
  ASSERT_EQ(audit().size(), 4u);
  EXPECT_EQ(text(audit()[0], "/op"), "create");
  EXPECT_EQ(text(audit()[3], "/op"), "update");
}

TEST_F(ChannelTools, ChecksSettingsAgainstTheirType) {
  const auto refused = [&](std::string_view members) {
    return refuse("channel:configure", R"({"name":"ops",)" + std::string(members) + "}");
  };
  EXPECT_EQ(text(refused(R"("type":"webhook")").details, "/0/pointer"), "/settings/url");
  EXPECT_EQ(text(refused(R"("settings":{"url":"https://hooks.example.com/"})").details, "/0/pointer"), "/settings/url");
  context.fetch_verdict = Error(ErrorCode::kInvalidInput, "the URL must be https");
  const pack::ToolError plain = refused(R"("type":"webhook","settings":{"url":"http://hooks.example.com/"})");
  EXPECT_EQ(plain.code, "INVALID_INPUT");
  EXPECT_EQ(text(plain.details, "/0/pointer"), "/settings/url");
  context.fetch_verdict = Error(ErrorCode::kScopeDenied, "the host is not on the operator's allowlist");
  for (const char* dry_run : {"true", "false"}) {
    const pack::ToolError denied =
        refused(R"("type":"webhook","settings":{"url":"https://evil.example/"},"dry_run":)" + std::string(dry_run));
    EXPECT_EQ(denied.code, "SCOPE_DENIED");
    EXPECT_THAT(denied.message, HasSubstr("sidekick.webhook_allowlist"));
  }
  EXPECT_THAT(context.checked_allowlist, ElementsAre("hooks.example.com"));
  EXPECT_TRUE(store.contents.empty());
}

TEST_F(ChannelTools, ShowsMessagesOnTheTerminal) {
  const json::Value data = succeed("channel:send", R"({"content":" Build is green "})");
  EXPECT_THAT(context.notices, ElementsAre("[default] assistant: Build is green"));
  EXPECT_EQ(text(data, "/message/channel"), "default");
  EXPECT_EQ(text(data, "/message/provider"), "terminal");
  EXPECT_EQ(text(data, "/message/delivery/state"), "delivered");
  EXPECT_EQ(only_message(), *data.find("message"));
  ASSERT_EQ(context.emitted.size(), 1u);
  EXPECT_EQ(context.emitted[0].kind, "sidekick:message_sent");
  EXPECT_EQ(json::serialize(context.emitted[0].payload), R"({"message_id":")" + std::string(text(data, "/message/id")) +
                                                             R"(","sidekick_channel":"default","sender":"assistant"})");
  ASSERT_EQ(audit().size(), 1u);
  EXPECT_EQ(audit()[0].find("ids")->as_array().size(), 2u) << "the message, and the channel that was made for it";
  send(R"("content":"again")");
  EXPECT_EQ(json::integer_or(*succeed("sidekick:status", "{}").find("counts"), "channels", 0), 1);
}

TEST_F(ChannelTools, KeepsMessagesWhenNoTerminalIsAttached) {
  context.has_terminal = false;
  const json::Value data = succeed("channel:send", R"({"content":"x","channel":"new","sender":"ana"})");
  EXPECT_EQ(text(data, "/message/delivery/state"), "stored");
  EXPECT_EQ(text(data, "/message/sender"), "ana");
  EXPECT_THAT(received(R"({"channel":"new"})"), ElementsAre("x"));
}

TEST_F(ChannelTools, LetsNoMessageSteerTheTerminal) {
  EXPECT_EQ(without_controls("a\x1b[2Jb\r\nc\x7f\u009b"
                             "d é"),
            "a [2Jb  c  d é");
  send(R"("content":"a\u001b[2J\nb")");
  EXPECT_THAT(context.notices, ElementsAre("[default] assistant: a [2J b"));
}

TEST_F(ChannelTools, PostsToAWebhookAfterTheMessageIsStored) {
  configure_hook();
  context.web = [this](const pack::HttpRequest&) {
    EXPECT_EQ(text(only_message(), "/delivery/state"), "pending") << "it is in the outbox before it leaves";
    return Result<pack::HttpResponse>(pack::HttpResponse{204, {}});
  };
  const json::Value data = succeed("channel:send", R"({"content":"hi","channel":"ops","metadata":{"n":1}})");
  EXPECT_EQ(text(data, "/message/delivery/state"), "delivered");
  EXPECT_EQ(text(data, "/message/provider"), "webhook");
  ASSERT_EQ(context.fetched.size(), 1u);
  EXPECT_EQ(context.fetched[0].url, "https://hooks.example.com/x");
  EXPECT_EQ(context.fetched[0].timeout_ms, 700);
  EXPECT_THAT(context.fetched[0].allowlist, ElementsAre("hooks.example.com"));
  EXPECT_EQ(context.fetched[0].body, R"({"id":")" + std::string(text(data, "/message/id")) +
                                         R"(","channel":"ops","sender":"assistant","content":"hi","metadata":{"n":1},)"
                                         R"("created_at":"2026-03-01T12:00:00.000Z"})");
  EXPECT_EQ(text(only_message(), "/delivery/state"), "delivered");
}

TEST_F(ChannelTools, SaysWhatTheWebhookDidNotTake) {
  configure_hook();
  for (const int status : {199, 302, 404, 500}) {
    context.web = [&](const pack::HttpRequest&) { return Result<pack::HttpResponse>(pack::HttpResponse{status, {}}); };
    const pack::ToolError failed = refuse("channel:send", R"({"content":"hi","channel":"ops"})");
    EXPECT_EQ(failed.code, "PROVIDER_SEND_FAILED") << status;
    EXPECT_THAT(failed.message, HasSubstr(std::to_string(status)));
    EXPECT_EQ(text(only_message(), "/delivery/state"), "failed");
    EXPECT_EQ(text(only_message(), "/id"), text(failed.details, "/message_id"));
  }
  context.web = [](const pack::HttpRequest&) -> Result<pack::HttpResponse> {
    return Error(ErrorCode::kUnreachable, "no answer in time");
  };
  EXPECT_THAT(refuse("channel:send", R"({"content":"hi","channel":"ops"})").message, HasSubstr("no answer in time"));
  EXPECT_TRUE(context.emitted.empty()) << "nothing was sent, so nothing is announced";
}

TEST_F(ChannelTools, ChecksTheAllowlistAgainWhenItSends) {
  configure_hook();
  context.fetch_verdict = Error(ErrorCode::kScopeDenied, "not on the operator's allowlist");
  for (const char* dry_run : {"true", "false"})
    EXPECT_EQ(refuse("channel:send", R"({"content":"hi","channel":"ops","dry_run":)" + std::string(dry_run) + "}").code,
              "SCOPE_DENIED");
  EXPECT_TRUE(only_message().is_null()) << "refused before it was anything";
  context.fetch_verdict = {};
  context.web = [](const pack::HttpRequest&) -> Result<pack::HttpResponse> {
    return Error(ErrorCode::kScopeDenied, "leads to 127.0.0.1");
  };
  EXPECT_EQ(refuse("channel:send", R"({"content":"hi","channel":"ops"})").code, "SCOPE_DENIED");
  EXPECT_EQ(text(only_message(), "/delivery/state"), "failed");
}

TEST_F(ChannelTools, SelectsTheProviderOfTheChannelsType) {
  configure_hook();
  succeed("channel:configure", R"({"name":"cloud","type":"conductor"})");
  const std::string before = store.digest();
  const auto code = [&](std::string_view members) {
    return refuse("channel:send", R"({"content":"hi",)" + std::string(members) + "}").code;
  };
  EXPECT_EQ(code(R"("channel":"cloud")"), "PROVIDER_NOT_REGISTERED");
  EXPECT_EQ(code(R"("channel":"ops","provider":"terminal")"), "PROVIDER_NOT_REGISTERED");
  EXPECT_EQ(code(R"("channel":"new","provider":"smoke-signals")"), "PROVIDER_NOT_REGISTERED");
  EXPECT_EQ(store.digest(), before);
  EXPECT_EQ(
      text(succeed("channel:send", R"({"content":"hi","channel":"ops","provider":"webhook"})"), "/message/provider"),
      "webhook");
}

TEST_F(ChannelTools, DryRunsSendAndStoreNothing) {
  configure_hook();
  const std::string before = store.digest();
  store.records_written = 0;
  const json::Value data = succeed("channel:send", R"({"content":"hi","channel":"ops","dry_run":true})");
  EXPECT_EQ(text(data, "/message/delivery/state"), "pending");
  EXPECT_TRUE(json::boolean_or(data, "dry_run", false));
  succeed("channel:send", R"({"content":"hi","channel":"other","dry_run":true})");
  succeed("channel:configure", R"({"name":"ops","type":"terminal","settings":{},"dry_run":true})");
  EXPECT_THAT(context.fetched, IsEmpty());
  EXPECT_THAT(context.notices, IsEmpty());
  EXPECT_THAT(context.emitted, IsEmpty());
  EXPECT_EQ(store.digest(), before);
  EXPECT_EQ(store.records_written, 0u);
}

TEST_F(ChannelTools, ReceivesOldestFirstAndGoesOnFromTheCursor) {
  for (int i = 0; i < 5; ++i)
    send(R"("content":"m)" + std::to_string(i) + R"(","channel":")" + (i % 2 == 0 ? "a" : "b") + "\"");
  EXPECT_THAT(received("{}"), ElementsAre("m0", "m1", "m2", "m3", "m4"));
  const json::Value first = succeed("channel:receive", R"({"channel":"a","limit":2})");
  EXPECT_THAT(texts(first, "/content"), ElementsAre("m0", "m2"));
  std::string cursor(text(first, "/next_cursor"));
  const json::Value second = succeed("channel:receive", R"({"channel":"a","limit":2,"cursor":")" + cursor + R"("})");
  EXPECT_THAT(texts(second, "/content"), ElementsAre("m4"));
  cursor = text(second, "/next_cursor");
  EXPECT_THAT(received(R"({"channel":"a","cursor":")" + cursor + R"("})"), IsEmpty());
  send(R"("content":"later","channel":"a")");
  EXPECT_THAT(received(R"({"channel":"a","cursor":")" + cursor + R"("})"), ElementsAre("later"));
  EXPECT_THAT(received(R"({"channel":"nobody"})"), IsEmpty());
  EXPECT_THAT(text(succeed("channel:receive", R"({"channel":"nobody"})"), "/next_cursor"),
              ::testing::StartsWith("v2.msg-"));
}

TEST_F(ChannelTools, ReceivesSinceAMomentAndOfOneProvider) {
  configure_hook();
  send(R"("content":"early")");
  context.clock_ms += 60'000;
  send(R"("content":"hooked","channel":"ops")");
  send(R"("content":"late")");
  EXPECT_THAT(received(R"({"since":"2026-03-01T12:01:00Z"})"), ElementsAre("hooked", "late"));
  EXPECT_THAT(received(R"({"since":"2026-03-01T13:01:00+01:00","provider":"terminal"})"), ElementsAre("late"));
  EXPECT_THAT(received(R"({"provider":"terminal","limit":1})"), ElementsAre("early"));
  EXPECT_THAT(received(R"({"since":"2026-03-01T12:01:00.001Z"})"), IsEmpty());
  EXPECT_EQ(refuse("channel:receive", R"({"provider":"smoke-signals"})").code, "PROVIDER_NOT_REGISTERED");
  EXPECT_EQ(refuse("channel:receive", R"({"since":"soon"})").code, "INVALID_INPUT");
  EXPECT_EQ(refuse("channel:receive", R"({"cursor":"v2.task-01KJMC2R00000000000000000A.00000000"})").code,
            "INVALID_INPUT");
}

TEST_F(ChannelTools, OrdersIdsAsMessagesAreStored) {
  const std::string first = send(R"("content":"first")");
  context.clock_ms -= 60'000;  // the clock was set back
  const std::string second = send(R"("content":"second")");
  EXPECT_GT(second, first);
  const std::string cursor(text(succeed("channel:receive", R"({"limit":1})"), "/next_cursor"));
  EXPECT_THAT(cursor, ::testing::HasSubstr(first));
  EXPECT_THAT(received(R"({"cursor":")" + cursor + R"("})"), ElementsAre("second"));
}

TEST_F(ChannelTools, AReadCostsAPageAndWritesNothing) {
  for (int i = 0; i < 2000; ++i) send(R"("content":"x","channel":"c)" + std::to_string(i % 2) + "\"");
  store.records_read = store.records_written = 0;
  succeed("channel:receive", R"({"channel":"c1","limit":10})");
  EXPECT_LE(store.records_read, 20u) << "an index entry and a message each";
  EXPECT_EQ(store.records_written, 0u);
}

TEST_F(ChannelTools, AConductorHasNoSettings) {
  const std::string before = store.digest();
  const pack::ToolError error =
      refuse("channel:configure", R"({"name":"c","type":"conductor","settings":{"timeout_ms":500}})");
  EXPECT_EQ(error.code, "INVALID_INPUT");
  EXPECT_EQ(text(error.details, "/0/pointer"), "/settings/timeout_ms");
  EXPECT_EQ(store.digest(), before);
  succeed("channel:configure", R"({"name":"c","type":"conductor","settings":{}})");
}

TEST_F(ChannelTools, AReceiveCursorBelongsToItsChannel) {
  succeed("channel:send", R"({"channel":"a","content":"one"})");
  const std::string cursor(text(succeed("channel:receive", R"({"channel":"a"})"), "/next_cursor"));
  EXPECT_EQ(refuse("channel:receive", R"({"channel":"b","cursor":")" + cursor + R"("})").code, "INVALID_INPUT");
  succeed("channel:receive", R"({"channel":"a","cursor":")" + cursor + R"("})");
}

}  // namespace
}  // namespace lumenflow::sidekick
