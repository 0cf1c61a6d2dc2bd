// Three lines: two globs and a path. Whatever they are, compiling ends, matching is linear, and emptiness is sound.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "pack/scope.h"

namespace {

using lumenflow::pack::Access;
using lumenflow::pack::Glob;
using lumenflow::pack::Scope;
using lumenflow::pack::ScopeLayer;

std::string_view line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view out = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto first = Glob::compile(line(text)), second = Glob::compile(line(text));
  const std::string_view path = line(text);
  const auto normal = lumenflow::pack::normal_path(path);
  if (!first.ok() || !second.ok()) return 0;

  const bool in_first = first->matches(path), in_second = second->matches(path);
  if (in_first || in_second) LUMENFLOW_CHECK(normal == path);
  Scope required, granted;
  required.pattern = *first;
  granted.pattern = *second;
  const std::vector<ScopeLayer> layers{{"layer", {granted}}};
  const auto verdict = check_scopes({required}, layers);
  const bool allowed = path_allowed(path, Access::kRead, layers);
  if (verdict.granted) LUMENFLOW_CHECK(lumenflow::pack::intersection_nonempty({&*first, &*second}));
  if (allowed) LUMENFLOW_CHECK(normal && second->matches(*normal));
  if (in_first && allowed && !verdict.too_complex) LUMENFLOW_CHECK(verdict.granted);
  return 0;
}
