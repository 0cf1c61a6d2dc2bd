// Operators' accounts and the tickets that admins hand out, as records: what the routes and the command line share.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/time.h"
#include "conductor/principal.h"
#include "conductor/records.h"

namespace lumenflow::conductor {

inline constexpr std::chrono::minutes kTicketLife{10};

// An operator's record, with the passphrase as base/passphrase.h keeps it, which takes its time.
// INVALID_INPUT for a name that is not ^[a-z0-9][a-z0-9-]{0,62}$ or a passphrase that is too short.
Result<RecordChange> operator_record(std::string_view name, std::string_view passphrase, Role role, Timestamp now);
// Whether the passphrase is that of the record; the same time for an empty one.
bool passphrase_holds(std::string_view operator_record_value, std::string_view passphrase);

struct Ticket {
  std::string code;  // XXXXX-XXXXX, 50 bits; said once, never kept
  RecordChange record;
  Timestamp expires_at;
};
// `kind` is workspace or device. An empty workspace: any that is not there yet.
Ticket make_ticket(std::string_view kind, std::string_view workspace, std::string_view by, Timestamp now,
                   Random& random);
// How a ticket is found: whatever case and dashes it is typed with.
std::string ticket_key(std::string_view code);

}  // namespace lumenflow::conductor
