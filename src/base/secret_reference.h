// A secret that is named and not written out: `env:NAME`, `file:PATH`, `keyring:NAME`. Resolved each time it is used,
// so that what was exchanged there is what is used next.
//
// Thread safe as far as the environment is: nobody changes that while the program runs. No message holds a value.
#pragma once

#include <string>
#include <string_view>

#include "lumenflow/result.h"

namespace lumenflow {

// Whether the text is one of the three forms; whether anything is there is another question.
bool is_secret_reference(std::string_view text);

// The value: not empty, UTF-8, at most 64 KiB, without the line's end that editors put behind it. `workspace` is the
// real path of the folder that relative paths start from.
//
// NOT_FOUND: no such variable, file or key, or nothing in it. INVALID_CONFIGURATION: the file is not private to its
// owner (who is this user, or root), is no regular file, or lies in the workspace outside `.lumenflow/`, where tools
// may read it; a value of another form; a keyring that cannot be asked. A keyring's NAME is the kernel's key of type
// `user` with the description `lumenflow:NAME`, in this user's keyring or the session's (keyrings(7)).
Result<std::string> resolve_secret(std::string_view reference, const std::string& workspace);

}  // namespace lumenflow
