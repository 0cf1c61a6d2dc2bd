#include "pack/scope.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/network.h"
#include "pack/glob_automaton.h"
#include "pack/glob_product.h"

namespace lumenflow::pack {
namespace {

constexpr std::size_t kPathBytesMax = 4096;
constexpr std::string_view kKernelLayer = "kernel";

bool grants_paths(const Scope& scope, Access access) {
  return scope.type == Scope::Type::kPath && scope.access == access && scope.pattern.has_value();
}

bool grants_everything(const ScopeLayer& layer, Access access) {
  return std::any_of(layer.scopes.begin(), layer.scopes.end(), [&](const Scope& scope) {
    return grants_paths(scope, access) && scope.pattern->automaton().universal;
  });
}

bool layer_allows(const ScopeLayer& layer, std::string_view path, Access access) {  // of a normal path
  return std::any_of(layer.scopes.begin(), layer.scopes.end(), [&](const Scope& scope) {
    return grants_paths(scope, access) && (scope.pattern->automaton().universal || scope.pattern->matches(path));
  });
}

bool all_allow(const std::vector<ScopeLayer>& layers, std::string_view path, Access access) {
  return std::all_of(layers.begin(), layers.end(),
                     [&](const ScopeLayer& layer) { return layer_allows(layer, path, access); });
}

// Whether the paths of the two start apart; cheap, and it decides most pairs that have nothing in common.
bool start_apart(const Glob::Automaton& a, const Glob::Automaton& b) {
  const std::size_t common = std::min(a.literal_head.size(), b.literal_head.size());
  return a.literal_head.compare(0, common, b.literal_head, 0, common) != 0;
}

// Looks for one path through all layers: a layer allows what any of its globs matches, so the search takes one glob of
// each layer in turn and goes on only while they still have a path in common.
class PathSearch {
 public:
  PathSearch(const Scope& required, const std::vector<ScopeLayer>& layers) : access_(required.access), layers_(layers) {
    parts_ = {&required.pattern->automaton()};
    if (parts_[0]->wary) parts_.push_back(&glob::open_paths());
  }

  bool run() { return through(0); }
  std::size_t refusing_layer() const { return deepest_; }
  bool too_complex() const { return budget_ == 0; }

 private:
  bool through(std::size_t depth) {
    while (depth < layers_.size() && grants_everything(layers_[depth], access_)) ++depth;
    if (depth == layers_.size()) return true;
    deepest_ = std::max(deepest_, depth);
    for (const Scope& scope : layers_[depth].scopes) {
      if (!grants_paths(scope, access_) || start_apart(*parts_[0], scope.pattern->automaton())) continue;
      parts_.push_back(&scope.pattern->automaton());
      if (glob::common_path(parts_, budget_) && through(depth + 1)) return true;
      parts_.pop_back();
      if (budget_ == 0) return false;
    }
    return false;
  }

  Access access_;
  const std::vector<ScopeLayer>& layers_;
  std::vector<const Glob::Automaton*> parts_;
  std::size_t deepest_ = 0;
  std::size_t budget_ = glob::kProductStatesMax;
};

ScopeVerdict check_path(const Scope& required, const std::vector<ScopeLayer>& layers) {
  if (!required.pattern || required.pattern->automaton().sample.empty())
    return {false, std::string(kKernelLayer), to_string(required), false};
  if (all_allow(layers, required.pattern->automaton().sample, required.access)) return {true, "", "", false};
  PathSearch search(required, layers);
  if (search.run()) return {true, "", "", false};
  return {false, layers[search.refusing_layer()].name, to_string(required), search.too_complex()};
}

struct Network {
  NetworkPosture posture = NetworkPosture::kOff;
  std::vector<network::Entry> entries;  // of an allowlist
};

void add(const Scope& scope, Network& to) {
  if (scope.type != Scope::Type::kNetwork) return;
  to.posture = std::max(to.posture, scope.posture);
  if (scope.posture != NetworkPosture::kAllowlist) return;
  for (const std::string& text : scope.allowlist)
    if (auto entry = network::parse_entry(text)) to.entries.push_back(*std::move(entry));
}

// What a layer grants: the widest of its scopes, lists joined.
Network network_of(const ScopeLayer& layer) {
  Network out;
  for (const Scope& scope : layer.scopes) add(scope, out);
  return out;
}

void narrow(Network& network, const Network& by) {
  if (by.posture == NetworkPosture::kFull || network.posture == NetworkPosture::kOff) return;
  if (by.posture == NetworkPosture::kAllowlist)
    network.entries =
        network.posture == NetworkPosture::kFull ? by.entries : network::intersect(network.entries, by.entries);
  network.posture = by.posture;
}

bool is_empty(const Network& network) {
  return network.posture == NetworkPosture::kOff ||
         (network.posture == NetworkPosture::kAllowlist && network.entries.empty());
}

ScopeVerdict check_network(const Scope& required, const std::vector<ScopeLayer>& layers) {
  if (required.posture == NetworkPosture::kOff) return {true, "", "", false};
  Network left;
  add(required, left);
  if (is_empty(left)) return {false, std::string(kKernelLayer), to_string(required), false};
  for (const ScopeLayer& layer : layers) {
    narrow(left, network_of(layer));
    if (is_empty(left)) return {false, layer.name, to_string(required), false};
  }
  return {true, "", "", false};
}

}  // namespace

ScopeVerdict check_scopes(const std::vector<Scope>& required, const std::vector<ScopeLayer>& layers) {
  for (const Scope& scope : required) {
    ScopeVerdict verdict = scope.type == Scope::Type::kPath ? check_path(scope, layers) : check_network(scope, layers);
    if (!verdict.granted) return verdict;
  }
  return {true, "", "", false};
}

bool path_allowed(std::string_view path, Access access, const std::vector<ScopeLayer>& layers) {
  const std::optional<std::string> normal = normal_path(path);
  if (!normal || glob::is_protected_path(*normal)) return false;
  return all_allow(layers, *normal, access);
}

bool network_allowed(std::string_view host, std::uint16_t port, const std::vector<ScopeLayer>& layers) {
  std::optional<network::Entry> wanted = network::parse_entry(host);
  if (!wanted || wanted->port != 0 || wanted->prefix_bits != 128 || port == 0) return false;
  wanted->port = port;
  return std::all_of(layers.begin(), layers.end(), [&](const ScopeLayer& layer) {
    const Network granted = network_of(layer);
    if (granted.posture == NetworkPosture::kFull) return true;
    return std::any_of(granted.entries.begin(), granted.entries.end(),
                       [&](const network::Entry& entry) { return network::intersect(*wanted, entry).has_value(); });
  });
}

Scope effective_network(const Scope& required, const std::vector<ScopeLayer>& layers) {
  Network left;
  add(required, left);
  for (const ScopeLayer& layer : layers) narrow(left, network_of(layer));
  Scope out;
  out.type = Scope::Type::kNetwork;
  out.posture = is_empty(left) ? NetworkPosture::kOff : left.posture;
  if (out.posture == NetworkPosture::kAllowlist)
    for (const network::Entry& entry : left.entries) out.allowlist.push_back(network::to_string(entry));
  return out;
}

std::optional<std::string> normal_path(std::string_view path) {
  if (path.empty() || path.size() > kPathBytesMax || path[0] == '/' || path.find('\0') != std::string_view::npos ||
      !is_valid_utf8(path))
    return std::nullopt;
  std::string out;
  out.reserve(path.size());
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view segment = path.substr(at, end - at);
    at = end + 1;
    if (segment == "..") return std::nullopt;
    if (segment.empty() || segment == ".") continue;
    if (!out.empty()) out += '/';
    out += segment;
  }
  if (out.empty()) return std::nullopt;
  return out;
}

}  // namespace lumenflow::pack
