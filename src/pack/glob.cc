#include <algorithm>

#include "pack/glob_automaton.h"
#include "pack/glob_product.h"
#include "pack/scope.h"

namespace lumenflow::pack {
namespace {

using glob::Item;

// What stands before the first '/' that is written, folders of any name (`**/`) skipped.
glob::Sequence first_segment(const glob::Sequence& sequence) {
  const auto is_separator = [](const Item& item) {
    return item.kind == Item::Kind::kOne && glob::contains(item.set, '/');
  };
  auto from = sequence.begin();
  while (from != sequence.end() && from->kind == Item::Kind::kFolders) ++from;
  return {from, std::find_if(from, sequence.end(), is_separator)};
}

// Whether it holds characters of its own, but for the dot that such folders begin with.
bool says_something(const glob::Sequence& segment) {
  const auto is_own = [&](const Item& item) {
    const bool is_dot =
        &item == &segment.front() && item.set.size() == 1 && item.set[0].first == '.' && item.set[0].last == '.';
    return item.kind == Item::Kind::kOne && !is_dot;
  };
  return std::any_of(segment.begin(), segment.end(), is_own);
}

}  // namespace

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

bool names_kernel_state(std::string_view pattern) {
  const Result<std::vector<glob::Sequence>> alternatives = glob::parse(pattern);
  if (!alternatives.ok()) return false;
  return std::any_of(alternatives->begin(), alternatives->end(), [](const glob::Sequence& sequence) {
    const glob::Sequence segment = first_segment(sequence);
    if (segment.empty() || !says_something(segment)) return false;
    const Result<Glob::Automaton> automaton = glob::build_automaton({segment});
    return automaton.ok() && automaton->wary;
  });
}

bool intersection_nonempty(const std::vector<const Glob*>& globs) {
  if (globs.empty()) return false;
  std::vector<const Glob::Automaton*> parts;
  for (const Glob* one : globs) parts.push_back(&one->automaton());
  std::size_t budget = glob::kProductStatesMax;
  return glob::common_path(parts, budget).has_value();
}

}  // namespace lumenflow::pack
