// The deterministic automaton of a glob over code points; its language holds normal workspace paths only.
//
// Private to the scope library. Immutable once built, so it may be shared between threads.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pack/glob_pattern.h"
#include "pack/scope.h"

namespace lumenflow::pack {

// Normal: relative, no NUL, no empty, `.` or `..` segment, valid UTF-8. Any state but kDead can reach acceptance.
struct Glob::Automaton {
  using State = std::uint16_t;
  using Class = std::uint16_t;  // of code points that no state tells apart
  static constexpr State kDead = 0;

  std::vector<char32_t> bounds;    // where a class begins; ascending, the first is 0
  std::vector<Class> bound_class;  // the class from there on
  std::array<Class, 128> ascii_class{};
  std::vector<State> next;  // [state * classes + class]
  std::vector<std::uint8_t> accepting;
  std::size_t classes = 0;
  State start = kDead;
  bool universal = false;    // all normal paths
  bool wary = true;          // has paths in `.lumenflow/`, so that a search must keep out of there
  std::string literal_head;  // what all its paths start with
  std::string sample;        // a shortest path outside `.lumenflow/`; empty when there is none

  Class class_of(char32_t c) const;
  State step(State state, Class to) const { return next[state * classes + to]; }
  bool matches(std::string_view path) const;
};

namespace glob {

inline constexpr std::size_t kStatesMax = 4096;
inline constexpr std::size_t kCellsMax = 1u << 19;  // states times classes, while building
inline constexpr std::size_t kWorkMax = 1u << 24;   // item steps, while building

// INVALID_INPUT when the pattern needs more than these, or matches no path at all.
Result<Glob::Automaton> build_automaton(const std::vector<Sequence>& alternatives);

// The paths that scopes may speak of: all normal ones but `.lumenflow` and what is below it, in any letter case.
const Glob::Automaton& open_paths();
const Glob::Automaton& protected_paths();  // the others
bool is_protected_path(std::string_view normal_path);

}  // namespace glob
}  // namespace lumenflow::pack
