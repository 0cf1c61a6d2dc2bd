// The automata against plain enumeration and a backtracking matcher that shares no code with them.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "pack/glob_automaton.h"
#include "pack/glob_product.h"
#include "pack/scope.h"

namespace lumenflow::pack {
namespace {

// The oracle: braces multiplied out as text, then matched character by character. ASCII only.
std::vector<std::string> without_braces(const std::string& pattern) {
  const std::size_t close = pattern.find('}');
  if (close == std::string::npos) return {pattern};
  const std::size_t open = pattern.rfind('{', close);  // an innermost pair
  std::vector<std::string> out;
  for (std::size_t at = open + 1;;) {
    const std::size_t end = std::min(pattern.find(',', at), close);
    for (std::string& each :
         without_braces(pattern.substr(0, open) + pattern.substr(at, end - at) + pattern.substr(close + 1)))
      out.push_back(std::move(each));
    if (end == close) return out;
    at = end + 1;
  }
}

bool in_set(std::string_view set, char c) {
  const bool negated = set.starts_with('!');
  if (negated) set.remove_prefix(1);
  bool found = false;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (i + 2 < set.size() && set[i + 1] == '-') {
      found = found || (set[i] <= c && c <= set[i + 2]);
      i += 2;
    } else {
      found = found || set[i] == c;
    }
  }
  return found != negated && c != '/';
}

bool backtrack(std::string_view pattern, std::string_view path) {
  if (pattern.empty()) return path.empty();
  if (pattern == "**") return !path.empty();
  if (pattern.starts_with("**/")) {
    if (backtrack(pattern.substr(3), path)) return true;
    const std::size_t slash = path.find('/');
    return slash != std::string_view::npos && slash > 0 && backtrack(pattern, path.substr(slash + 1));
  }
  if (pattern[0] == '*')
    return backtrack(pattern.substr(1), path) ||
           (!path.empty() && path[0] != '/' && backtrack(pattern, path.substr(1)));
  if (path.empty()) return false;
  if (pattern[0] == '?') return path[0] != '/' && backtrack(pattern.substr(1), path.substr(1));
  if (pattern[0] == '[') {
    const std::size_t end = pattern.find(']', 2);
    return in_set(pattern.substr(1, end - 1), path[0]) && backtrack(pattern.substr(end + 1), path.substr(1));
  }
  return pattern[0] == path[0] && backtrack(pattern.substr(1), path.substr(1));
}

bool oracle(const std::string& pattern, const std::string& path) {
  if (normal_path(path) != path) return false;
  for (const std::string& expanded : without_braces(pattern)) {
    std::string_view each = expanded;
    if (each.starts_with("./")) each.remove_prefix(2);
    if (backtrack(each, path)) return true;
  }
  return false;
}

// Small on purpose: over few letters and short paths, patterns meet often enough for both answers to be frequent.
rc::Gen<std::string> segment() {
  const auto piece = rc::gen::weightedElement<std::string>({{6, "a"},
                                                            {6, "b"},
                                                            {3, "*"},
                                                            {3, "?"},
                                                            {1, "."},
                                                            {1, "[ab]"},
                                                            {1, "[!a]"},
                                                            {1, "[.-a]"},
                                                            {1, "{a,b}"},
                                                            {1, "{a*,?b}"},
                                                            {1, "{,b}"}});
  const auto pieces =
      rc::gen::map(rc::gen::resize(3, rc::gen::container<std::vector<std::string>>(piece)), [](const auto& all) {
        std::string out;
        for (const std::string& each : all) out += each;
        return out.empty() ? std::string("a") : out;
      });
  return rc::gen::weightedOneOf<std::string>({{3, pieces}, {1, rc::gen::just(std::string("**"))}});
}

rc::Gen<std::string> joined(std::size_t segments_max) {
  return rc::gen::exec([=] {
    const auto count = *rc::gen::inRange<std::size_t>(1, segments_max + 1);
    std::string out = *segment();
    for (std::size_t i = 1; i < count; ++i) out += "/" + *segment();
    return out;
  });
}

rc::Gen<std::string> pattern_text() {
  return rc::gen::suchThat(
      rc::gen::weightedOneOf<std::string>(
          {{4, joined(2)}, {1, rc::gen::exec([] { return "{" + *joined(2) + "," + *joined(1) + "}"; })}}),
      [](const std::string& text) { return Glob::compile(text).ok(); });
}

rc::Gen<std::string> path_text() {
  return rc::gen::resize(9, rc::gen::container<std::string>(rc::gen::element('a', 'b', '/', '.')));
}

Glob compiled(const std::string& pattern) { return Glob::compile(pattern).value(); }

// All normal paths over a, b, '.', '/' of up to seven characters.
const std::vector<std::string>& short_paths() {
  static const std::vector<std::string> paths = [] {
    std::vector<std::string> all{""}, out;
    for (std::size_t from = 0, length = 1; length <= 7; ++length) {
      const std::size_t end = all.size();
      for (; from < end; ++from)
        for (const char c : {'a', 'b', '.', '/'}) all.push_back(all[from] + c);
    }
    for (const std::string& path : all)
      if (normal_path(path) == path) out.push_back(path);
    return out;
  }();
  return paths;
}

std::string text(const std::vector<std::string>& patterns) {
  std::string out;
  for (const std::string& each : patterns) out += each + "   ";
  return out;
}

TEST(GlobProperty, MatchesWhatABacktrackingMatcherMatches) {
  EXPECT_TRUE(rc::check([] {
    const std::string pattern = *pattern_text();
    const Glob glob = compiled(pattern);
    for (int i = 0; i < 40; ++i) {
      const std::string path = *path_text();
      RC_ASSERT(glob.matches(path) == oracle(pattern, path));
    }
  }));
}

TEST(GlobProperty, MatchesExactlyTheOraclesLanguageOverShortPaths) {
  EXPECT_TRUE(rc::check([] {
    const std::string pattern = *pattern_text();
    const Glob glob = compiled(pattern);
    for (std::size_t i = 0; i < short_paths().size(); i += 7) {
      const std::string& path = short_paths()[i];
      if (glob.matches(path) != oracle(pattern, path)) RC_FAIL(pattern + " on " + path);
    }
  }));
}

// Emptiness both ways: what is found is a path of all of them (soundness), what enumeration finds is found
// (completeness).
TEST(GlobProperty, EmptinessAgreesWithEnumeration) {
  EXPECT_TRUE(rc::check([] {
    std::vector<std::string> patterns{*pattern_text(), *pattern_text()};
    if (*rc::gen::arbitrary<bool>()) patterns.push_back(*pattern_text());
    std::vector<Glob> globs;
    for (const std::string& each : patterns) globs.push_back(compiled(each));
    std::vector<const Glob*> pointers;
    std::vector<const Glob::Automaton*> parts;
    for (const Glob& each : globs) pointers.push_back(&each), parts.push_back(&each.automaton());

    const auto in_all = [&](const std::string& path) {
      return std::all_of(patterns.begin(), patterns.end(), [&](const auto& each) { return oracle(each, path); });
    };
    std::size_t budget = glob::kProductStatesMax;
    const auto witness = glob::common_path(parts, budget);
    RC_ASSERT(witness.has_value() == intersection_nonempty(pointers));
    if (witness) {
      RC_CLASSIFY(true, "nonempty");
      RC_ASSERT(std::all_of(globs.begin(), globs.end(), [&](const Glob& each) { return each.matches(*witness); }));
      const bool ascii = witness->find_first_not_of("abcdefghijklmnopqrstuvwxyz./!-") == std::string::npos;
      if (ascii && !in_all(*witness)) RC_FAIL(text(patterns) + " do not share " + *witness);
    } else {
      RC_CLASSIFY(true, "empty");
      for (const std::string& path : short_paths())
        if (in_all(path)) RC_FAIL(text(patterns) + " share " + path);
    }
  }));
}

Scope scope_of(const std::string& pattern, Access access) {
  Scope scope;
  scope.pattern = compiled(pattern);
  scope.access = access;
  return scope;
}

rc::Gen<std::vector<ScopeLayer>> layers() {
  return rc::gen::exec([] {
    std::vector<ScopeLayer> out(*rc::gen::inRange<std::size_t>(1, 4));
    for (ScopeLayer& layer : out) {
      layer.name = "layer";
      const auto count = *rc::gen::inRange<std::size_t>(0, 4);
      for (std::size_t i = 0; i < count; ++i)
        layer.scopes.push_back(
            scope_of(*pattern_text(), *rc::gen::element(Access::kRead, Access::kRead, Access::kWrite)));
    }
    return out;
  });
}

bool grants(const ScopeLayer& layer, const std::string& path, Access access) {
  for (const Scope& scope : layer.scopes)
    if (scope.access == access && oracle(scope.pattern->pattern(), path)) return true;
  return false;
}

TEST(ScopeProperty, TheConjunctionNeverGrantsWhatALayerDenies) {
  EXPECT_TRUE(rc::check([] {
    const std::vector<ScopeLayer> given = *layers();
    for (std::size_t i = 0; i < short_paths().size(); i += 13) {
      const std::string& path = short_paths()[i];
      for (const Access access : {Access::kRead, Access::kWrite}) {
        const bool all =
            std::all_of(given.begin(), given.end(), [&](const auto& layer) { return grants(layer, path, access); });
        if (path_allowed(path, access, given) != all) RC_FAIL(path);
      }
    }
  }));
}

TEST(ScopeProperty, ARequiredScopeIsGrantedExactlyWhenSomePathOfItIsAllowed) {
  EXPECT_TRUE(rc::check([] {
    const std::vector<ScopeLayer> given = *layers();
    const std::string pattern = *pattern_text();
    const Scope required = scope_of(pattern, Access::kRead);
    const bool granted = check_scopes({required}, given).granted;
    RC_CLASSIFY(granted, "granted");
    bool found = false;
    for (const std::string& path : short_paths())
      if (required.pattern->matches(path) && path_allowed(path, Access::kRead, given)) found = true;
    if (found) RC_ASSERT(granted);
    // Witnesses of patterns this small are short, or hold a letter outside the enumerated ones ('[!a]').
    if (granted && !found) RC_ASSERT(pattern.find_first_of("?*!-") != std::string::npos);
  }));
}

TEST(ScopeProperty, AnotherLayerNeverGrantsMore) {
  EXPECT_TRUE(rc::check([] {
    std::vector<ScopeLayer> given = *layers();
    const Scope required = scope_of(*pattern_text(), Access::kRead);
    const bool with_all = check_scopes({required}, given).granted;
    given.pop_back();
    if (with_all) RC_ASSERT(check_scopes({required}, given).granted);
  }));
}

}  // namespace
}  // namespace lumenflow::pack
