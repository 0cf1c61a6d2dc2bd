// Records whose time is over leave, a few at a time: tickets, sessions, tokens, assertions.
#pragma once

#include "conductor/context.h"

namespace lumenflow::conductor {

void sweep_records(Context& context);

}  // namespace lumenflow::conductor
