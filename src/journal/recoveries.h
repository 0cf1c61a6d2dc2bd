// What calls left behind that did not end as they should, and what their packs propose to do about it (03-dispatch,
// Recovery).
//
// A record is written in the commit that ends the call, and is open until somebody confirms it: then what it proposes
// is dispatched, once, by whoever confirmed. Nothing here runs anything. Values and functions of a snapshot; what is
// written is the open batch's.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong.h"
#include "base/time.h"
#include "log/log.h"
#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::journal {

inline constexpr std::string_view kRecoveriesTable = "recoveries";         // ULID of the call -> record
inline constexpr std::string_view kOpenRecoveriesTable = "recovery_open";  // of the open: ULID -> nothing

// From good to bad: nothing was changed; consistent but incomplete; inconsistent, or nobody knows.
enum class Cleanup : std::uint8_t { kClean, kPartial, kNeedsRecovery };
inline constexpr std::array<std::string_view, 3> kCleanups = {"clean", "partial", "needs_recovery"};
inline std::string_view name(Cleanup cleanup) { return kCleanups[static_cast<std::size_t>(cleanup)]; }
std::optional<Cleanup> cleanup_from_name(std::string_view name);

struct Recovery {
  enum class State : std::uint8_t { kOpen, kConfirmed, kNothingToDo };
  ReceiptId receipt;  // of the call
  State state = State::kOpen;
  Cleanup cleanup = Cleanup::kNeedsRecovery;
  std::string tool;
  std::string subject;
  std::string on_behalf_of;  // empty: nobody
  std::string outcome;       // of the call, with its code
  std::string code;
  Timestamp ended_at;
  std::string log_id;  // of the journal that it stands in: a consent for another incarnation of it does not count
  std::string action;  // for people alone: no code does anything with it but show it

  // What a confirmation dispatches; an empty tool: nothing.
  std::string call_tool;
  json::Value call_input;  // as it is shown: secrets masked
  std::string input;       // JSON as it was proposed; sealed where it has secrets. Empty once it is confirmed
  bool sealed = false;
  std::string digest;  // lower-case hex SHA-256 of the canonical JSON of what is consented to

  // Of the last consent whose call was refused before it began; another must be given later. Epoch: none.
  Timestamp consent_used_at;

  // Once it is confirmed; of an open one `confirmation` is the call that was refused.
  std::string confirmed_by;
  std::string reason;
  Timestamp confirmed_at;
  std::string signature;     // base64url
  std::string confirmation;  // the receipt of what was dispatched; empty: nothing was

  std::string recovery_id() const;  // "rec-<ULID>", the call's own
};
std::string_view name(Recovery::State state);

std::optional<ReceiptId> receipt_of_recovery(std::string_view recovery_id);  // nothing for another form

// What the digest is of: {cleanup_status, log_id, receipt_id, recovery_action, recovery_call, recovery_id}.
// INVALID_INPUT for what has no canonical form.
Result<std::string> recovery_digest(const Recovery& recovery);
// {purpose, recovery_id, call_digest, decision, decided_by, reason, decided_at}: what is signed.
std::string recovery_statement(const Recovery& recovery);
// What surfaces say; members without a value are left out.
json::Object document_of(const Recovery& recovery);
// The entry recovery.confirmed.
std::string encode_confirmed(const Recovery& recovery);

// Nothing when there is none. JOURNAL_DAMAGED for a record that cannot be read.
Result<std::optional<Recovery>> find_recovery(const log::TableReader& tables, const ReceiptId& receipt);
struct RecoveryPage {
  std::vector<Recovery> items;
  std::string next;  // pass as `after`; empty at the end
};
// In the order of their calls, behind `after`; the open ones alone, or all.
Result<RecoveryPage> list_recoveries(const log::TableReader& tables, bool all, std::string_view after,
                                     std::size_t limit);

// Writes it as it is now, and whether it is open.
Status put_recovery(log::Log& log, const Recovery& recovery);

}  // namespace lumenflow::journal
