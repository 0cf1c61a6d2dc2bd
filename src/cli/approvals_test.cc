// A call that waits, decided on from the command line.
#include <gmock/gmock.h>

#include <fstream>

#include "base/signing.h"
#include "cli/testing/command_line.h"
#include "lumenflow/json.h"

namespace lumenflow::cli {
namespace {

using ::testing::HasSubstr;

class ApprovalCommands : public ::testing::Test {
 protected:
  ApprovalCommands() {
    EXPECT_EQ(line.run({"init", "--id", "ws-42"}).exit_code, 0);
    std::ofstream(line.root() + "/lumenflow.yaml", std::ios::binary | std::ios::app)
        << "policies: [{id: ask, trigger: on_tool_request, decision: approval_required, when: {tool: "
           "'task:create'}}]\n";
  }
  json::Value parked(const std::string& title) const {
    const Said said = line.run({"call", "task:create", "--input", R"({"title":")" + title + R"("})", "--json"});
    EXPECT_NE(said.exit_code, 0);
    return *json::parse(said.out);
  }
  static std::string text(const json::Value& value, const char* key) {
    return std::string(json::string_or(value, key, ""));
  }

  const CommandLine line;
};

TEST_F(ApprovalCommands, ACallWaitsIsShownAndRunsOnceApproved) {
  const json::Value answer = parked("wait for me");
  const std::string id = text(answer, "approval_id");
  EXPECT_EQ(text(answer, "status"), "pending_approval");
  EXPECT_THAT(line.run({"approvals", "list"}).out, HasSubstr(id));
  const Said shown = line.run({"approvals", "show", id});
  EXPECT_THAT(shown.out, HasSubstr("wait for me"));
  EXPECT_THAT(shown.out, HasSubstr("workspace:ask"));
  EXPECT_THAT(line.run({"call", "task:list"}).out, ::testing::Not(HasSubstr("wait for me")));

  const Said approved = line.run({"approvals", "approve", id, "--reason", "fine"});
  EXPECT_EQ(approved.exit_code, 0) << approved.err;
  EXPECT_THAT(approved.out, HasSubstr("approved; `lumenflow audit show " + text(answer, "receipt_id") + "`"));
  EXPECT_THAT(approved.out, HasSubstr("wait for me")) << "what the call answered";
  EXPECT_THAT(line.run({"call", "task:list"}).out, HasSubstr("wait for me"));
  const Said again = line.run({"approvals", "deny", id});
  EXPECT_NE(again.exit_code, 0);
  EXPECT_THAT(again.err, HasSubstr("ALREADY_DECIDED"));
  EXPECT_EQ(text(*json::parse(line.run({"approvals", "show", id, "--json"}).out), "state"), "approved");
  EXPECT_EQ(line.run({"audit", "verify"}).exit_code, 0);
}

// What was approved passes every stage again.
TEST_F(ApprovalCommands, ACallThatIsRefusedThoughApprovedIsSaidToBe) {
  const json::Value answer = parked("stopped meanwhile");
  const std::string id = text(answer, "approval_id");
  EXPECT_THAT(line.run({"audit", "list", "--outcome", "pending"}).out, HasSubstr(text(answer, "receipt_id")));
  EXPECT_EQ(line.run({"stop", "task:create"}).exit_code, 0);
  const Said said = line.run({"approvals", "approve", id});
  EXPECT_EQ(said.exit_code, kRefused) << said.out;
  EXPECT_THAT(said.err, HasSubstr("STOPPED"));
}

TEST_F(ApprovalCommands, WhoDoesNotWantToWaitIsToldNothingOfTheCall) {
  const std::string id = text(parked("in a while"), "approval_id");
  const Said quick = line.run({"approvals", "approve", "--no-wait", id});
  EXPECT_EQ(quick.exit_code, 0) << quick.err;
  EXPECT_THAT(quick.out, ::testing::Not(HasSubstr("in a while")));
}

TEST_F(ApprovalCommands, ACallThatWaitsNamesTheCommandsThatDecide) {
  const Said said = line.run({"call", "task:create", "--input", R"({"title":"a"})"});
  EXPECT_THAT(said.err, HasSubstr("`lumenflow approvals show appr-"));
  EXPECT_THAT(line.run({"approvals", "approve", "appr-nonsense"}).err, HasSubstr("appr-nonsense"));
}

TEST_F(ApprovalCommands, WhatIsStoppedCanBeResumedWhenItsPackIsGone) {
  EXPECT_EQ(line.run({"stop", "task:list", "--reason", "password=hunter2hunter2"}).exit_code, 0);
  EXPECT_THAT(line.run({"stop"}).out, ::testing::Not(HasSubstr("hunter2")));
  std::ofstream(line.root() + "/lumenflow.yaml", std::ios::binary) << "id: ws-42\npacks: []\n";
  const Said resumed = line.run({"resume", "task:list"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(line.run({"stop", "--json"}).out, "");
}

TEST_F(ApprovalCommands, ADeniedCallDoesNotRun) {
  const std::string id = text(parked("never"), "approval_id");
  EXPECT_EQ(line.run({"approvals", "deny", id, "--json"}).exit_code, 0);
  EXPECT_THAT(line.run({"call", "task:list"}).out, ::testing::Not(HasSubstr("never")));
  EXPECT_EQ(line.run({"approvals", "list", "--json"}).out, "");
  EXPECT_NE(line.run({"approvals", "approve", "appr-nonsense"}).exit_code, 0);
}

TEST_F(ApprovalCommands, SeveralAreDecidedEachByItself) {
  const std::string a = text(parked("first"), "approval_id"), b = text(parked("second"), "approval_id");
  const Said said = line.run({"approvals", "approve", a, "appr-nonsense", b});
  EXPECT_NE(said.exit_code, 0) << "one of them is none";
  EXPECT_THAT(said.out, HasSubstr(a + ": approved"));
  EXPECT_THAT(said.out, HasSubstr(b + ": approved"));
  EXPECT_THAT(line.run({"call", "task:list"}).out, ::testing::AllOf(HasSubstr("first"), HasSubstr("second")));
}

TEST_F(ApprovalCommands, ADevicesKeyIsPinnedListedAndRevokedForGood) {
  const std::string file = line.root() + "/pixel-8.pem";
  std::ofstream(file, std::ios::binary) << generate_p256()->public_pem;
  const Said added = line.run({"device", "add", "pixel-8", "--name", "Ana's Pixel", "--public-key", file});
  EXPECT_EQ(added.exit_code, 0) << added.err;
  EXPECT_THAT(added.out, HasSubstr("--subject ws-42:phone:pixel-8"));
  EXPECT_THAT(line.run({"device", "list"}).out, HasSubstr("Ana's Pixel"));
  EXPECT_EQ(line.run({"device", "revoke", "pixel-8"}).exit_code, 0);
  EXPECT_THAT(line.run({"device", "list"}).out, HasSubstr("revoked"));
  EXPECT_THAT(line.run({"device", "add", "pixel-8", "--public-key", file}).err, HasSubstr("CONFLICT"));
  EXPECT_THAT(line.run({"device", "revoke", "pixel-9"}).err, HasSubstr("NOT_FOUND"));
  EXPECT_THAT(line.run({"device", "add", "a", "--public-key", line.root() + "/lumenflow.yaml"}).err,
              HasSubstr("INVALID_INPUT"));
  EXPECT_NE(line.run({"device", "add", "Ana", "--public-key", file}).exit_code, 0);
}

TEST_F(ApprovalCommands, WhatIsStoppedIsRefusedUntilItIsResumed) {
  EXPECT_EQ(line.run({"stop", "task:list", "--reason", "it leaks"}).exit_code, 0);
  EXPECT_THAT(line.run({"call", "task:list"}).err, HasSubstr("STOPPED"));
  EXPECT_EQ(line.run({"call", "sidekick:status"}).exit_code, 0);
  EXPECT_THAT(line.run({"stop"}).out, HasSubstr("it leaks"));
  EXPECT_THAT(line.run({"stop", "ws-42:phone:p1"}).out, HasSubstr("subject/ws-42:phone:p1"));
  EXPECT_EQ(line.run({"stop", "all"}).exit_code, 0);
  EXPECT_THAT(line.run({"call", "sidekick:status"}).err, HasSubstr("STOPPED"));
  for (const char* target : {"all", "task:list", "ws-42:phone:p1"})
    EXPECT_EQ(line.run({"resume", target}).exit_code, 0) << target;
  EXPECT_EQ(line.run({"stop", "--json"}).out, "");
  EXPECT_EQ(line.run({"call", "task:list"}).exit_code, 0);
  EXPECT_THAT(line.run({"resume", "all"}).err, HasSubstr("NOT_FOUND"));
  EXPECT_THAT(line.run({"stop", "nonsense"}).err, HasSubstr("neither a tool"));
}

}  // namespace
}  // namespace lumenflow::cli
