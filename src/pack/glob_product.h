// Whether automata have a path in common: breadth-first search over their product, built as far as it is needed.
//
// Private to the scope library. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "pack/scope.h"

namespace lumenflow::pack::glob {

// States of a product that one decision may find: some hundred times what long real patterns need, and some tens of
// milliseconds. Beyond it a decision is a refusal.
inline constexpr std::size_t kProductStatesMax = 1u << 16;

// A shortest path that all accept; nothing when there is none, or when `budget`, which counts down by the states found,
// has become 0. `parts` is not empty; it is fastest when the first is the narrowest.
std::optional<std::string> common_path(const std::vector<const Glob::Automaton*>& parts, std::size_t& budget);

}  // namespace lumenflow::pack::glob
