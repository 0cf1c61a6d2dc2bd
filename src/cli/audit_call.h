// One call as the journal holds it: `lumenflow audit show RECEIPT`, and what other commands say of it.
#pragma once

#include <string>

#include "cli/commands.h"
#include "cli/session.h"

namespace lumenflow::cli {

int show_recorded_call(Context& context, const AuditFlags& flags);

// What the call of this receipt was told, where it was refused before it began; empty: it was not.
std::string refusal_of_recorded(Session& session, const std::string& receipt);

}  // namespace lumenflow::cli
