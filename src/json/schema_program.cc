#include "json/schema_program.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "json/number.h"

namespace lumenflow::json {
namespace {

constexpr std::size_t kLinearMax = 16;  // beyond that many values they are found by hash

std::size_t hash_name(std::string_view name) { return std::hash<std::string_view>{}(name); }

}  // namespace

NameRule& NameTable::rule(std::string_view name) {
  std::size_t expected = 0;
  if (slots_.size() < 2 * (rules_.size() + 1)) {
    slots_.assign(std::bit_ceil(4 * (rules_.size() + 1)), 0);
    for (std::size_t i = 0; i < rules_.size(); ++i) place(i);
  }
  if (const NameRule* known = find(name, expected)) return const_cast<NameRule&>(*known);
  rules_.push_back(NameRule{.name = std::string(name)});
  place(rules_.size() - 1);
  return rules_.back();
}

void NameTable::place(std::size_t index) {
  std::size_t slot = hash_name(rules_[index].name) & (slots_.size() - 1);
  while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
  slots_[slot] = static_cast<std::uint32_t>(index + 1);
}

const NameRule* NameTable::find(std::string_view name, std::size_t& expected) const {
  if (expected < rules_.size() && rules_[expected].name == name) return &rules_[expected++];
  if (rules_.empty()) return nullptr;
  std::size_t slot = hash_name(name) & (slots_.size() - 1);
  for (; slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1))
    if (const NameRule& rule = rules_[slots_[slot] - 1]; rule.name == name) {
      expected = slots_[slot];
      return &rule;
    }
  return nullptr;
}

bool Choice::holds(const Value& value) const {
  if (values.size() > kLinearMax && !std::binary_search(hashes.begin(), hashes.end(), hash_value(value))) return false;
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace lumenflow::json
