// C9: what was written outside the declared scopes while the other checks ran.
#include "conformance/run.h"

namespace lumenflow::conformance {

Status check_writes(Run& run) {
  if (run.outside.empty()) run.begin("C9", "");
  for (const auto& [by, paths] : run.outside) {
    std::vector<std::string> allowed;
    for (const pack::Scope& scope : run.write_scopes)
      if (scope.type == pack::Scope::Type::kPath && scope.access == pack::Access::kWrite)
        allowed.push_back(scope.pattern->pattern());
    std::string scopes;
    for (const std::string& pattern : allowed) scopes += (scopes.empty() ? "" : ", ") + pattern;
    run.begin("C9", by).fail(
        "it wrote outside of the write scopes", paths,
        "write below what is declared (" + (scopes.empty() ? "nothing is" : scopes) + "), or declare a scope for it");
  }
  return {};
}

}  // namespace lumenflow::conformance
