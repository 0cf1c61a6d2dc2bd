// Calls that wait for an approval: what of them is kept until somebody decides, and the entries that say so.
//
// A record is written in the commit that parks the call and is open until the commit in which the call goes on or ends;
// so whatever is open after a crash still waits, and nothing runs twice. Open records are found by id and by the moment
// they expire; what is decided is found by id. Used on the strand; the free functions read any snapshot.
#pragma once

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

inline constexpr std::string_view kApprovalsTable = "approvals";  // ULID of the call -> record
inline constexpr std::string_view kApprovalExpiryTable =
    "approval_expiry";  // of the open: milliseconds, ULID -> nothing

// What a signature says, as canonical JSON.
struct ApprovalDecision {
  bool approve = false;
  std::string decided_by;  // subject
  std::string reason;
  Timestamp decided_at;
  std::string signature;  // base64url; empty where a rule decided
  std::string key = {};   // RFC 7638 thumbprint of the key that has signed; not part of what is signed
};

struct ParkedCall {
  enum class State : std::uint8_t { kOpen, kApproved, kDenied, kExpired, kCancelled };
  ReceiptId receipt;
  State state = State::kOpen;
  std::vector<ApprovalDecision> decisions;

  // What the digest is of, for whoever decides: {approvals, expires_at, input (redacted), log_id, nonce,
  // pack_integrity, rules, schema_digest, subject, summary?, surfaces, tool}.
  json::Value covered;
  std::string digest;  // lower-case hex SHA-256 of its canonical JSON

  // What the call is made of again.
  Position requested;
  std::string tool;
  std::string subject;
  std::string on_behalf_of;
  std::string token_id;
  std::vector<std::string> scopes;
  std::int64_t surface = 0;  // where it came in
  std::string traceparent;
  std::string input;  // JSON as it came; sealed where the tool's schema has secrets. Empty once it is decided
  bool sealed = false;
  std::string policy;  // as recorded
  // Where it is no call that waits but an event, for the handler of a pack; empty: a call.
  std::string handler_pack, stream;
  Position event;
  std::string session, turn;  // of an agent, in which it was made; empty: none
  std::int64_t approvals_needed = 1;
  Timestamp requested_at;
  Timestamp expires_at;

  std::string approval_id() const;  // "appr-<ULID>", the call's own
};
std::string_view name(ParkedCall::State state);

// {purpose, approval_id, call_digest, decision, decided_by, reason, decided_at}: what is signed.
std::string approval_statement(const ParkedCall& call, const ApprovalDecision& decision);

std::optional<ReceiptId> receipt_of_approval(std::string_view approval_id);  // nothing for another form

// Nothing when there is none. JOURNAL_DAMAGED for a record that cannot be read.
Result<std::optional<ParkedCall>> find_parked(const log::TableReader& tables, const ReceiptId& receipt);
// Those that are open, soonest to expire first, behind that one.
struct OpenApprovals {
  std::vector<ParkedCall> items;
  std::string next;  // pass as `after`; empty at the end
};
Result<OpenApprovals> open_approvals(const log::TableReader& tables, std::string_view after, std::size_t limit);

std::string encode_parked(const ParkedCall& call);                                     // call.parked
std::string encode_decided(const ParkedCall& call, const ApprovalDecision& decision);  // call.decided

class Approvals {
 public:
  explicit Approvals(log::Log& log) : log_(log) {}

  Status load();  // also the way back after a failed commit
  Status park(const ParkedCall& call);
  Status keep(const ParkedCall& call);                      // decided in part
  Status close(ParkedCall& call, ParkedCall::State state);  // forgets its input
  Result<std::optional<ParkedCall>> find(const ReceiptId& receipt) const;

  // When the first of the open ones expires.
  std::optional<Timestamp> next_expiry() const { return next_expiry_; }
  Result<std::vector<ParkedCall>> expired(Timestamp now, std::size_t limit) const;

 private:
  log::Log& log_;
  std::optional<Timestamp> next_expiry_;
};

}  // namespace lumenflow::journal
