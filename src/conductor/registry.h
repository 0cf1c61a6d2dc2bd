// What a workspace's sidecar says of its tools, kept by the hash of its text. The io thread only.
#pragma once

#include <functional>
#include <string>

#include "conductor/context.h"

namespace lumenflow::conductor {

// Keeps what GET /tools of that workspace answered, unless it is what is kept already; `done` is told when it is
// durable, with the SHA-256 of the text in hex. INVALID_REQUEST when it is no such document.
void keep_registry(Context& context, const std::string& workspace, const std::string& text,
                   std::function<void(const Result<std::string>&)> done);

}  // namespace lumenflow::conductor
