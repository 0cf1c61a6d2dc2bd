// Text that looks like a credential, wherever it stands: tokens of known providers, web tokens, private keys, what
// follows `Bearer` or `Basic`, passwords in URLs, and `DB_PASSWORD=…` as an environment is printed. Pure functions;
// thread safe because stateless.
//
// A shape is no proof: a secret that looks like nothing in particular is not found, and must be declared (`writeOnly`)
// or be referred to. What is found lies inside one JSON string where the text is JSON, so that replacing it by letters
// leaves JSON.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lumenflow {

struct SecretSpan {
  std::size_t at = 0;
  std::size_t size = 0;
};

enum class SecretSearch {
  kShapes,       // as above: what is meant to be data
  kAssignments,  // also `password=…` and `"api_key": "…"`: what is meant for people
};

// In order, apart from each other. A text without any costs one pass over it.
std::vector<SecretSpan> find_secrets_in(std::string_view text, SecretSearch search);

// The text with each of them replaced by what `instead` makes of it; nothing when there is none.
std::optional<std::string> replace_secrets(std::string_view text, SecretSearch search,
                                           const std::function<std::string(std::string_view secret)>& instead);

// Whether a member's value is a signature (`signature`, 64 bytes) or a key's digest (`thumbprint`, 32) in base64url by
// its name and length: chance alone makes it look like a credential, and proofs need it as it is. find_secrets_in()
// passes over these where it sees the name.
bool is_random_by_nature(std::string_view name, std::string_view value);

// Whether a key's name says that its value is a secret: `password`, `GITHUB_TOKEN`, `api-key`.
bool is_telling_name(std::string_view name);

}  // namespace lumenflow
