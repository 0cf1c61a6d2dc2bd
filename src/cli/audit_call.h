// One call as the journal holds it: `lumenflow audit show RECEIPT`, and what other commands say of it.
#pragma once

#include <string>

#include "cli/commands.h"
#include "cli/session.h"

namespace lumenflow::cli {

int show_recorded_call(Context& context, const AuditFlags& flags);

// Waits for the end of a call that somebody's decision lets run, however long it takes, and says on stderr what became
// of it, and on stdout what it answered: 0 for a success and for a call that waits for an approval of its own, else the
// exit code of what it ended with. `call`, if asked for: the recorded call, for --json, instead of the words.
int await_recorded_call(const Context& context, Session& session, const std::string& receipt, json::Value* call);

}  // namespace lumenflow::cli
