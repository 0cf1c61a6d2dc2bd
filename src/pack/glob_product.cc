#include "pack/glob_product.h"

#include <algorithm>
#include <cstdint>

#include "pack/glob_automaton.h"
#include "pack/glob_pattern.h"

namespace lumenflow::pack::glob {
namespace {

using Automaton = Glob::Automaton;
using State = Automaton::State;
using Parts = std::vector<const Automaton*>;

// Tuples of states in the order in which they were found, each once. Open addressing over one flat array.
class TupleSet {
 public:
  explicit TupleSet(std::size_t width) : width_(width), slots_(64, kFree) {}

  std::size_t size() const { return width_ == 0 ? 0 : flat_.size() / width_; }
  const State* operator[](std::size_t index) const { return flat_.data() + index * width_; }

  bool insert(const std::vector<State>& tuple) {
    if (size() * 2 >= slots_.size()) grow();
    const std::size_t slot = find(tuple.data());
    if (slots_[slot] != kFree) return false;
    slots_[slot] = static_cast<std::uint32_t>(size());
    flat_.insert(flat_.end(), tuple.begin(), tuple.end());
    return true;
  }

 private:
  static constexpr std::uint32_t kFree = ~std::uint32_t{0};

  std::size_t find(const State* tuple) const {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (std::size_t i = 0; i < width_; ++i) hash = (hash ^ tuple[i]) * 0x9e3779b97f4a7c15, hash ^= hash >> 29;
    std::size_t slot = hash & (slots_.size() - 1);
    while (slots_[slot] != kFree && !std::equal(tuple, tuple + width_, (*this)[slots_[slot]]))
      slot = (slot + 1) & (slots_.size() - 1);
    return slot;
  }
  void grow() {
    slots_.assign(slots_.size() * 2, kFree);
    for (std::size_t i = 0; i < size(); ++i) slots_[find((*this)[i])] = static_cast<std::uint32_t>(i);
  }

  std::size_t width_;
  std::vector<State> flat_;
  std::vector<std::uint32_t> slots_;
};

// One code point for every interval that no part tells apart, with its class in each part.
class Letters {
 public:
  explicit Letters(const Parts& parts) : width_(parts.size()) {
    for (const Automaton* part : parts)
      code_points_.insert(code_points_.end(), part->bounds.begin(), part->bounds.end());
    std::sort(code_points_.begin(), code_points_.end());
    code_points_.erase(std::unique(code_points_.begin(), code_points_.end()), code_points_.end());
    classes_.reserve(code_points_.size() * width_);
    for (const char32_t c : code_points_)
      for (const Automaton* part : parts) classes_.push_back(part->class_of(c));
  }
  std::size_t size() const { return code_points_.size(); }
  char32_t operator[](std::size_t i) const { return code_points_[i]; }
  const Automaton::Class* classes(std::size_t i) const { return classes_.data() + i * width_; }

 private:
  std::size_t width_;
  std::vector<char32_t> code_points_;
  std::vector<Automaton::Class> classes_;
};

struct Step {
  std::uint32_t from;
  char32_t c;
};

std::string spell(const std::vector<Step>& steps, std::size_t at) {
  std::vector<char32_t> reversed;
  for (; at != 0; at = steps[at].from) reversed.push_back(steps[at].c);
  std::string out;
  for (auto c = reversed.rbegin(); c != reversed.rend(); ++c) append_utf8(*c, out);
  return out;
}

bool all_accept(const Parts& parts, const State* tuple) {
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (parts[i]->accepting[tuple[i]] == 0) return false;
  return true;
}

// The tuple after reading a letter; false when some part dies of it.
bool advance(const Parts& parts, const State* tuple, const Automaton::Class* letter, std::vector<State>& to) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    to[i] = parts[i]->step(tuple[i], letter[i]);
    if (to[i] == Automaton::kDead) return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> common_path(const Parts& parts, std::size_t& budget) {
  std::vector<State> tuple;
  for (const Automaton* part : parts) {
    if (part->start == Automaton::kDead) return std::nullopt;
    tuple.push_back(part->start);
  }
  const Letters letters(parts);
  TupleSet seen(parts.size());
  std::vector<Step> steps{{0, 0}};
  seen.insert(tuple);
  for (std::size_t at = 0; at < seen.size(); ++at) {
    if (all_accept(parts, seen[at])) return spell(steps, at);
    for (std::size_t i = 0; i < letters.size(); ++i) {
      if (!advance(parts, seen[at], letters.classes(i), tuple) || !seen.insert(tuple)) continue;
      if (budget == 0 || --budget == 0) return std::nullopt;
      steps.push_back({static_cast<std::uint32_t>(at), letters[i]});
    }
  }
  return std::nullopt;
}

}  // namespace lumenflow::pack::glob
