// Commands from the other side that are to be carried out, and what is to be said of them there until it is known.
//
// A command waits from the commit that took it in; it leaves the queue in the commit with the first record of its call,
// or of its end. What is to be said of it stays until the other side has acknowledged it. Rows are few: what is waiting
// and what is not acknowledged. The writer's functions belong to the Log's open batch; the readers' take any snapshot.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong.h"
#include "base/time.h"
#include "log/log.h"
#include "lumenflow/result.h"

namespace lumenflow::journal {

inline constexpr std::string_view kCommandsTable = "commands";

// Control goes first: what stops, decides and takes back does not wait behind calls.
enum class CommandQueue : char { kControl = 'c', kTool = 't' };

struct CommandReport {
  Position at;  // of the command's event
  std::string command_id;
  std::string kind;
  std::string state;  // "call": what the call `receipt` says; else done, refused, expired, cancelled
  std::string receipt;
  std::string code, message;
};

Status put_command(log::Log& log, CommandQueue queue, Position at);
Status erase_command(log::Log& log, CommandQueue queue, Position at);
// Positions after `after`, ascending.
Result<std::vector<Position>> waiting_commands(const log::TableReader& tables, CommandQueue queue, Position after,
                                               std::size_t limit);
Result<bool> is_waiting(const log::TableReader& tables, CommandQueue queue, Position at);

Status put_report(log::Log& log, const CommandReport& report);
Status erase_report(log::Log& log, Position at);  // it is known there; none is fine
// By position, after `after`. JOURNAL_DAMAGED.
Result<std::vector<CommandReport>> command_reports(const log::TableReader& tables, Position after, std::size_t limit);
Result<std::optional<CommandReport>> find_report(const log::TableReader& tables, Position at);

// The entry of a command that ended without a call of its own: command.ended. `code` empty: it was done.
std::string encode_command_ended(const CommandReport& report, std::string_view from, Timestamp now);
// The entry that says which call a command became: command.dispatched.
std::string encode_command_dispatched(const CommandReport& report, std::string_view from, Timestamp now);

}  // namespace lumenflow::journal
