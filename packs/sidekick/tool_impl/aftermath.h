// What became of a call whose process died between its effect and its record.
#pragma once

#include "lumenflow/pack.h"
#include "sidekick/storage/storage_source.h"

namespace lumenflow::sidekick {

// The audit line carries the receipt, and is written with the change or not at all: where it is, the answer is made of
// the records as they are now; where it is not, nothing happened. What `channel:send` does after its line was written
// nobody can tell.
pack::Aftermath aftermath(StorageSource& source, const pack::StartedCall& call);

}  // namespace lumenflow::sidekick
