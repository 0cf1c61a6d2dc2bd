// No statement of a SQLite Log walks through what grows with use: every one that runs is caught as SQLite runs it, and
// its plan is read.
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <mutex>
#include <set>

#include "log/sqlite_connection.h"
#include "log/test_support.h"

namespace lumenflow::log {
namespace {

using testing::Contains;
using testing::HasSubstr;

std::mutex g_mutex;  // connections live on several threads
std::set<std::string> g_statements;

int note_statement(unsigned, void*, void* statement, void*) {
  const char* sql = sqlite3_sql(static_cast<sqlite3_stmt*>(statement));
  const std::lock_guard lock(g_mutex);
  if (sql != nullptr) g_statements.insert(sql);
  return 0;
}

int trace_connection(sqlite3* database, char**, const void*) {
  return sqlite3_trace_v2(database, SQLITE_TRACE_STMT, note_statement, nullptr);
}

// Every statement of every connection that is opened while it lives.
class StatementTrace {
 public:
  StatementTrace() {
    g_statements.clear();
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(trace_connection));
  }
  ~StatementTrace() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(trace_connection)); }
  std::set<std::string> statements() const {
    const std::lock_guard lock(g_mutex);
    return g_statements;
  }
};

bool has_plan(const std::string& sql) {
  for (const char* verb : {"SELECT", "INSERT", "DELETE", "UPDATE"})
    if (sql.starts_with(verb)) return true;
  return false;
}

std::vector<std::string> plan_of(const Connection& database, const std::string& sql) {
  const Result<Statement> explain = database.prepare("EXPLAIN QUERY PLAN " + sql);
  EXPECT_TRUE(explain.ok()) << sql << ": " << explain.error().to_string();
  std::vector<std::string> steps;
  if (!explain.ok()) return steps;
  for (Query query(*explain); *query.next();) steps.emplace_back(query.blob(3));
  return steps;
}

// What a workspace does with its log: it opens it, calls and reads, and opens it again.
void live_through_everything(const std::string& path) {
  std::unique_ptr<Log> log = open_at(path);
  ASSERT_TRUE(log->append(row_of(*log, 1, "a body")).ok());
  for (const char* key : {"a", "b", "c"}) ASSERT_TRUE(log->put("things", key, "value").ok());
  ASSERT_TRUE(log->put("new_things", "a", "value").ok());
  ASSERT_TRUE(log->erase("things", "b").ok());
  ASSERT_TRUE(log->commit().ok());
  ASSERT_TRUE(log->put("things", "lost", "value").ok());
  log->rollback();
  fill(*log, 70'000);  // tiles of three levels
  const std::unique_ptr<Snapshot> snapshot = *log->snapshot();
  for (const TableReader* tables : {&log->tables(), static_cast<const TableReader*>(snapshot.get())})
    for (const char* prefix : {"", "a"}) {
      ASSERT_TRUE(tables->get("things", "a").ok());
      ASSERT_TRUE(tables->scan("things", prefix, "", 10).ok());
      ASSERT_TRUE(tables->scan_descending("things", prefix, "", 10).ok());
    }
  ASSERT_TRUE(log->read(Position(100), 10).ok());
  ASSERT_TRUE(log->row_at(Position(100)).ok());
  ASSERT_TRUE(log->inclusion_proof(Position(100), 60'000).ok());
  ASSERT_TRUE(log->recheck_tree().ok());
  const Head head = log->head();
  log = open_at(path, head);
  ASSERT_FALSE(log->condition().damaged);
}

TEST(QueryPlan, NoStatementScansWhatGrows) {
  const TemporaryFolder folder;
  std::set<std::string> statements;
  {
    const StatementTrace trace;
    live_through_everything(folder.file("log"));
    statements = trace.statements();
  }
  for (const char* expected : {"INSERT INTO rows", "INSERT INTO bodies", "INTO tiles", "SELECT value FROM t_things",
                               "INSERT INTO t_things", "DELETE FROM t_things", "ORDER BY key DESC",
                               "FROM rows LEFT JOIN bodies", "max(id) FROM tiles", "max(position)", "SELECT hashes"})
    EXPECT_THAT(statements, Contains(HasSubstr(expected))) << "the trace misses statements";

  const Result<Connection> database = Connection::open(folder.file("log"), Connection::Mode::kRead);
  ASSERT_TRUE(database.ok());
  for (const std::string& sql : statements) {
    if (!has_plan(sql)) continue;
    for (const std::string& step : plan_of(*database, sql)) {
      const bool of_bounded_size = step.ends_with(" sqlite_schema") || step.find("CONSTANT ROW") != std::string::npos;
      if (of_bounded_size) continue;
      EXPECT_FALSE(step.starts_with("SCAN")) << sql << "\n  " << step;
      EXPECT_EQ(step.find("TEMP B-TREE"), std::string::npos) << sql << "\n  " << step;
    }
  }
}

}  // namespace
}  // namespace lumenflow::log
