#include "pack/enforced_scopes.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "pack/glob_automaton.h"

namespace lumenflow::pack {
namespace {

constexpr std::size_t kPartsMax = 256;  // of one scope, after braces are taken apart and layers applied

bool is_literal(std::string_view pattern) { return pattern.find_first_of("*?[]{}") == std::string_view::npos; }

bool is_folder(std::string_view pattern) { return pattern.ends_with("/**") || pattern == "**"; }

bool is_mountable(std::string_view pattern) {
  if (pattern == "**") return true;
  return is_literal(pattern.ends_with("/**") ? pattern.substr(0, pattern.size() - 3) : pattern);
}

// "src/" of "src/**", "" of "**".
std::string_view folder_of(std::string_view pattern) { return pattern.substr(0, pattern.size() - 2); }

// The alternatives of a pattern; the pattern itself where braces and brackets meet, or they are too many.
std::vector<std::string> alternatives(const std::string& pattern) {
  if (pattern.find('[') != std::string::npos) return {pattern};
  std::vector<std::string> done, open{pattern};
  while (!open.empty()) {
    const std::string text = std::move(open.back());
    open.pop_back();
    const std::size_t close = text.find('}');
    const std::size_t begin = close == std::string::npos ? close : text.rfind('{', close);
    if (begin == std::string::npos) {
      done.push_back(text);
    } else {
      for (std::size_t at = begin + 1; at <= close;) {
        const std::size_t end = std::min(text.find(',', at), close);
        open.push_back(text.substr(0, begin) + text.substr(at, end - at) + text.substr(close + 1));
        at = end + 1;
      }
    }
    if (done.size() + open.size() > kPartsMax) return {pattern};
  }
  return done;
}

// A conjunction on its way through the layers.
struct Part {
  std::string mount;  // empty: none yet
  std::vector<Glob> globs;
};

// What two mountable patterns have in common: one of them, or nothing.
std::optional<std::string> common(const std::string& a, const std::string& b) {
  if (is_folder(a) && b.starts_with(folder_of(a)) && b != folder_of(a)) return b;
  if (is_folder(b) && a.starts_with(folder_of(b)) && a != folder_of(b)) return a;
  if (a == b) return a;
  return std::nullopt;
}

bool start_apart(std::string_view a, std::string_view b) {
  const std::size_t length = std::min(a.size(), b.size());
  return a.substr(0, length) != b.substr(0, length);
}

// What is left of a part under one more pattern; nothing when that is known to be no path.
std::optional<Part> narrowed(Part part, const std::string& pattern) {
  Result<Glob> glob = Glob::compile(pattern);
  if (!glob.ok()) return std::nullopt;
  std::string written = glob->pattern();
  if (written.starts_with("./")) written = written.substr(2);
  if (is_mountable(written)) {
    if (part.mount.empty())
      part.mount = std::move(written);
    else if (std::optional<std::string> both = common(part.mount, written))
      part.mount = *std::move(both);
    else
      return std::nullopt;
  } else {
    part.globs.push_back(*std::move(glob));
  }
  std::vector<Glob> left;
  for (Glob& other : part.globs) {
    if (!part.mount.empty() && !is_folder(part.mount)) {
      if (!other.matches(part.mount)) return std::nullopt;
      continue;  // it is one file, and this glob has it
    }
    if (!part.mount.empty() && start_apart(folder_of(part.mount), other.automaton().literal_head)) return std::nullopt;
    if (!other.automaton().universal) left.push_back(std::move(other));
  }
  part.globs = std::move(left);
  return part;
}

std::vector<Part> through_layer(const std::vector<Part>& parts, const ScopeLayer& layer, Access access) {
  std::vector<Part> out;
  for (const Scope& scope : layer.scopes) {
    if (scope.type != Scope::Type::kPath || scope.access != access || !scope.pattern) continue;
    for (const std::string& pattern : alternatives(scope.pattern->pattern()))
      for (const Part& part : parts) {
        if (out.size() >= kPartsMax) return out;
        if (std::optional<Part> left = narrowed(part, pattern)) out.push_back(*std::move(left));
      }
  }
  return out;
}

// The literal folder that all paths of the globs are in: the longest of their heads up to its last '/'.
std::string literal_folder(const Part& part) {
  std::string folder;
  if (!part.mount.empty()) folder = folder_of(part.mount);
  for (const Glob& glob : part.globs) {
    const std::string& head = glob.automaton().literal_head;
    const std::size_t end = head.rfind('/');
    if (end != std::string::npos && end + 1 > folder.size()) folder = head.substr(0, end + 1);
  }
  if (folder.ends_with('/')) folder.pop_back();
  return folder;
}

void enforce_path(const Scope& required, const std::vector<ScopeLayer>& layers, EnforcedScopes& out) {
  if (!required.pattern) return;
  std::vector<Part> parts;
  for (const std::string& pattern : alternatives(required.pattern->pattern()))
    if (std::optional<Part> part = narrowed({}, pattern)) parts.push_back(*std::move(part));
  for (const ScopeLayer& layer : layers) parts = through_layer(parts, layer, required.access);
  bool globbed = false;
  const auto describe = [&](const std::string& pattern) {
    out.description.push_back(json::Object{
        {"type", "path"}, {"pattern", pattern}, {"access", required.access == Access::kWrite ? "write" : "read"}});
  };
  for (Part& part : parts) {
    if (part.globs.empty() && !part.mount.empty()) {
      const auto same = [&](const MountScope& other) {
        return other.pattern == part.mount && other.access == required.access;
      };
      if (is_kernel_state(part.mount) || std::ranges::any_of(out.mounts, same)) continue;
      describe(part.mount);
      out.mounts.push_back({std::move(part.mount), required.access});
      continue;
    }
    const std::string folder = literal_folder(part);
    if (!part.mount.empty() && part.mount != "**")
      if (Result<Glob> glob = Glob::compile(part.mount); glob.ok()) part.globs.push_back(*std::move(glob));
    out.globs.push_back({folder, std::move(part.globs), required.access, required.pattern->pattern()});
    globbed = true;
  }
  if (globbed) describe(required.pattern->pattern());
}

}  // namespace

EnforcedScopes enforce_scopes(const std::vector<Scope>& required, const std::vector<ScopeLayer>& layers) {
  EnforcedScopes out;
  out.network.type = Scope::Type::kNetwork;
  Scope asked = out.network;
  for (const Scope& scope : required) {
    if (scope.type == Scope::Type::kPath) {
      enforce_path(scope, layers, out);
      continue;
    }
    asked.posture = std::max(asked.posture, scope.posture);
    asked.allowlist.insert(asked.allowlist.end(), scope.allowlist.begin(), scope.allowlist.end());
  }
  out.network = effective_network(asked, layers);
  if (out.network.posture != NetworkPosture::kOff) {
    json::Object network{{"type", "network"},
                         {"posture", out.network.posture == NetworkPosture::kFull ? "full" : "allowlist"}};
    if (out.network.posture == NetworkPosture::kAllowlist) {
      json::Array entries;
      for (const std::string& entry : out.network.allowlist) entries.emplace_back(entry);
      network.set("allowlist_entries", std::move(entries));
    }
    out.description.push_back(std::move(network));
  }
  return out;
}

bool holds(const GlobScope& scope, std::string_view path) {
  return !is_kernel_state(path) && std::ranges::all_of(scope.globs, [&](const Glob& glob) {
    return glob.automaton().universal || glob.matches(path);
  });
}

bool is_kernel_state(std::string_view path) { return glob::is_protected_path(path); }

}  // namespace lumenflow::pack
