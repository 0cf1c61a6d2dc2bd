#include "log/sqlite_tables.h"

#include <algorithm>

#include "log/table_names.h"

namespace lumenflow::log {
namespace {

std::string create_sql(std::string_view name) {
  return "CREATE TABLE IF NOT EXISTS t_" + std::string(name) +
         "(key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID";
}

}  // namespace

Result<SqliteTables::Table*> SqliteTables::find(std::string_view name) const {
  LUMENFLOW_TRY(check_table_name(name));
  for (Table& table : tables_)
    if (table.name == name) return &table;
  LUMENFLOW_TRY_ASSIGN(const Statement exists,
                       connection_.prepare("SELECT 1 FROM sqlite_schema WHERE type='table' AND name=CAST(?1 AS TEXT)"));
  const std::string full_name = "t_" + std::string(name);
  Query query(exists);
  LUMENFLOW_TRY_ASSIGN(const bool found, query.bind(1, full_name).next());
  if (!found) return static_cast<Table*>(nullptr);
  return &tables_.emplace_back(Table{.name = std::string(name), .statements = {}});
}

Result<SqliteTables::Table*> SqliteTables::find_or_create(std::string_view name) {
  LUMENFLOW_TRY_ASSIGN(Table* const found, find(name));
  if (found != nullptr) return found;
  any_new_ = true;
  LUMENFLOW_TRY(connection_.execute(create_sql(name)));
  return &tables_.emplace_back(Table{.name = std::string(name), .statements = {}});
}

void SqliteTables::keep_new() { any_new_ = false; }

void SqliteTables::forget_new() {
  if (any_new_) tables_.clear();
  any_new_ = false;
}

Result<const Statement*> SqliteTables::statement(Table& table, Kind kind) const {
  Statement& statement = table.statements[kind];
  if (!statement) {
    const std::string name = "t_" + table.name;
    const std::string select = "SELECT key, value FROM " + name + " WHERE key >= ?1";
    const std::array<std::string, kKinds> sql{
        "SELECT value FROM " + name + " WHERE key = ?1",
        "INSERT INTO " + name + "(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
        "DELETE FROM " + name + " WHERE key = ?1",
        select + " ORDER BY key LIMIT ?3",
        select + " AND key < ?2 ORDER BY key LIMIT ?3",
        select + " ORDER BY key DESC LIMIT ?3",
        select + " AND key < ?2 ORDER BY key DESC LIMIT ?3"};
    LUMENFLOW_TRY_ASSIGN(statement, connection_.prepare(sql[kind]));
  }
  return static_cast<const Statement*>(&statement);
}

Status SqliteTables::create(std::string_view table) {
  LUMENFLOW_TRY(check_table_name(table));
  return connection_.execute(create_sql(table));
}

Status SqliteTables::put(std::string_view table, std::string_view key, std::string_view value) {
  LUMENFLOW_TRY_ASSIGN(Table* const found, find_or_create(table));
  LUMENFLOW_TRY_ASSIGN(const Statement* const upsert, statement(*found, kPut));
  return Query(*upsert).bind(1, key).bind(2, value).run();
}

Status SqliteTables::erase(std::string_view table, std::string_view key) {
  LUMENFLOW_TRY_ASSIGN(Table* const found, find(table));
  if (found == nullptr) return {};
  LUMENFLOW_TRY_ASSIGN(const Statement* const remove, statement(*found, kErase));
  return Query(*remove).bind(1, key).run();
}

Result<std::optional<std::string>> SqliteTables::get(std::string_view table, std::string_view key) const {
  LUMENFLOW_TRY_ASSIGN(Table* const found, find(table));
  if (found == nullptr) return std::optional<std::string>();
  LUMENFLOW_TRY_ASSIGN(const Statement* const select, statement(*found, kGet));
  Query query(*select);
  LUMENFLOW_TRY_ASSIGN(const bool row, query.bind(1, key).next());
  if (!row) return std::optional<std::string>();
  return std::optional(std::string(query.blob(0)));
}

Result<std::vector<KeyValue>> SqliteTables::scan(std::string_view table, std::string_view prefix,
                                                 std::string_view after, std::size_t limit) const {
  LUMENFLOW_TRY_ASSIGN(Table* const found, find(table));
  if (found == nullptr) return std::vector<KeyValue>();
  const KeyRange range = ascending_range(prefix, after);
  LUMENFLOW_TRY_ASSIGN(const Statement* const select, statement(*found, range.to ? kUpBounded : kUp));
  return collect(*select, range.from, range.to, limit);
}

Result<std::vector<KeyValue>> SqliteTables::scan_descending(std::string_view table, std::string_view prefix,
                                                            std::string_view before, std::size_t limit) const {
  LUMENFLOW_TRY_ASSIGN(Table* const found, find(table));
  if (found == nullptr) return std::vector<KeyValue>();
  const KeyRange range = descending_range(prefix, before);
  LUMENFLOW_TRY_ASSIGN(const Statement* const select, statement(*found, range.to ? kDownBounded : kDown));
  return collect(*select, range.from, range.to, limit);
}

Result<std::vector<KeyValue>> SqliteTables::collect(const Statement& statement, const std::string& from,
                                                    const std::optional<std::string>& to, std::size_t limit) const {
  Query query(statement);
  query.bind(1, from).bind(3, static_cast<std::int64_t>(std::min<std::size_t>(limit, INT64_MAX)));
  if (to) query.bind(2, *to);
  std::vector<KeyValue> found;
  for (;;) {
    LUMENFLOW_TRY_ASSIGN(const bool row, query.next());
    if (!row) return found;
    found.push_back({std::string(query.blob(0)), std::string(query.blob(1))});
  }
}

}  // namespace lumenflow::log
