#include "pack/glob_automaton.h"

#include <algorithm>
#include <compare>
#include <map>
#include <optional>

#include "pack/glob_product.h"

namespace lumenflow::pack {
namespace glob {
namespace {

using Automaton = Glob::Automaton;

constexpr std::string_view kProtected = ".lumenflow";
constexpr char32_t kLastCodePoint = 0x10ffff;

bool is_path_char(char32_t c) { return c != 0 && (c < 0xd800 || c > 0xdfff); }

// Where in a normal path we are; `..` and the like never get out of kDead.
enum class Place : std::uint8_t { kSegmentStart, kDot, kDotDot, kInside };

std::optional<Place> advance(Place place, char32_t c) {
  if (!is_path_char(c)) return std::nullopt;
  if (c == '/') return place == Place::kInside ? std::optional(Place::kSegmentStart) : std::nullopt;
  if (c != '.' || place == Place::kInside) return Place::kInside;
  return place == Place::kSegmentStart ? Place::kDot : place == Place::kDot ? Place::kDotDot : Place::kInside;
}

// Marks the states from which acceptance can be reached, by going backwards until nothing is added.
std::vector<bool> live_states(const std::vector<std::uint32_t>& next, std::size_t columns, std::vector<bool> live) {
  std::vector<std::vector<std::uint32_t>> from(live.size());
  for (std::size_t i = 0; i < next.size(); ++i) from[next[i]].push_back(static_cast<std::uint32_t>(i / columns));
  std::vector<std::uint32_t> todo;
  for (std::uint32_t state = 0; state < live.size(); ++state)
    if (live[state]) todo.push_back(state);
  while (!todo.empty()) {
    const std::uint32_t state = todo.back();
    todo.pop_back();
    for (const std::uint32_t before : from[state])
      if (!live[before]) live[before] = true, todo.push_back(before);
  }
  return live;
}

// Joins equal columns into classes and drops dead states. State 0 of the input is dead, 1 the start.
Automaton compress(const std::vector<std::uint32_t>& next, const std::vector<bool>& accepting,
                   std::vector<char32_t> bounds) {
  const std::size_t columns = bounds.size();
  const std::vector<bool> live = live_states(next, columns, accepting);
  std::vector<Automaton::State> renamed(live.size(), Automaton::kDead);
  Automaton::State count = 1;
  for (std::size_t state = 1; state < live.size(); ++state)
    if (live[state]) renamed[state] = count++;

  Automaton out;
  std::map<std::vector<Automaton::State>, Automaton::Class> seen;
  std::vector<std::vector<Automaton::State>> kept;
  for (std::size_t column = 0; column < columns; ++column) {
    std::vector<Automaton::State> cells(count, Automaton::kDead);
    for (std::size_t state = 0; state < live.size(); ++state)
      if (live[state]) cells[renamed[state]] = renamed[next[state * columns + column]];
    const auto [at, is_new] = seen.try_emplace(cells, static_cast<Automaton::Class>(seen.size()));
    if (is_new) kept.push_back(std::move(cells));
    if (!out.bound_class.empty() && out.bound_class.back() == at->second) continue;
    out.bounds.push_back(bounds[column]);
    out.bound_class.push_back(at->second);
  }
  out.classes = kept.size();
  out.next.resize(count * out.classes);
  for (std::size_t column = 0; column < kept.size(); ++column)
    for (std::size_t state = 0; state < count; ++state) out.next[state * out.classes + column] = kept[column][state];
  out.accepting.resize(count);
  for (std::size_t state = 0; state < live.size(); ++state)
    if (live[state] && accepting[state]) out.accepting[renamed[state]] = 1;
  out.start = renamed[1];
  for (char32_t c = 0; c < out.ascii_class.size(); ++c) {
    const auto after = std::upper_bound(out.bounds.begin(), out.bounds.end(), c);
    out.ascii_class[c] = out.bound_class[static_cast<std::size_t>(after - out.bounds.begin()) - 1];
  }
  return out;
}

// Breadth first over whatever `step` reaches; `step` gives nothing where acceptance is out of reach.
template <class State, class Step, class Accepts>
Result<Automaton> explore(std::vector<char32_t> bounds, const State& start, const Step& step, const Accepts& accepts) {
  std::sort(bounds.begin(), bounds.end());
  bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
  std::map<State, std::uint32_t> numbers;
  std::vector<const State*> states{nullptr};  // keys of the map, which stay where they are
  const auto number_of = [&](const State& state) {
    const auto [at, is_new] = numbers.try_emplace(state, static_cast<std::uint32_t>(states.size()));
    if (is_new) states.push_back(&at->first);
    return at->second;
  };
  number_of(start);
  std::vector<bool> accepting(1, false);
  std::vector<std::uint32_t> next(bounds.size(), 0);
  for (std::size_t at = 1; at < states.size(); ++at) {
    accepting.push_back(accepts(*states[at]));
    for (const char32_t c : bounds) {
      const std::optional<State> to = step(*states[at], c);
      next.push_back(to ? number_of(*to) : 0);
    }
    if (states.size() > kStatesMax || next.size() > kCellsMax)
      return Error(ErrorCode::kInvalidInput, "the glob is too complex; write several simpler ones");
  }
  return compress(next, accepting, std::move(bounds));
}

const std::vector<char32_t> kPathBounds{0, 1, '.', '.' + 1, '/', '/' + 1, 0xd800, 0xe000};

// All alternatives at once: a set of places in them, after Thompson. An item has two places, before it and inside it.
class Positions {
 public:
  struct State {
    std::vector<std::uint32_t> places;  // ascending
    Place place = Place::kSegmentStart;
    auto operator<=>(const State&) const = default;
  };

  explicit Positions(const std::vector<Sequence>& alternatives) {
    for (const Sequence& sequence : alternatives) {
      starts_.push_back(before(items_.size()));
      for (const Item& item : sequence) items_.push_back(&item);
      items_.push_back(nullptr);  // the end of this alternative
    }
  }

  State start() const {
    State state;
    for (const std::uint32_t place : starts_) enter(place, state.places);
    tidy(state.places);
    return state;
  }

  bool accepts(const State& state) const {
    if (state.place != Place::kInside) return false;
    return std::any_of(state.places.begin(), state.places.end(),
                       [&](auto place) { return items_[place / 2] == nullptr; });
  }

  std::optional<State> step(const State& state, char32_t c, std::size_t& work) const {
    const std::optional<Place> place = advance(state.place, c);
    if (!place) return std::nullopt;
    State to{{}, *place};
    for (const std::uint32_t from : state.places) step_one(from, c, to.places);
    work += state.places.size() + 1;
    if (to.places.empty()) return std::nullopt;
    tidy(to.places);
    return to;
  }

  std::vector<char32_t> bounds() const {
    std::vector<char32_t> out = kPathBounds;
    for (const Item* item : items_) {
      if (item == nullptr) continue;
      for (const auto& [first, last] : item->set) out.push_back(first), out.push_back(last + 1);
    }
    std::erase_if(out, [](char32_t c) { return c > kLastCodePoint; });
    return out;
  }

 private:
  static std::uint32_t before(std::size_t item) { return static_cast<std::uint32_t>(2 * item); }
  static std::uint32_t inside(std::size_t item) { return static_cast<std::uint32_t>(2 * item + 1); }
  static void tidy(std::vector<std::uint32_t>& places) {
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
  }

  // Adds a place and those that are reached from it without reading anything.
  void enter(std::uint32_t place, std::vector<std::uint32_t>& out) const {
    for (;; place = before(place / 2 + 1)) {
      out.push_back(place);
      const Item* item = items_[place / 2];
      if (item == nullptr) return;
      const bool is_inside = place % 2 == 1;
      const bool skips = item->kind == Item::Kind::kSegmentRest || (item->kind == Item::Kind::kFolders && !is_inside) ||
                         (item->kind == Item::Kind::kAnything && is_inside);
      if (!skips) return;
    }
  }

  void step_one(std::uint32_t place, char32_t c, std::vector<std::uint32_t>& out) const {
    const Item* item = items_[place / 2];
    if (item == nullptr) return;
    const std::size_t index = place / 2;
    switch (item->kind) {
      case Item::Kind::kOne:
        if (contains(item->set, c)) enter(before(index + 1), out);
        return;
      case Item::Kind::kSegmentRest:
        if (c != '/') enter(place, out);
        return;
      case Item::Kind::kFolders:
        if (c != '/')
          out.push_back(inside(index));
        else if (place % 2 == 1)
          enter(before(index), out);
        return;
      case Item::Kind::kAnything:
        enter(inside(index), out);
        return;
    }
  }

  std::vector<const Item*> items_;
  std::vector<std::uint32_t> starts_;
};

// `**`, `**/*` and the like.
bool is_universal(const Sequence& sequence) {
  const auto kind = [&](std::size_t i) { return sequence[i].kind; };
  for (std::size_t i = 0; i + 1 < sequence.size(); ++i)
    if (kind(i) != Item::Kind::kFolders) return false;
  const Item::Kind last = sequence.back().kind;
  return last == Item::Kind::kAnything || (last == Item::Kind::kSegmentRest && sequence.size() > 1);
}

// Walks on while there is only one code point to go on with.
std::string literal_head(const Automaton& automaton) {
  std::string out;
  for (Automaton::State at = automaton.start; automaton.accepting[at] == 0;) {
    std::size_t ways = 0;
    char32_t letter = 0;
    Automaton::State to = Automaton::kDead;
    for (std::size_t i = 0; i < automaton.bounds.size(); ++i) {
      const Automaton::State next = automaton.step(at, automaton.bound_class[i]);
      if (next == Automaton::kDead) continue;
      const char32_t end = i + 1 < automaton.bounds.size() ? automaton.bounds[i + 1] : kLastCodePoint + 1;
      ways += end - automaton.bounds[i];
      letter = automaton.bounds[i];
      to = next;
    }
    if (ways != 1) break;
    append_utf8(letter, out);
    at = to;
  }
  return out;
}

struct FirstSegment {
  Place place = Place::kSegmentStart;
  std::size_t matched = 0;  // of the protected name in the first segment
  bool matching = true;
  bool is_protected = false;  // it was the protected name, and we are below
  auto operator<=>(const FirstSegment&) const = default;
};

char32_t to_lower(char32_t c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; }

Automaton build_paths(bool open) {
  std::vector<char32_t> bounds = kPathBounds;
  for (const char c : kProtected) {
    const auto letter = static_cast<char32_t>(c);
    bounds.insert(bounds.end(), {letter, letter + 1});
    if (c != '.') bounds.insert(bounds.end(), {letter - ('a' - 'A'), letter - ('a' - 'A') + 1});
  }
  const auto whole = [](const FirstSegment& at) { return at.matching && at.matched == kProtected.size(); };
  const auto step = [&](const FirstSegment& at, char32_t c) -> std::optional<FirstSegment> {
    const std::optional<Place> place = advance(at.place, c);
    if (!place) return std::nullopt;
    if (at.is_protected || (c == '/' && whole(at))) return FirstSegment{*place, 0, false, true};
    const bool matching =
        at.matching && at.matched < kProtected.size() && to_lower(c) == static_cast<char32_t>(kProtected[at.matched]);
    return FirstSegment{*place, matching ? at.matched + 1 : 0, matching, false};
  };
  const auto accepts = [&](const FirstSegment& at) {
    return at.place == Place::kInside && (at.is_protected || whole(at)) != open;
  };
  return explore(std::move(bounds), FirstSegment{}, step, accepts).value();
}

}  // namespace

const Automaton& open_paths() {
  static const Automaton automaton = build_paths(true);  // a constant, made when first needed
  return automaton;
}

const Automaton& protected_paths() {
  static const Automaton automaton = build_paths(false);
  return automaton;
}

bool is_protected_path(std::string_view normal_path) {
  const std::string_view first = normal_path.substr(0, normal_path.find('/'));
  return std::equal(first.begin(), first.end(), kProtected.begin(), kProtected.end(), [](char a, char b) {
    return to_lower(static_cast<unsigned char>(a)) == static_cast<unsigned char>(b);
  });
}

Result<Automaton> build_automaton(const std::vector<Sequence>& alternatives) {
  const Positions positions(alternatives);
  std::size_t work = 0;
  const auto step = [&](const Positions::State& state, char32_t c) -> std::optional<Positions::State> {
    return work > kWorkMax ? std::nullopt : positions.step(state, c, work);
  };
  const auto accepts = [&](const Positions::State& state) { return positions.accepts(state); };
  Result<Automaton> built = explore(positions.bounds(), positions.start(), step, accepts);
  if (!built.ok()) return built;
  if (work > kWorkMax) return Error(ErrorCode::kInvalidInput, "the glob is too complex; write several simpler ones");
  if (built->start == Automaton::kDead)
    return Error(ErrorCode::kInvalidInput, "the glob matches no path of a workspace");
  built->universal = std::any_of(alternatives.begin(), alternatives.end(), is_universal);
  built->literal_head = literal_head(*built);
  std::size_t budget = kProductStatesMax;  // more than a product with something that small can use up
  built->sample = common_path({&*built, &open_paths()}, budget).value_or("");
  built->wary = common_path({&*built, &protected_paths()}, budget).has_value();
  return built;
}

}  // namespace glob

Glob::Automaton::Class Glob::Automaton::class_of(char32_t c) const {
  if (c < ascii_class.size()) return ascii_class[c];
  const auto after = std::upper_bound(bounds.begin(), bounds.end(), c);
  return bound_class[static_cast<std::size_t>(after - bounds.begin()) - 1];
}

bool Glob::Automaton::matches(std::string_view path) const {
  State state = start;
  for (std::size_t at = 0; at < path.size() && state != kDead;) {
    const auto byte = static_cast<unsigned char>(path[at]);
    if (byte < 0x80) {
      state = step(state, ascii_class[byte]);
      ++at;
      continue;
    }
    const std::optional<char32_t> c = glob::next_code_point(path, at);
    if (!c) return false;
    state = step(state, class_of(*c));
  }
  return accepting[state] != 0;
}

}  // namespace lumenflow::pack
