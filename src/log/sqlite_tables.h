// The named tables of a SQLite Log, through one connection: the writer's, which sees its open batch, or a reader's.
//
// As thread safe as its connection, which it borrows: not at all.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "log/log.h"
#include "log/sqlite_connection.h"

namespace lumenflow::log {

class SqliteTables final : public TableReader {
 public:
  explicit SqliteTables(Connection& connection) : connection_(connection) {}

  Result<std::optional<std::string>> get(std::string_view table, std::string_view key) const override;
  Result<std::vector<KeyValue>> scan(std::string_view table, std::string_view prefix, std::string_view after,
                                     std::size_t limit) const override;
  Result<std::vector<KeyValue>> scan_descending(std::string_view table, std::string_view prefix,
                                                std::string_view before, std::size_t limit) const override;

  Status create(std::string_view table);  // when missing
  Status put(std::string_view table, std::string_view key, std::string_view value);
  Status erase(std::string_view table, std::string_view key);
  void keep_new();    // after a commit
  void forget_new();  // after a rollback: tables that the batch created are gone

 private:
  enum Kind { kGet, kPut, kErase, kUp, kUpBounded, kDown, kDownBounded, kKinds };
  struct Table {
    std::string name;
    std::array<Statement, kKinds> statements;
  };
  Result<Table*> find(std::string_view name) const;  // nullptr when it does not exist
  Result<Table*> find_or_create(std::string_view name);
  Result<const Statement*> statement(Table& table, Kind kind) const;
  Result<std::vector<KeyValue>> collect(const Statement& statement, const std::string& from,
                                        const std::optional<std::string>& to, std::size_t limit) const;

  Connection& connection_;
  bool any_new_ = false;
  mutable std::deque<Table> tables_;  // those seen so far; a handful
};

}  // namespace lumenflow::log
