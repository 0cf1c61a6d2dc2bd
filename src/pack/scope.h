// Path and network scopes, and their conjunction over layers: a path is allowed if and only if every layer allows it.
//
// Globs are relative to the workspace: `*` within a segment, `**` any depth including dot-folders, `?`, `{a,b}`,
// `[...]`,
// `[!...]` (SCOPES.md has the details). They are compiled to automata, so that emptiness of an intersection is decided
// and not guessed. Immutable and thread safe once compiled.
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
  // INVALID_INPUT with the offset of what is malformed. `..` segments, NUL, absolute and empty patterns are refused,
  // and those that no path matches or whose automaton would be too large.
  static Result<Glob> compile(std::string_view pattern);
  // In time linear in the path. False for what is no normal path, whatever the pattern: see normal_path.
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

// One layer: what it grants, so one without scopes grants nothing; leave out a layer that restricts nothing. Write does
// not imply read. `.lumenflow/` is granted by none, whatever is written.
struct ScopeLayer {
  std::string name;  // "workspace", "lane:<id>", "task:<id>", "tool"
  std::vector<Scope> scopes;
};

struct ScopeVerdict {
  bool granted = false;
  std::string layer;         // which one refused; "kernel" for what no layer could grant (`.lumenflow/`)
  std::string scope;         // the required scope it refused, as text
  bool too_complex = false;  // refused because the decision went over its bound, not because it is known to be empty
};

// Whether each of `required` keeps some path (or host) under all layers at once: each, not just one. A network scope
// with posture off requires nothing; one with posture full is content with what the layers leave of it.
ScopeVerdict check_scopes(const std::vector<Scope>& required, const std::vector<ScopeLayer>& layers);

// Whether this one path may be accessed under every layer. The path is made normal first.
bool path_allowed(std::string_view path, Access access, const std::vector<ScopeLayer>& layers);

// Whether a connection to a host (name or address; names are not resolved) and port may be made under every layer.
bool network_allowed(std::string_view host, std::uint16_t port, const std::vector<ScopeLayer>& layers);

// The least of the postures and, where that is an allowlist, the intersection of the lists: what a sandbox enforces.
Scope effective_network(const Scope& required, const std::vector<ScopeLayer>& layers);

// The path without `.` segments and doubled or trailing '/'. Nothing for one that is empty, absolute, longer than 4096
// bytes, not UTF-8, or has a NUL or a `..` segment.
std::optional<std::string> normal_path(std::string_view path);

// Whether some path matches all of them; decided on the product automaton. False when that is over its bound, and for
// no globs at all.
bool intersection_nonempty(const std::vector<const Glob*>& globs);

// Whether the pattern names what is in `.lumenflow/`, in whatever disguise: some alternative's first segment matches
// that folder's name, and says more than "any" (`*`, `**`) or "any dot-folder" (`.*`) by it. False for a malformed one.
bool names_kernel_state(std::string_view pattern);

// Parses `{type: path, pattern, access}` or `{type: network, posture, allowlist_entries}`, strictly. INVALID_INPUT with
// the pointer of each fault.
Result<Scope> parse_scope(const json::Value& value);
// What is wrong with one entry of an allowlist that is to keep a pack from the rest of the network: no host, host:port
// or CIDR block, or a block of all addresses. Empty when nothing is. Says nothing of `scopes` of a layer, which may be
// as wide as its owner likes.
std::string allowlist_entry_fault(std::string_view entry);
std::string to_string(const Scope& scope);  // "read docs/**", "network allowlist api.example.com"

}  // namespace lumenflow::pack
