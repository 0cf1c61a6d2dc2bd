#include "ag_ui/run_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lumenflow::ag_ui {
namespace {

using ::testing::HasSubstr;

Result<RunInput> read(const char* text) { return read_run_input(*json::parse(text)); }

TEST(RunInput, TheGoalIsWhatTheUserSaidLast) {
  const Result<RunInput> input = read(R"({"threadId":"t","runId":"r","messages":[
    {"id":"1","role":"user","content":"old"},{"id":"2","role":"assistant","content":"done"},
    {"id":"3","role":"user","content":"do"},{"id":"4","role":"user","content":[{"type":"text","text":"this"}]}],
    "context":[{"description":"page","value":"7"}],
    "forwardedProps":{"lumenflow":{"intent":"triage"},"other":1}})");
  ASSERT_TRUE(input.ok()) << input.error().to_string();
  EXPECT_FALSE(input->fault);
  EXPECT_EQ(input->goal, "do\n\nthis\n\npage: 7");
  EXPECT_EQ(json::serialize(json::Value(input->turn)), R"({"intent":"triage"})");
}

TEST(RunInput, AThreadIsASession) {
  EXPECT_EQ(session_of_thread("tidy-1"), "tidy-1");
  const std::string made = session_of_thread("a thread / of somebody's");
  EXPECT_THAT(made, ::testing::MatchesRegex("ag-[0-9a-f]{40}"));
  EXPECT_EQ(made, session_of_thread("a thread / of somebody's"));
  EXPECT_NE(made, session_of_thread("another thread"));
}

TEST(RunInput, WhatCannotBeDoneIsAFaultOfTheRun) {
  const auto fault = [](const std::string& rest) {
    const Result<RunInput> input = read(("{\"threadId\":\"t\",\"runId\":\"r\"," + rest + "}").c_str());
    return input.ok() && input->fault ? input->fault->message() : std::string();
  };
  EXPECT_THAT(fault(R"("messages":[])"), HasSubstr("nothing to do"));
  EXPECT_THAT(fault(R"("messages":[{"role":"user","content":[{"type":"image"}]}])"), HasSubstr("text alone"));
  EXPECT_THAT(fault(R"("messages":[{"role":"user","content":"x"}],"tools":[{"name":"a","description":""}])"),
              HasSubstr("Send no 'tools'"));
  EXPECT_EQ(fault(R"("messages":[],"resume":[{"interruptId":"i","status":"cancelled"}])"), "");
}

TEST(RunInput, WhatIsNoneIsRefused) {
  for (const char* text :
       {"[]", "{}", R"({"threadId":"t","runId":"r"})", R"({"threadId":1,"runId":"r","messages":[]})",
        R"({"threadId":"t","runId":"","messages":[]})", R"({"threadId":"t","runId":"r","messages":{}})",
        R"({"threadId":"t","runId":"r","messages":[],"resume":[{"interruptId":"i","status":"perhaps"}]})",
        R"({"threadId":"t","runId":"r","messages":[],"forwardedProps":{"lumenflow":{"model":"x"}}})"}) {
    const Result<RunInput> input = read(text);
    ASSERT_FALSE(input.ok()) << text;
    EXPECT_EQ(input.error().code(), ErrorCode::kInvalidInput) << text;
  }
}

}  // namespace
}  // namespace lumenflow::ag_ui
