// A workspace into one file and back: what comes out is the same history, provably, under a log_id of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "cli/testing/command_line.h"
#include "lumenflow/json.h"

namespace lumenflow::cli {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class BackupAndRestore : public testing::Test {
 protected:
  BackupAndRestore() {
    run({"init", "--id", "ws-42"});
    const std::string long_text(70'000, 'x');  // its body is a file of its own
    run({"call", "task:create", "--input", R"({"title":"a"})"});
    const std::string input =
        cli.write("input.json", R"({"title":"b","description":")" + long_text.substr(0, 65'000) + R"("})");
    run({"call", "task:create", "--input", "@" + input});
    fs::create_directory(into);
  }
  Said run(const std::vector<std::string>& arguments) {
    Said said = cli.run(arguments);
    EXPECT_EQ(said.exit_code, 0) << testing::PrintToString(arguments) << said.err;
    return said;
  }
  Said run_there(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--workspace", into});
    return cli.run_bare(std::move(arguments));
  }
  static json::Value parsed(const std::string& text) {
    const auto value = json::parse(text);
    EXPECT_TRUE(value.ok()) << text;
    return value.ok() ? *value : json::Value();
  }
  void sql(const std::string& path, const std::string& text) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, text.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }

  CommandLine cli;
  const std::string file = cli.write("beside", "") + ".backup";
  const std::string into = fs::path(file).parent_path().string() + "/other";
};

TEST_F(BackupAndRestore, GiveTheSameHistoryUnderAnotherLogId) {
  const json::Value before = parsed(run({"audit", "verify", "--json"}).out);
  const std::string entries = run({"audit", "export"}).out;
  EXPECT_THAT(run({"backup", file}).out, HasSubstr("private keys"));
  EXPECT_EQ(fs::status(file).permissions() & fs::perms::mask, fs::perms::owner_read | fs::perms::owner_write);

  const Said restored = run_there({"restore", file, "--json"});
  ASSERT_EQ(restored.exit_code, 0) << restored.err;
  const json::Value report = parsed(restored.out);
  EXPECT_EQ(*report.find("former_log_id"), *before.find("log_id"));
  EXPECT_NE(*report.find("log_id"), *before.find("log_id"));

  const Said verified = run_there({"audit", "verify", "--json"});
  ASSERT_EQ(verified.exit_code, 0) << verified.err << verified.out;
  EXPECT_EQ(*parsed(verified.out).find("log_id"), *report.find("log_id"));
  EXPECT_EQ(*parsed(verified.out).find("bodies"), *before.find("bodies"));
  const std::string there = run_there({"audit", "export"}).out;
  EXPECT_TRUE(there.starts_with(entries)) << there;
  EXPECT_THAT(there, HasSubstr("\"type\":\"workspace.restored\""));
  const std::int64_t size = json::integer_or(report, "entries", 0);
  const json::Value entry = parsed(run_there({"audit", "show", std::to_string(size + 1)}).out);
  EXPECT_EQ(*entry.at_pointer("/entry/from_log_id"), *before.find("log_id"));
  EXPECT_EQ(*entry.at_pointer("/entry/from_size"), json::Value(size));
  EXPECT_EQ(run_there({"call", "task:create", "--input", R"({"title":"c"})"}).exit_code, 0) << "it goes on";
  EXPECT_EQ(run_there({"audit", "verify"}).exit_code, 0);
}

TEST_F(BackupAndRestore, TouchNothingThatIsThere) {
  run({"backup", file});
  EXPECT_THAT(cli.run({"backup", file}).err, HasSubstr("ALREADY_EXISTS"));
  EXPECT_THAT(cli.run({"restore", file}).err, HasSubstr("ALREADY_EXISTS"));
  EXPECT_EQ(run({"audit", "verify"}).exit_code, 0);
  std::ofstream(into + "/lumenflow.yaml") << "id: mine\n";
  EXPECT_THAT(run_there({"restore", file}).out, HasSubstr("lumenflow.yaml stays"));
  EXPECT_EQ(*PosixFiles().read(into + "/lumenflow.yaml", 100), "id: mine\n");
}

TEST_F(BackupAndRestore, RefuseWhatIsNoBackup) {
  const std::string other = cli.write("other.db", "not a database at all, but long enough to be read as one");
  EXPECT_EQ(run_there({"restore", other}).exit_code, 1);
  EXPECT_THAT(run_there({"restore", into + "/nothing"}).err, HasSubstr("NOT_FOUND"));
  EXPECT_THAT(run_there({"restore", cli.root() + "/.lumenflow/state/journal.db"}).err, HasSubstr("no backup"));
  run({"backup", file});
  sql(file, "UPDATE meta SET value = 2 WHERE name = 'backup_format'");
  EXPECT_THAT(run_there({"restore", file}).err, HasSubstr("UNSUPPORTED_FORMAT"));
  EXPECT_FALSE(fs::exists(into + "/.lumenflow/state"));
}

TEST_F(BackupAndRestore, RefuseADamagedOneAndLeaveNothing) {
  for (const char* damage :
       {"DELETE FROM rows WHERE position = (SELECT max(position) FROM rows)",
        "UPDATE bodies SET body = x'00000000000000000000'", "DELETE FROM backup_items WHERE name LIKE 'state/blobs/%'",
        "INSERT INTO backup_items VALUES('state/keys/../../../planted', 420, x'00')",
        "INSERT INTO backup_items VALUES('/planted', 420, x'00')"}) {
    SCOPED_TRACE(damage);
    fs::remove(file);
    run({"backup", file});
    sql(file, damage);
    EXPECT_EQ(run_there({"restore", file}).exit_code, 1);
    EXPECT_TRUE(!fs::exists(into + "/.lumenflow") || fs::is_empty(into + "/.lumenflow"));
    EXPECT_FALSE(fs::exists(into + "/planted"));
  }
}

TEST_F(BackupAndRestore, GoOnAfterOneThatWasCutShort) {
  std::ofstream(file + ".tmp") << "half a backup";
  run({"backup", file});
  EXPECT_FALSE(fs::exists(file + ".tmp"));
  fs::create_directories(into + "/.lumenflow/state.restoring/keys");
  std::ofstream(into + "/.lumenflow/state.restoring/keys/log.seed") << "half a restore";
  EXPECT_EQ(run_there({"restore", file}).exit_code, 0);
  EXPECT_EQ(run_there({"audit", "verify"}).exit_code, 0);
  EXPECT_FALSE(fs::exists(into + "/.lumenflow/state.restoring"));
}

}  // namespace
}  // namespace lumenflow::cli
