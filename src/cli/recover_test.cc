// What calls left behind, on the command line: shown, and confirmed once.
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <cctype>

#include "base/encoding.h"
#include "cli/testing/command_line.h"
#include "journal/recoveries.h"
#include "journal/tables.h"
#include "log/memory_log.h"
#include "lumenflow/json.h"

namespace lumenflow::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class RecoverCommands : public ::testing::Test {
 protected:
  RecoverCommands() {
    EXPECT_EQ(line.run({"init", "--id", "ws-42"}).exit_code, kOk);
    const Said made = line.run({"call", "task:create", "--input", R"({"title":"the first"})", "--json"});
    const Result<json::Value> result = json::parse(made.out);
    EXPECT_TRUE(result.ok()) << made.err;
    receipt = ReceiptId(result->at_pointer("/metadata/receipt_id")->as_string());
  }
  static std::string blob(std::string_view bytes) { return "x'" + to_hex(as_bytes(bytes)) + "'"; }
  void put(const std::string& table, std::string_view key, std::string_view value) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open((line.root() + "/.lumenflow/state/journal.db").c_str(), &database), SQLITE_OK);
    const std::string sql = "insert into t_" + table + " values(" + blob(key) + "," + blob(value) + ")";
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }
  // As if the process had died in that call, and its tool were gone since.
  void leave_open() const { put("open_calls", *journal::call_key(receipt), std::string(64, '0') + "roof:lay"); }
  // As if its tool had reported this.
  void leave(journal::Recovery recovery) const {
    recovery.receipt = receipt;
    recovery.tool = "roof:lay";
    recovery.digest = *journal::recovery_digest(recovery);
    const auto log = log::make_memory_log("01TESTLOG");
    ASSERT_TRUE(journal::put_recovery(*log, recovery).ok());
    const std::string key = *journal::call_key(receipt);
    put("recoveries", key, **log->tables().get(journal::kRecoveriesTable, key));
    put("recovery_open", key, "");
  }

  const CommandLine line;
  ReceiptId receipt;
};

TEST_F(RecoverCommands, WhatADeadProcessWasAtIsShownAndDealtWithOnce) {
  EXPECT_EQ(line.run({"recover", "list", "--json"}).out, "");
  leave_open();
  const std::string id = "rec-" + receipt.str().substr(5);
  EXPECT_THAT(line.run({"recover", "list"}).out,
              AllOf(HasSubstr(id), HasSubstr("needs_recovery"), HasSubstr("roof:lay")));
  EXPECT_THAT(line.run({"recover", "show", id}).out, AllOf(HasSubstr("unknown"), HasSubstr("nothing is proposed")));
  const Said confirmed = line.run({"recover", "confirm", id, "--reason", "looked at it"});
  EXPECT_EQ(confirmed.exit_code, kOk) << confirmed.err;
  EXPECT_THAT(confirmed.out, HasSubstr("nothing is called"));
  EXPECT_EQ(line.run({"recover", "list", "--json"}).out, "");
  EXPECT_THAT(line.run({"recover", "list", "--all"}).out, HasSubstr("confirmed"));
  EXPECT_THAT(line.run({"recover", "show", id, "--json"}).out, HasSubstr("looked at it"));
  const Said again = line.run({"recover", "confirm", id});
  EXPECT_EQ(again.exit_code, kRefused);
  EXPECT_THAT(again.err, AllOf(HasSubstr("ALREADY_DECIDED"), HasSubstr("confirmed by ws-42:local:")));
  EXPECT_EQ(line.run({"audit", "verify"}).exit_code, kOk);
}

TEST_F(RecoverCommands, WhatIsProposedIsCalledOnceAndTheTextNever) {
  journal::Recovery recovery;
  recovery.cleanup = journal::Cleanup::kPartial;
  recovery.action = "touch " + line.root() + "/executed";
  recovery.call_tool = "task:create";
  recovery.call_input = json::Object{{"title", "lay the rest"}};
  recovery.input = json::serialize(recovery.call_input);
  leave(recovery);
  const std::string id = "rec-" + receipt.str().substr(5);
  EXPECT_THAT(line.run({"recover", "show", id}).out,
              AllOf(HasSubstr("a confirmation calls task:create"), HasSubstr("lay the rest")));
  EXPECT_THAT(line.run({"call", "task:list"}).out, Not(HasSubstr("lay the rest")));
  const Said confirmed = line.run({"recover", "confirm", id, "--json"});
  ASSERT_EQ(confirmed.exit_code, kOk) << confirmed.err;
  EXPECT_THAT(confirmed.out, HasSubstr("confirmation_receipt_id"));
  EXPECT_THAT(line.run({"call", "task:list"}).out, HasSubstr("lay the rest"));
  EXPECT_EQ(line.run({"recover", "confirm", id}).exit_code, kRefused);
  EXPECT_THAT(line.run({"recover", "list", "--all", "--json"}).out, HasSubstr(R"("state":"confirmed")"));
}

TEST_F(RecoverCommands, ARepairThatFailsMakesTheCommandFail) {
  journal::Recovery recovery;
  recovery.cleanup = journal::Cleanup::kPartial;
  recovery.call_tool = "task:complete";
  recovery.call_input = json::Object{{"id", "8f14e45f-ceea-467f-9d7b-0a3a1f0b7c11"}};
  recovery.input = json::serialize(recovery.call_input);
  leave(recovery);
  const Said failed = line.run({"recover", "confirm", "rec-" + receipt.str().substr(5)});
  EXPECT_NE(failed.exit_code, kOk) << failed.out;
  EXPECT_THAT(failed.err, AllOf(HasSubstr("task:complete failed"), HasSubstr("NOT_FOUND")));
}

TEST_F(RecoverCommands, WhatIsRefusedIsSaidAndStaysOpen) {
  journal::Recovery recovery;
  recovery.cleanup = journal::Cleanup::kPartial;
  recovery.call_tool = "roof:mend";
  recovery.call_input = json::Object{};
  recovery.input = "{}";
  leave(recovery);
  const std::string id = "rec-" + receipt.str().substr(5);
  const Said refused = line.run({"recover", "confirm", id});
  EXPECT_EQ(refused.exit_code, kRefused) << refused.out;
  EXPECT_THAT(refused.err, AllOf(HasSubstr("TOOL_NOT_FOUND"), HasSubstr("stays open")));
  EXPECT_THAT(line.run({"recover", "list"}).out, HasSubstr(id));
  EXPECT_EQ(line.run({"audit", "verify"}).exit_code, kOk);
}

TEST_F(RecoverCommands, ShowSaysWhatItWasAboutInAnyCase) {
  leave_open();
  std::string id = "rec-" + receipt.str().substr(5);
  EXPECT_THAT(line.run({"recover", "show", id}).out, AllOf(HasSubstr("lumenflow audit show " + receipt.str()),
                                                           HasSubstr("the first"), HasSubstr("required_scopes")));
  for (char& c : id) c = static_cast<char>(std::tolower(c));
  EXPECT_EQ(line.run({"recover", "show", id}).exit_code, kOk);
  EXPECT_EQ(line.run({"recover", "confirm", id}).exit_code, kOk);
}

TEST_F(RecoverCommands, WhatBecameOfACallIsShownByItsReceipt) {
  const Said shown = line.run({"audit", "show", receipt.str()});
  EXPECT_EQ(shown.exit_code, kOk) << shown.err;
  EXPECT_THAT(shown.out, AllOf(HasSubstr("task:create"), HasSubstr("success"), HasSubstr("the first"),
                               HasSubstr("call.finished")));
  const Result<json::Value> document = json::parse(line.run({"audit", "show", receipt.str(), "--json"}).out);
  ASSERT_TRUE(document.ok());
  EXPECT_NE(document->at_pointer("/result/data"), nullptr);
  EXPECT_NE(document->at_pointer("/entries/0/position"), nullptr);
  EXPECT_EQ(line.run({"audit", "show", "rcpt-01ARZ3NDEKTSV4RRFFQ69G5FAV"}).exit_code, kRefused);
  EXPECT_EQ(line.run({"audit", "show", "nonsense"}).exit_code, kUsage);
  EXPECT_EQ(line.run({"audit", "show", "1"}).exit_code, kOk);
}

TEST_F(RecoverCommands, SayWhatIsWrong) {
  EXPECT_EQ(line.run({"recover"}).exit_code, kUsage);
  EXPECT_THAT(line.run({"recover", "show", "rec-nonsense"}).err, HasSubstr("NOT_FOUND"));
  EXPECT_THAT(line.run({"recover", "confirm", "rec-nonsense"}).err, HasSubstr("lumenflow recover list"));
  EXPECT_THAT(line.run({"recover", "confirm", "rec-01ARZ3NDEKTSV4RRFFQ69G5FAV"}).err, HasSubstr("NOT_FOUND"));
}

}  // namespace
}  // namespace lumenflow::cli
