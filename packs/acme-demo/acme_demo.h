// The pack's tools and handlers.
#pragma once

#include "lumenflow/pack.h"

namespace acme_demo {

void register_pack(lumenflow::pack::Registration& registration);

}  // namespace acme_demo
