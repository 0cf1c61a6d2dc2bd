#include "journal/commands.h"

#include <utility>

#include "journal/tables.h"
#include "lumenflow/json.h"

namespace lumenflow::journal {
namespace {

// Keys of the table `commands`: a letter and the position of the command's event (8 bytes).
constexpr std::string_view kReport = "r";

std::string queue_key(CommandQueue queue, Position at) {
  return std::string(1, static_cast<char>(queue)) + big_endian(at.value());
}
std::string report_key(Position at) { return std::string(kReport) + big_endian(at.value()); }

Error damaged_row() { return Error(ErrorCode::kJournalDamaged, "a row of the table 'commands' is malformed"); }

Result<Position> position_of(std::string_view key) {
  const auto position = key.empty() ? std::nullopt : from_big_endian(key.substr(1));
  if (!position) return damaged_row();
  return Position(*position);
}

Result<CommandReport> decode_report(Position at, std::string_view text) {
  const Result<json::Value> row = json::parse(text);
  if (!row.ok() || !row->is_object()) return damaged_row();
  const auto member = [&row](std::string_view name) { return std::string(json::string_or(*row, name, "")); };
  return CommandReport{
      at, member("command_id"), member("kind"), member("state"), member("receipt"), member("code"), member("message")};
}

}  // namespace

Status put_command(log::Log& log, CommandQueue queue, Position at) {
  return log.put(kCommandsTable, queue_key(queue, at), "1");
}

Status erase_command(log::Log& log, CommandQueue queue, Position at) {
  return log.erase(kCommandsTable, queue_key(queue, at));
}

Result<std::vector<Position>> waiting_commands(const log::TableReader& tables, CommandQueue queue, Position after,
                                               std::size_t limit) {
  const std::string prefix(1, static_cast<char>(queue));
  const std::string from = after.value() == 0 ? std::string() : queue_key(queue, after);
  LUMENFLOW_TRY_ASSIGN(const auto rows, tables.scan(kCommandsTable, prefix, from, limit));
  std::vector<Position> positions;
  for (const log::KeyValue& row : rows) {
    LUMENFLOW_TRY_ASSIGN(const Position at, position_of(row.key));
    positions.push_back(at);
  }
  return positions;
}

Result<bool> is_waiting(const log::TableReader& tables, CommandQueue queue, Position at) {
  LUMENFLOW_TRY_ASSIGN(const auto row, tables.get(kCommandsTable, queue_key(queue, at)));
  return row.has_value();
}

Status put_report(log::Log& log, const CommandReport& report) {
  json::Object row{{"command_id", report.command_id}, {"kind", report.kind}, {"state", report.state}};
  if (!report.receipt.empty()) row.set("receipt", report.receipt);
  if (!report.code.empty()) row.set("code", report.code);
  if (!report.message.empty()) row.set("message", report.message);
  return log.put(kCommandsTable, report_key(report.at), json::serialize(json::Value(std::move(row))));
}

Status erase_report(log::Log& log, Position at) { return log.erase(kCommandsTable, report_key(at)); }

Result<std::vector<CommandReport>> command_reports(const log::TableReader& tables, Position after, std::size_t limit) {
  const std::string from = after.value() == 0 ? std::string() : report_key(after);
  LUMENFLOW_TRY_ASSIGN(const auto rows, tables.scan(kCommandsTable, kReport, from, limit));
  std::vector<CommandReport> reports;
  for (const log::KeyValue& row : rows) {
    LUMENFLOW_TRY_ASSIGN(const Position at, position_of(row.key));
    LUMENFLOW_TRY_ASSIGN(CommandReport report, decode_report(at, row.value));
    reports.push_back(std::move(report));
  }
  return reports;
}

Result<std::optional<CommandReport>> find_report(const log::TableReader& tables, Position at) {
  LUMENFLOW_TRY_ASSIGN(const auto row, tables.get(kCommandsTable, report_key(at)));
  if (!row) return std::optional<CommandReport>();
  LUMENFLOW_TRY_ASSIGN(CommandReport report, decode_report(at, *row));
  return std::optional(std::move(report));
}

// Members in byte order: the canonical form.
std::string encode_command_ended(const CommandReport& report, std::string_view from, Timestamp now) {
  json::Object entry;
  if (!report.code.empty()) entry.set("code", report.code);
  entry.set("command_id", report.command_id);
  entry.set("from", std::string(from));
  entry.set("kind", report.kind);
  if (!report.message.empty()) entry.set("message", report.message);
  entry.set("position", report.at.value());
  entry.set("state", report.state);
  entry.set("ts", format_rfc3339(now));
  entry.set("type", "command.ended");
  return json::serialize(json::Value(std::move(entry)));
}

std::string encode_command_dispatched(const CommandReport& report, std::string_view from, Timestamp now) {
  return json::serialize(json::Value(json::Object{{"command_id", report.command_id},
                                                  {"from", std::string(from)},
                                                  {"kind", report.kind},
                                                  {"position", report.at.value()},
                                                  {"receipt_id", report.receipt},
                                                  {"ts", format_rfc3339(now)},
                                                  {"type", "command.dispatched"}}));
}

}  // namespace lumenflow::journal
