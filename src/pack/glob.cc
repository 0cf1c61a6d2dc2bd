#include "pack/glob_automaton.h"
#include "pack/glob_product.h"
#include "pack/scope.h"

namespace lumenflow::pack {

Result<Glob> Glob::compile(std::string_view pattern) {
  LUMENFLOW_TRY_ASSIGN(const std::vector<glob::Sequence> alternatives, glob::parse(pattern));
  Result<Automaton> automaton = glob::build_automaton(alternatives);
  if (!automaton.ok()) return std::move(automaton).error().with_context("glob '" + std::string(pattern) + "'");
  Glob out;
  out.pattern_ = pattern;
  out.automaton_ = std::make_shared<const Automaton>(*std::move(automaton));
  return out;
}

bool Glob::matches(std::string_view path) const { return automaton_->matches(path); }

bool intersection_nonempty(const std::vector<const Glob*>& globs) {
  if (globs.empty()) return false;
  std::vector<const Glob::Automaton*> parts;
  for (const Glob* one : globs) parts.push_back(&one->automaton());
  std::size_t budget = glob::kProductStatesMax;
  return glob::common_path(parts, budget).has_value();
}

}  // namespace lumenflow::pack
