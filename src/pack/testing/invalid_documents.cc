#include "pack/testing/invalid_documents.h"

#include <random>

#include "pack/testing/mutations.h"

namespace lumenflow::pack::samples {
namespace {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }

 private:
  std::mt19937_64 engine_;  // the same everywhere, unlike the distributions
};

void collect(const json::Value& value, const std::string& pointer, std::vector<std::string>& out) {
  out.push_back(pointer);
  if (const json::Array* array = value.if_array())
    for (std::size_t i = 0; i < array->size(); ++i) collect((*array)[i], pointer + "/" + std::to_string(i), out);
  if (const json::Object* object = value.if_object())
    for (const json::Member& member : *object)
      collect(member.value, pointer + "/" + json::escape_pointer_token(member.key), out);
}

json::Value& mutable_at(json::Value& root, const std::string& pointer) {
  return const_cast<json::Value&>(*root.at_pointer(pointer));  // `root` is ours and not const
}

// The pointers of `value` where this is a fault. Those of what another fault has put there are left out: `good` is
// what the anatomy knows.
std::vector<std::string> places(const json::Value& value, const json::Value& good,
                                const std::function<bool(const std::string&, const json::Value&)>& fits) {
  std::vector<std::string> all, out;
  collect(value, "", all);
  for (const std::string& pointer : all) {
    const json::Value* here = value.at_pointer(pointer);
    if (const json::Value* there = good.at_pointer(pointer);
        there != nullptr && same_type(*here, *there) && fits(pointer, *here))
      out.push_back(pointer);
  }
  return out;
}

std::string put_another_type(json::Value& value, const json::Value& good, const Anatomy& anatomy, Random& random) {
  static const std::vector<json::Value> kReplacements = {nullptr, true, 7, "text", json::Array{}, json::Object{}};
  const json::Value& replacement = random.pick(kReplacements);
  const auto at = places(value, good, [&](const std::string& pointer, const json::Value& here) {
    return !pointer.empty() && !same_type(here, replacement) && !anatomy.may_be_replaced(pointer, replacement);
  });
  if (at.empty()) return {};
  const std::string& pointer = random.pick(at);
  mutable_at(value, pointer) = replacement;
  return pointer + " = " + json::serialize(replacement);
}

std::string add_unknown_key(json::Value& value, const json::Value& good, const Anatomy& anatomy, Random& random) {
  const auto at = places(value, good, [&](const std::string& pointer, const json::Value& here) {
    return here.is_object() && !anatomy.open_map(pointer);
  });
  const std::string& pointer = random.pick(at);
  mutable_at(value, pointer).as_object().set("zzz", 1);
  return pointer + " + zzz";
}

std::string misspell_key(json::Value& value, const json::Value& good, const Anatomy& anatomy, Random& random) {
  const auto at = places(value, good, [&](const std::string& pointer, const json::Value& here) {
    return !pointer.empty() && here.is_object() && !here.as_object().empty() && !anatomy.open_map(pointer) &&
           !anatomy.named_map(pointer);
  });
  if (at.empty()) return {};
  const std::string& pointer = random.pick(at);
  json::Object renamed;
  const json::Object& object = value.at_pointer(pointer)->as_object();
  std::size_t index = random.below(object.size());
  std::string done;
  for (const json::Member& member : object) {
    const bool misspelt = index-- == 0;
    if (misspelt) done = pointer + ": " + member.key + "_";
    renamed.set(member.key + (misspelt ? "_" : ""), member.value);
  }
  mutable_at(value, pointer) = std::move(renamed);
  return done;
}

std::string spoil_word(json::Value& value, const json::Value& good, const Anatomy& anatomy, Random& random) {
  const auto at = places(value, good, [&](const std::string& pointer, const json::Value& here) {
    return here.is_string() && anatomy.closed_text(pointer);
  });
  if (at.empty()) return {};
  const std::string& pointer = random.pick(at);
  json::Value& word = mutable_at(value, pointer);
  word = word.as_string() + " ~";
  return pointer + " = " + json::serialize(word);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at + 1));
    at = end + 1;
  }
  return lines;
}

}  // namespace

InvalidDocument invalid_document(const json::Value& good, const Anatomy& anatomy, std::uint64_t seed) {
  using Fault = std::string (*)(json::Value&, const json::Value&, const Anatomy&, Random&);
  static constexpr Fault kFaults[] = {put_another_type, put_another_type, add_unknown_key, misspell_key, spoil_word};
  Random random(seed);
  json::Value value = good;
  InvalidDocument out;
  for (std::size_t left = 1 + random.below(3); left > 0;) {
    const std::string done = kFaults[random.below(std::size(kFaults))](value, good, anatomy, random);
    if (done.empty()) continue;  // this one finds no place any more; adding a key always does
    out.faults += done + "; ";
    --left;
  }
  out.text = json::serialize(value);
  return out;
}

InvalidDocument invalid_yaml(const std::string& good, std::uint64_t seed) {
  Random random(seed);
  const std::vector<std::string> lines = lines_of(good);
  const std::string& line = random.pick(lines);
  const std::size_t at = static_cast<std::size_t>(&line - lines.data());
  std::string before, after;
  for (std::size_t i = 0; i < lines.size(); ++i) (i < at ? before : after) += lines[i];
  switch (random.below(8)) {
    case 0: {  // a root key again
      std::vector<std::string> keys;
      for (const std::string& each : lines)
        if (each[0] >= 'a' && each[0] <= 'z') keys.push_back(each.substr(0, each.find(':')));
      const std::string& key = random.pick(keys);
      return {good + key + ": again\n", "key " + key + " twice"};
    }
    case 1:
      return {before + "\t" + after, "a tab before line " + std::to_string(at + 1)};
    case 2:
      return {good + "---\nid: other\n", "a second document"};
    case 3:
      return {good + "<<: {id: other}\n", "a merge key"};
    case 4:
      return {before + "\xff" + after, "a byte that is not UTF-8 in line " + std::to_string(at + 1)};
    case 5:
      return {before + std::string(1, '\0') + after, "a NUL in line " + std::to_string(at + 1)};
    case 6:
      return {good + "open: [1, 2\n", "a bracket that is not closed"};
    default:
      return {good + "other: *nowhere\n", "an alias to nowhere"};
  }
}

}  // namespace lumenflow::pack::samples
