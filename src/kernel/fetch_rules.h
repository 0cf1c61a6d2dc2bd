// What a pack may ask of http/fetch in the operator's name: only what its own section of lumenflow.yaml says. Pure.
#pragma once

#include "lumenflow/fetch.h"
#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::kernel {

// SCOPE_DENIED, naming it, for a variable whose value a header is to carry that `section` does not name under a key
// ending in `_env`, and for a base that it does not have under one ending in `url` or `url_env`.
Status check_named(const pack::HttpRequest& request, const json::Value& section);

}  // namespace lumenflow::kernel
