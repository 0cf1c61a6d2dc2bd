#include "conformance/state.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace lumenflow::conformance {
namespace {

constexpr std::size_t kLinesMax = 40;

std::string_view or_absent(const std::map<std::string, std::string>& store, const std::string& key) {
  const auto found = store.find(key);
  return found == store.end() ? std::string_view("absent") : std::string_view(found->second);
}

void compare_stores(const State& expected, const State& found, std::vector<std::string>& out) {
  std::map<std::string, std::string> all = expected.store;
  all.insert(found.store.begin(), found.store.end());
  for (const auto& [key, value] : all)
    if (or_absent(expected.store, key) != or_absent(found.store, key))
      out.push_back("store key '" + key + "': was " + std::string(or_absent(expected.store, key)) + "; is " +
                    std::string(or_absent(found.store, key)));
}

void compare_events(const State& expected, const State& found, std::vector<std::string>& out) {
  std::vector<std::string> less, more;
  std::ranges::set_difference(expected.events, found.events, std::back_inserter(less));
  std::ranges::set_difference(found.events, expected.events, std::back_inserter(more));
  for (const std::string& event : less) out.push_back("event missing: " + event);
  for (const std::string& event : more) out.push_back("event too many: " + event);
}

void compare_numbers(std::string_view what, std::size_t expected, std::size_t found, std::vector<std::string>& out) {
  if (expected != found)
    out.push_back(std::string(what) + ": " + std::to_string(found) + " instead of " + std::to_string(expected));
}

}  // namespace

std::vector<std::string> differences(const State& expected, const State& found) {
  std::vector<std::string> out;
  compare_stores(expected, found, out);
  for (std::string& line : differences(expected.files, found.files)) out.push_back(std::move(line));
  compare_events(expected, found, out);
  if (out.size() > kLinesMax) {
    const std::size_t more = out.size() - kLinesMax;
    out.resize(kLinesMax);
    out.push_back("… and " + std::to_string(more) + " more");
  }
  return out;
}

std::vector<std::string> differences_in_number(const State& expected, const State& found) {
  std::vector<std::string> out;
  compare_numbers("keys in the store", expected.store.size(), found.store.size(), out);
  compare_numbers("files", expected.files.size(), found.files.size(), out);
  compare_numbers("events", expected.events.size(), found.events.size(), out);
  return out;
}

}  // namespace lumenflow::conformance
