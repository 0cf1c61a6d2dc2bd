// Path and network scopes, and their conjunction over layers: a path is allowed if and only if every layer allows it.
//
// Globs are relative to the workspace: `*` within a segment, `**` any depth including dot-folders, `?`, `{a,b}`, `[...]`.
// They are compiled to automata, so that emptiness of an intersection is decided and not guessed. Immutable and thread
// safe once compiled.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/json.h"

namespace lumenflow::pack {

enum class Access : std::uint8_t { kRead, kWrite };
enum class NetworkPosture : std::uint8_t { kOff, kAllowlist, kFull };

class Glob {
 public:
  // INVALID_INPUT with the offset of what is malformed. `..` segments, NUL, absolute and empty patterns are refused.
  static Result<Glob> compile(std::string_view pattern);
  bool matches(std::string_view path) const;
  const std::string& pattern() const { return pattern_; }

  struct Automaton;
  const Automaton& automaton() const { return *automaton_; }

 private:
  std::string pattern_;
  std::shared_ptr<const Automaton> automaton_;  // shared: globs are copied into layers
};

struct Scope {
  enum class Type : std::uint8_t { kPath, kNetwork } type = Type::kPath;
  std::optional<Glob> pattern;  // path scopes
  Access access = Access::kRead;
  NetworkPosture posture = NetworkPosture::kOff;
  std::vector<std::string> allowlist;  // host, host:port, CIDR
  json::Value raw;                     // as written
};

// One layer: what it grants. `.lumenflow/` is granted by none, whatever is written.
struct ScopeLayer {
  std::string name;  // "workspace", "lane:<id>", "task:<id>", "tool"
  std::vector<Scope> scopes;
};

struct ScopeVerdict {
  bool granted = false;
  std::string layer;   // which one refused
  std::string scope;   // the required scope it refused, as text
};

// Whether each of `required` keeps some path (or host) under every layer: each, not just one.
ScopeVerdict check_scopes(const std::vector<Scope>& required, const std::vector<ScopeLayer>& layers);

// Whether this one path may be accessed under every layer.
bool path_allowed(std::string_view path, Access access, const std::vector<ScopeLayer>& layers);

// Whether some path matches all of them; decided on the product automaton.
bool intersection_nonempty(const std::vector<const Glob*>& globs);

// Parses `{type: path, pattern, access}` or `{type: network, posture, allowlist_entries}`. INVALID_INPUT.
Result<Scope> parse_scope(const json::Value& value);
std::string to_string(const Scope& scope);

}  // namespace lumenflow::pack
