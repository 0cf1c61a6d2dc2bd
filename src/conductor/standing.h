// Until when nothing counts that a subject did, made or was given: up to its revocation, or that of its workspace, or
// to when its account was made anew. Tokens, tickets, devices, commands and subscriptions are all held against it, so
// what is revoked ends together, also when its id is given out again.
//
// Reads records; thread safe as those are.
#pragma once

#include <string_view>

#include "base/time.h"
#include "conductor/records.h"

namespace lumenflow::conductor {

// `subject` is operator:ana, ws-42, ws-42:phone:pixel-8 or ws-42:conductor; what was at that time or before counts for
// nothing. 0 where nothing was ever revoked; of an operator who has no account, the end of all times. Others (the
// machine's own user) are not revoked.
Result<Timestamp> void_until(const Records& records, std::string_view subject);

// TOKEN_REVOKED naming the subject when what is of `since` does not count.
Status check_standing(const Records& records, std::string_view subject, Timestamp since);

// TOKEN_REVOKED for a device that was revoked, or was there when its workspace was: it is pinned no more.
Status check_device(const Records& records, const Record& device);

// When a record's member says that it was made (RFC 3339); 0 when it does not.
Timestamp made_at(const Record& record, std::string_view member);

}  // namespace lumenflow::conductor
