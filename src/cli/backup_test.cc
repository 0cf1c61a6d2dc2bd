// A workspace into one file and back: what comes out is the same history, provably, under a log_id of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include "base/encoding.h"
#include "base/files.h"
#include "cli/testing/command_line.h"
#include "log/backup.h"
#include "lumenflow/json.h"
#include "sidecar/backup.h"

namespace lumenflow::cli {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class BackupAndRestore : public testing::Test {
 protected:
  BackupAndRestore() {
    run({"init", "--id", "ws-42"});
    std::string long_text;  // of 65,000 characters, and twice as many bytes: its body is a file of its own
    for (int i = 0; i < 65'000; ++i) long_text += "ü";
    run({"call", "task:create", "--input", R"({"title":"a"})"});
    const std::string input = cli.write("input.json", R"({"title":"b","description":")" + long_text + R"("})");
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

  void expect_nothing_there() const {
    EXPECT_TRUE(!fs::exists(into + "/.lumenflow") || fs::is_empty(into + "/.lumenflow"));
    EXPECT_FALSE(fs::exists(into + "/lumenflow.yaml"));
    EXPECT_FALSE(fs::exists(into + "/planted"));
    EXPECT_FALSE(fs::exists("/planted"));
  }

  CommandLine cli;
  PosixFiles files;
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
  sql(file,
      "PRAGMA writable_schema = 1; UPDATE sqlite_master SET name = CAST(x'6dd41b' AS TEXT), sql = 'x' WHERE rowid = 1");
  const std::string said = run_there({"restore", file}).err;
  EXPECT_TRUE(is_valid_utf8(said) && said.find('\x1b') == std::string::npos)
      << "what stands in the file is not for a terminal";
}

TEST_F(BackupAndRestore, SayWhichFileAndFolderIsMeantAndLeaveNoFolder) {
  const Said nowhere = cli.run({"backup", into + "/no/such/x"});
  EXPECT_THAT(nowhere.err, HasSubstr("NOT_FOUND"));
  EXPECT_THAT(nowhere.err, HasSubstr(into + "/no/such"));
  run({"backup", file});
  const std::string whole = *PosixFiles().read(file, 64u << 20);
  const std::string cut = cli.write("cut", whole.substr(0, whole.size() / 2));
  for (const std::string& bad : {cut, cli.write("foreign", std::string(5000, 'x'))}) {
    const std::string fresh = into + "-fresh";
    const Said said = cli.run_bare({"restore", bad, "--into", fresh});
    EXPECT_EQ(said.exit_code, 1);
    EXPECT_THAT(said.err, HasSubstr(bad + " is no")) << "it names the file";
    EXPECT_THAT(said.err, HasSubstr("backup"));
    EXPECT_FALSE(fs::exists(fresh));
  }
}

TEST_F(BackupAndRestore, RefuseADamagedOneAndLeaveNothing) {
  run({"backup", file});
  const std::string whole = *PosixFiles().read(file, 64u << 20);
  for (const char* damage :
       {"DELETE FROM rows WHERE position = (SELECT max(position) FROM rows)",
        "UPDATE bodies SET body = x'00000000000000000000'", "DELETE FROM backup_items WHERE name LIKE 'state/blobs/%'",
        "UPDATE backup_items SET content = CAST('id: ws-43' AS BLOB) WHERE name = 'lumenflow.yaml'",
        "UPDATE backup_items SET mode = 511", "DELETE FROM t_calls", "DELETE FROM meta WHERE name = 'backup_digest'",
        "CREATE TABLE more(a)"}) {
    SCOPED_TRACE(damage);
    std::ofstream(file, std::ios::binary) << whole;
    sql(file, damage);
    EXPECT_THAT(run_there({"restore", file}).err, HasSubstr("JOURNAL_DAMAGED"));
    expect_nothing_there();
  }
}

// The backup says what the journal said: what is wrong there is found where it is restored.
TEST_F(BackupAndRestore, RefuseThatOfADamagedJournal) {
  const std::string journal = cli.root() + "/.lumenflow/state/journal.db";
  const std::string last = "(SELECT max(position) FROM rows)";
  sql(journal, "CREATE TABLE kept AS SELECT * FROM rows WHERE position = " + last);
  sql(journal, "DELETE FROM rows WHERE position = " + last);
  run({"backup", file});
  EXPECT_THAT(run_there({"restore", file}).err, HasSubstr("JOURNAL_DAMAGED"));
  fs::remove(file);
  sql(journal, "INSERT INTO rows SELECT * FROM kept");
  fs::remove_all(cli.root() + "/.lumenflow/state/blobs");
  run({"backup", file});
  EXPECT_THAT(run_there({"restore", file}).err, HasSubstr("is gone"));
  expect_nothing_there();
}

TEST_F(BackupAndRestore, PutNothingOutsideTheState) {
  for (const char* name : {"state/keys/../../../planted", "/planted", "state/planted", "state/keys/", "planted"}) {
    SCOPED_TRACE(name);
    fs::remove(file);
    bool given = false;
    const auto next = [&](log::BackupItem& item) -> Result<bool> {
      item = {name, 0600, "x"};
      return !std::exchange(given, true);
    };
    ASSERT_TRUE(log::write_backup(file, cli.root() + "/.lumenflow/state/journal.db", next).ok());
    EXPECT_THAT(run_there({"restore", file}).err, HasSubstr("has no place"));
    expect_nothing_there();
  }
}

TEST_F(BackupAndRestore, HappenOneAtATime) {
  const auto held = sidecar::lock_backup(files, sidecar::WorkspacePaths(cli.root()));
  ASSERT_TRUE(held.ok());
  EXPECT_THAT(cli.run({"backup", file}).err, HasSubstr("WORKSPACE_LOCKED"));
  EXPECT_FALSE(fs::exists(file));
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
