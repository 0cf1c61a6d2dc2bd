// Credentials that were written out where a reference belongs. Guessing, but only from what is hard to mistake: the
// name of the key, or a shape that providers give to their tokens. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "lumenflow/json.h"
#include "pack/diagnostic.h"

namespace lumenflow::pack {

struct SecretLiteral {
  std::string pointer;
  std::string value;
};

// Every string that looks like a secret; references (`env:NAME`, `file:PATH`, `keyring:NAME`) do not.
std::vector<SecretLiteral> find_secrets(const json::Value& root);

// The same for files that could not be read: in the lines that diagnostics quote.
std::vector<SecretLiteral> find_secrets(const Diagnostics& diagnostics);

// The same diagnostics with every secret masked, in messages and snippets alike.
Diagnostics without_secrets(const Diagnostics& diagnostics, const std::vector<SecretLiteral>& secrets);

}  // namespace lumenflow::pack
