// Sessions of agents and their turns: what the kernel keeps of them (include/lumenflow/turn.h).
//
// Records in the kernel's own part of the store; what is written is the open batch's, so that a failed commit takes it
// along. A turn has the ULID of the call that opened it. Values, and functions of a snapshot.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong.h"
#include "base/time.h"
#include "journal/recoveries.h"
#include "log/log.h"
#include "lumenflow/result.h"

namespace lumenflow::kernel {

struct Session {
  std::string id;
  std::string pack;    // that opened it
  std::string holder;  // whose tasks its calls are about (actor_of)
  // What calls on its behalf are made with, as of its last turn.
  std::string on_behalf_of;
  std::string token_id;
  std::vector<std::string> scopes;
  std::string intent;  // empty: none was declared
  std::uint64_t turns = 0;
  std::uint64_t tool_calls = 0;
  std::uint64_t turns_max = 0;  // 0: any number
  std::uint64_t tool_calls_max = 0;
  std::string timer;  // of the pack, to be woken; empty: none
  Timestamp opened_at;
};

struct TurnState {
  std::string id;
  std::string session_id;
  std::string pack;
  std::uint64_t tool_calls = 0;
  bool changed = false;                                     // a call of it that may change something has succeeded
  journal::Cleanup left_behind = journal::Cleanup::kClean;  // at worst, by its calls
  std::string running;                                      // the receipt of the call that it waits for; empty: none
  bool aborted = false;
  std::string code;    // of the abortion
  std::string action;  // likewise
};

bool is_session_id(std::string_view id);
std::string turn_id_of(const ReceiptId& receipt);                    // of the turn that this call opens
std::optional<ReceiptId> receipt_of_turn(std::string_view turn_id);  // nothing for another form
std::string turn_subject(std::string_view workspace, std::string_view turn_id);
// "t-…" of "<workspace>:turn:t-…"; nothing for another form.
std::optional<std::string> turn_of_subject(std::string_view workspace, std::string_view subject);

// What a turn leaves behind that ends now without an end of its own.
journal::Cleanup cleanup_of(const TurnState& turn);

// JOURNAL_DAMAGED for a record that cannot be read.
Result<std::optional<Session>> find_session(const log::TableReader& tables, std::string_view id);
Status put_session(log::Log& log, const Session& session);
// With the turns of it that have broken off. Reads the records of all turns that have.
Status erase_session(log::Log& log, std::string_view id);
Result<std::optional<TurnState>> find_turn(const log::TableReader& tables, std::string_view turn_id);
Status put_turn(log::Log& log, const TurnState& turn);
Status erase_turn(log::Log& log, std::string_view turn_id);

}  // namespace lumenflow::kernel
