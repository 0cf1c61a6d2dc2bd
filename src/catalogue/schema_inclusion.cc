#include "catalogue/schema_inclusion.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <set>

#include "catalogue/schema_limits.h"
#include "catalogue/schema_plain.h"
#include "catalogue/schema_sample.h"
#include "json/number.h"
#include "json/schema.h"

namespace lumenflow::catalogue {
namespace {

using json::Value;

constexpr std::size_t kStepsMax = 4'000;  // beyond them the schemas are too large to compare
constexpr std::size_t kBreaksMax = 20;
constexpr std::size_t kVariants = 48;  // of each guess
constexpr std::size_t kBranchesMax = 32;
constexpr std::size_t kWholeMax = 128;  // samples of the whole schema, where no guess at the place itself does
constexpr double kEndless = std::numeric_limits<double>::infinity();

Result<json::Schema> compiled(const Value& schema) {
  json::SchemaOptions options;
  options.assert_format = true;
  return json::Schema::compile(schema, options);
}

bool takes_all(const Value& schema) {
  if (schema == Value(true)) return true;
  return schema.is_object() &&
         (schema.as_object().empty() || (schema.as_object().size() == 1 && schema.find(kPlaceKey) != nullptr));
}

const Value& anything() {
  static const Value kAnything = true;
  return kAnything;
}

// Where the comparison is: in both schemas, and how a value for this place becomes one for the whole.
struct Place {
  std::string from, by;
  using Whole = std::function<std::optional<Value>(Value local, std::size_t variant)>;
  Whole whole;

  Place in_from(const std::string& below) const { return {from + below, by, whole}; }
  Place in_by(const std::string& below) const { return {from, by + below, whole}; }
};

class Inclusion {
 public:
  // With `judges` null nothing is looked for: whether there is a difference is all that is asked.
  Inclusion(const json::Schema* from, const json::Schema* by, std::size_t& steps)
      : from_(from), by_(by), steps_(steps) {}

  std::vector<SchemaBreak> breaks;

  void compare(const Value& from_schema, const Value& by_schema, Place place) {
    if (done()) return;
    if (const Value* moved = from_schema.find(kPlaceKey)) place.from = moved->as_string();
    if (const Value* moved = by_schema.find(kPlaceKey)) place.by = moved->as_string();
    const Value from = without(from_schema, {kPlaceKey}), by = without(by_schema, {kPlaceKey});
    if (takes_all(by) || from == Value(false) || from == by) return;
    if (++steps_ > kStepsMax) return add("size", "the schemas are too large to be compared", place, {});
    if (by == Value(false)) return add("false", "nothing is taken here any more", place, samples(from));
    const Value source = from.is_object() ? from : Value(json::Object{});
    if (compare_finite(source, by, place) || split_from(source, by, place)) return;
    compare_combined(source, by, place);
    const Value plain_by = without(by, {"allOf", "anyOf", "oneOf", "not", "if", "then", "else"});
    if (compare_choice(source, plain_by, place)) return;
    compare_types(source, plain_by, place);
  }

 private:
  bool done() const { return breaks.size() >= kBreaksMax || (from_ == nullptr && !breaks.empty()); }

  // ---- what is found

  void add(std::string rule, std::string what, const Place& place, const std::vector<Value>& locals) {
    if (done()) return;
    SchemaBreak found{std::move(rule), std::move(what), place.from, place.by, std::nullopt};
    if (from_ != nullptr) found.witness = witness(place, locals);
    breaks.push_back(std::move(found));
  }

  std::optional<Value> witness(const Place& place, const std::vector<Value>& locals) const {
    for (std::size_t variant = 0; variant < 4; ++variant)
      for (const Value& local : locals) {
        std::optional<Value> whole = place.whole(local, variant);
        if (whole && from_->accepts(*whole) && !by_->accepts(*whole)) return whole;
      }
    return std::nullopt;
  }

  static std::vector<Value> samples(const Value& schema) {
    std::vector<Value> out;
    for (std::size_t variant = 0; variant < kVariants; ++variant)
      if (std::optional<Value> one = sample(schema, variant); one && std::ranges::find(out, *one) == out.end())
        out.push_back(*std::move(one));
    return out;
  }

  // Besides, the numbers and texts at which the two may differ.
  static std::vector<Value> guesses(const Value& from, const Value& by) {
    std::vector<Value> out = samples(from);
    for (std::vector<Value> (*around)(const Value&, const Value&) : {numbers_around, texts_around})
      for (Value& each : around(from, by)) out.push_back(std::move(each));
    return out;
  }

  bool includes(const Value& from, const Value& by) const {  // silently
    Inclusion silent(nullptr, nullptr, steps_);
    silent.compare(from, by, {"", "", {}});
    return silent.breaks.empty() && steps_ <= kStepsMax;
  }

  // ---- what can be counted, and what is made of others

  // Every value that `from` can take, judged one by one; true where there are few.
  bool compare_finite(const Value& from, const Value& by, const Place& place) {
    const std::optional<std::vector<Value>> values = finite_values(from);
    if (!values) return false;
    const Result<json::Schema> taken = compiled(from), judge = compiled(by);
    if (!taken.ok() || !judge.ok()) return false;
    std::vector<Value> refused;
    for (const Value& value : *values)
      if (taken->accepts(value) && !judge->accepts(value)) refused.push_back(value);
    if (refused.empty()) return true;
    const std::string rule = by.find("const") != nullptr ? "const" : by.find("enum") != nullptr ? "enum" : "type";
    add(rule, json::serialize(refused.front()) + " is not taken any more", place, refused);
    return true;
  }

  // A `from` made of others is taken apart; true where that was all.
  bool split_from(const Value& from, const Value& by, const Place& place) {
    if (from.find("allOf") != nullptr) {
      if (const std::optional<Value> flat = without_all_of(from)) {
        compare(*flat, by, place);
        return true;
      }
      if (from.find("allOf")->is_array())
        for (const Value& part : from.find("allOf")->as_array())
          if (includes(part, by)) return true;
      if (includes(without(from, {"allOf"}), by)) return true;
      add("allOf", "what all of these take together cannot be compared", place, samples(from));
      return true;
    }
    for (const char* key : {"anyOf", "oneOf"}) {
      const Value* branches = from.find(key);
      if (branches == nullptr || !branches->is_array()) continue;
      const Value rest = without(from, {key});
      if (includes(rest, by)) return true;
      if (branches->as_array().size() > kBranchesMax) break;
      for (std::size_t i = 0; i < branches->as_array().size(); ++i) {
        const Value& branch = branches->as_array()[i];
        const Place below = place.in_from("/" + std::string(key) + "/" + std::to_string(i));
        if (const std::optional<Value> both = conjunction(rest, branch))
          compare(*both, by, below);
        else if (!includes(branch, by))
          add(key, "this branch cannot be compared", below, samples(from));
      }
      return true;
    }
    return false;
  }

  // What `by` demands besides its own keywords.
  void compare_combined(const Value& from, const Value& by, const Place& place) {
    if (const Value* all = by.find("allOf"); all != nullptr && all->is_array())
      for (std::size_t i = 0; i < all->as_array().size(); ++i)
        compare(from, all->as_array()[i], place.in_by("/allOf/" + std::to_string(i)));
    for (const char* key : {"anyOf", "oneOf"})
      if (const Value* branches = by.find(key); branches != nullptr && branches->is_array())
        compare_branches(from, branches->as_array(), key, place.in_by("/" + std::string(key)));
    if (const Value* negated = by.find("not"); negated != nullptr && !are_disjoint(from, *negated)) {
      const Value* own = from.find("not");
      if (own == nullptr || !includes(*negated, *own))
        add("not", "what may not be here cannot be compared", place.in_by("/not"), guesses(from, *negated));
    }
    if (by.find("if") != nullptr && !same(from, by, {"if", "then", "else"}))
      add("if", "the condition cannot be compared", place.in_by("/if"), guesses(from, *by.find("if")));
  }

  static bool same(const Value& one, const Value& other, std::initializer_list<std::string_view> keys) {
    return std::ranges::all_of(keys, [&](std::string_view key) {
      const Value *of_one = one.find(key), *of_other = other.find(key);
      return of_one == nullptr ? of_other == nullptr : of_other != nullptr && *of_one == *of_other;
    });
  }

  // Each type that `from` takes has to be taken by a branch; of oneOf by no second one.
  void compare_branches(const Value& from, const json::Array& branches, const char* key, const Place& place) {
    if (const Value* own = from.find(key); own != nullptr && *own == Value(branches)) return;
    const bool exclusive = std::string_view(key) == "oneOf";
    for (const std::string& type : type_names(from)) {
      json::Object part = from.as_object();
      part.set("type", type);
      const Value one = std::move(part);
      bool taken = false;
      for (std::size_t i = 0; i < branches.size() && !taken; ++i) {
        taken = includes(one, branches[i]);
        for (std::size_t other = 0; taken && exclusive && other < branches.size(); ++other)
          if (other != i && !are_disjoint(one, branches[other])) taken = false;
      }
      if (!taken) add(key, "what is of type " + type + " may be taken by none of the branches", place, samples(one));
    }
  }

  // ---- one schema without others in it

  // `enum` and `const` of `by`, against what cannot be counted; true where that was all.
  bool compare_choice(const Value& from, const Value& by, const Place& place) {
    for (const char* key : {"const", "enum"})
      if (by.find(key) != nullptr) {
        add(key, "only certain values are taken now", place.in_by("/" + std::string(key)), guesses(from, by));
        return true;
      }
    return false;
  }

  void compare_types(const Value& from, const Value& by, const Place& place) {
    const std::vector<std::string> taken = type_names(by);
    const bool takes_numbers = std::ranges::find(taken, "number") != taken.end();
    for (const std::string& type : type_names(from)) {
      json::Object part = from.as_object();
      part.set("type", type);
      const Value one = std::move(part);
      const bool known = std::ranges::find(taken, type) != taken.end() || (type == "integer" && takes_numbers);
      if (!known) {
        const bool narrowed = type == "number" && std::ranges::find(taken, "integer") != taken.end();
        add("type", narrowed ? "only integers are taken now" : "what is of type " + type + " is not taken any more",
            place.in_by("/type"), guesses(one, by));
        if (!narrowed) continue;
      }
      if (type == "string") compare_texts(one, by, place);
      if (type == "integer" || type == "number") compare_numbers_of(one, by, type == "integer", place);
      if (type == "array") compare_lists(one, by, place);
      if (type == "object") compare_objects(one, by, place);
    }
  }

  void compare_numbers_of(const Value& from, const Value& by, bool integer, const Place& place) {
    const NumberLimits own = number_limits(from, integer), theirs = number_limits(by, integer);
    const std::vector<Value> numbers = numbers_around(from, by);
    if (!own.low.is_within_low(theirs.low))
      add(theirs.low.keyword, "smaller numbers are not taken any more", place.in_by("/" + theirs.low.keyword), numbers);
    if (!own.high.is_within_high(theirs.high))
      add(theirs.high.keyword, "larger numbers are not taken any more", place.in_by("/" + theirs.high.keyword),
          numbers);
    const Value *step = by.find("multipleOf"), *own_step = from.find("multipleOf");
    if (step == nullptr) return;
    const bool steps_within = (own_step != nullptr && json::is_multiple_of(*own_step, *step)) ||
                              (integer && json::is_multiple_of(Value(1), *step));
    if (!steps_within)
      add("multipleOf", "not every number is a multiple of " + json::serialize(*step), place.in_by("/multipleOf"),
          numbers);
  }

  void compare_texts(const Value& from, const Value& by, const Place& place) {
    const std::vector<Value> texts = texts_around(from, by);
    compare_counts(from, by, "minLength", "maxLength", "characters", texts, place);
    for (const char* key : {"pattern", "format"})
      if (by.find(key) != nullptr && !same(from, by, {key}))
        add(key, "other texts than those of the " + std::string(key) + " are not taken any more",
            place.in_by("/" + std::string(key)), texts);
  }

  static double count_or(const Value& schema, const std::string& key, double fallback) {  // 2.0 is as good as 2
    const Value* count = schema.find(key);
    return count == nullptr || !count->is_number() ? fallback : count->as_double();
  }

  void compare_counts(const Value& from, const Value& by, const std::string& least, const std::string& most,
                      const std::string& of, const std::vector<Value>& guesses, const Place& place) {
    if (count_or(from, least, 0) < count_or(by, least, 0))
      add(least, "fewer than " + json::serialize(*by.find(least)) + " " + of + " are not taken any more",
          place.in_by("/" + least), guesses);
    if (count_or(by, most, kEndless) < count_or(from, most, kEndless))
      add(most, "more than " + json::serialize(*by.find(most)) + " " + of + " are not taken any more",
          place.in_by("/" + most), guesses);
  }

  // ---- lists

  static const Value& item_at(const Value& schema, std::size_t index) {
    const Value *prefix = schema.find("prefixItems"), *items = schema.find("items");
    if (prefix != nullptr && prefix->is_array() && index < prefix->as_array().size()) return prefix->as_array()[index];
    return items == nullptr ? anything() : *items;
  }
  static std::string item_pointer(const Value& schema, std::size_t index) {
    const Value* prefix = schema.find("prefixItems");
    if (prefix != nullptr && prefix->is_array() && index < prefix->as_array().size())
      return "/prefixItems/" + std::to_string(index);
    return schema.find("items") == nullptr ? "" : "/items";
  }
  static std::size_t prefix_size(const Value& schema) {
    const Value* prefix = schema.find("prefixItems");
    return prefix == nullptr || !prefix->is_array() ? 0 : prefix->as_array().size();
  }

  void compare_lists(const Value& from, const Value& by, const Place& place) {
    compare_counts(from, by, "minItems", "maxItems", "items", lists_around(from, by), place);
    const std::size_t positions = std::max(prefix_size(from), prefix_size(by)) + 1;
    const Value* most = from.find("maxItems");
    for (std::size_t i = 0; i < positions; ++i) {
      if (most != nullptr && most->as_double() <= static_cast<double>(i)) break;
      const Place below{place.from + item_pointer(from, i), place.by + item_pointer(by, i),
                        [whole = place.whole, from, i](Value item, std::size_t variant) -> std::optional<Value> {
                          std::optional<Value> list = list_of(from, i + 1, variant);
                          if (!list) return std::nullopt;
                          list->as_array()[i] = std::move(item);
                          return whole(*std::move(list), variant);
                        }};
      compare(item_at(from, i), item_at(by, i), below);
    }
    if (json::boolean_or(by, "uniqueItems", false) && !json::boolean_or(from, "uniqueItems", false) &&
        (most == nullptr || most->as_double() > 1))
      add("uniqueItems", "equal items are not taken any more", place.in_by("/uniqueItems"), lists_around(from, by));
    // What is unevaluated depends on all its neighbours; equal schemas have been told before.
    const bool same_contains = same(from, by, {"contains", "minContains", "maxContains"});
    for (const char* key : {"contains", "unevaluatedItems"})
      if (by.find(key) != nullptr && (!same_contains || std::string_view(key) == "unevaluatedItems"))
        add(key, "the rule about certain items cannot be compared", place.in_by("/" + std::string(key)),
            lists_around(from, by));
  }

  // So many items, or as many more as there have to be.
  static std::optional<Value> list_of(const Value& schema, std::size_t size, std::size_t variant) {
    const auto least = static_cast<std::size_t>(std::max<std::int64_t>(json::integer_or(schema, "minItems", 0), 0));
    json::Array out;
    for (std::size_t i = 0; i < std::max(size, std::min<std::size_t>(least, 1'000)); ++i) {
      std::optional<Value> item = sample(item_at(schema, i), variant + (variant == 0 ? 0 : i));
      if (!item) return std::nullopt;
      out.push_back(*std::move(item));
    }
    return out;
  }

  static std::vector<Value> lists_around(const Value& from, const Value& by) {
    std::set<std::size_t> sizes{0, 1, 2, 3};
    for (const Value* schema : {&from, &by})
      for (const char* key : {"minItems", "maxItems"})
        if (const std::int64_t limit = json::integer_or(*schema, key, -1); limit >= 0 && limit <= 1'000)
          for (const std::int64_t size : {limit - 1, limit, limit + 1})
            if (size >= 0) sizes.insert(static_cast<std::size_t>(size));
    std::vector<Value> out;
    for (const std::size_t size : sizes)
      for (const std::size_t variant : {0, 1, 3})
        if (std::optional<Value> list = list_of(from, size, variant)) out.push_back(*std::move(list));
    return out;
  }

  // ---- objects

  static const Value& member_of(const Value& schema, const std::string& name) {
    const Value* properties = schema.find("properties");
    const Value* own = properties == nullptr ? nullptr : properties->find(name);
    const Value* others = schema.find("additionalProperties");
    return own != nullptr ? *own : others != nullptr ? *others : anything();
  }
  static std::string member_pointer(const Value& schema, const std::string& name) {
    const Value* properties = schema.find("properties");
    if (properties != nullptr && properties->find(name) != nullptr)
      return "/properties/" + json::escape_pointer_token(name);
    return schema.find("additionalProperties") == nullptr ? "" : "/additionalProperties";
  }
  static std::set<std::string> names_of(const Value& schema, const char* key) {
    std::set<std::string> out;
    const Value* given = schema.find(key);
    if (given != nullptr && given->is_object())
      for (const json::Member& member : given->as_object()) out.insert(member.key);
    if (given != nullptr && given->is_array())
      for (const Value& name : given->as_array()) out.insert(name.is_string() ? name.as_string() : "");
    return out;
  }

  void compare_objects(const Value& from, const Value& by, const Place& place) {
    const std::set<std::string> required = names_of(from, "required");
    for (const std::string& name : names_of(by, "required"))
      if (!required.contains(name))
        add("required", "'" + name + "' must be there", place.in_by("/required"), objects_without(from, name));
    std::set<std::string> names = names_of(from, "properties");
    names.merge(names_of(by, "properties"));
    std::string other = "other";  // a name that neither knows
    while (names.contains(other)) other += "_";
    const bool patterned = by.find("patternProperties") != nullptr || from.find("patternProperties") != nullptr;
    if (patterned && (!same(from, by, {"patternProperties", "additionalProperties"}) ||
                      names_of(from, "properties") != names_of(by, "properties")))
      add("patternProperties", "members by pattern cannot be compared", place.in_by("/patternProperties"),
          objects_with_more(from, other));
    for (const std::string& name : names) compare_member(from, by, name, place);
    if (!patterned) compare_member(from, by, other, place);
    const double least = count_or(by, "minProperties", 0), most = count_or(by, "maxProperties", kEndless);
    if (least > std::max(count_or(from, "minProperties", 0), static_cast<double>(required.size())))
      add("minProperties", "fewer members are not taken any more", place.in_by("/minProperties"), samples(from));
    const Value* others = from.find("additionalProperties");
    const bool closed = others != nullptr && *others == Value(false) && !patterned;
    const double own_most = closed ? static_cast<double>(names_of(from, "properties").size()) : kEndless;
    if (most < std::min(count_or(from, "maxProperties", kEndless), own_most))
      add("maxProperties", "more members are not taken any more", place.in_by("/maxProperties"),
          objects_with_more(from, other));
    for (const char* key : {"propertyNames", "dependentRequired", "dependentSchemas", "unevaluatedProperties"})
      if (by.find(key) != nullptr && (!same(from, by, {key}) || std::string_view(key) == "unevaluatedProperties"))
        add(key, "the rule about certain members cannot be compared", place.in_by("/" + std::string(key)),
            objects_with_more(from, other));
  }

  void compare_member(const Value& from, const Value& by, const std::string& name, const Place& place) {
    const Value &own = member_of(from, name), &theirs = member_of(by, name);
    const Place below{place.from + member_pointer(from, name), place.by + member_pointer(by, name),
                      [whole = place.whole, from, name](Value value, std::size_t variant) -> std::optional<Value> {
                        std::optional<Value> object = sample(from, variant);
                        if (!object || !object->is_object()) object = Value(json::Object{});
                        object->as_object().set(name, std::move(value));
                        return whole(*std::move(object), variant);
                      }};
    if (theirs == Value(false) && own != Value(false))
      return add("additionalProperties", "the member '" + name + "' is not taken any more", below, samples(own));
    compare(own, theirs, below);
  }

  static std::vector<Value> objects_without(const Value& from, const std::string& name) {
    std::vector<Value> out = samples(from);
    for (Value& each : out)
      if (json::Object* object = each.if_object()) object->erase(name);
    return out;
  }
  static std::vector<Value> objects_with_more(const Value& from, const std::string& other) {
    std::vector<Value> out = samples(from);
    const std::size_t count = out.size();
    for (std::size_t i = 0; i < count; ++i)
      for (const std::size_t more : {1, 2, 40}) {
        Value each = out[i];
        if (!each.is_object()) continue;
        for (std::size_t k = 0; k < more; ++k) each.as_object().set(other + (k == 0 ? "" : std::to_string(k)), 1);
        out.push_back(std::move(each));
      }
    return out;
  }

  const json::Schema* const from_;
  const json::Schema* const by_;
  std::size_t& steps_;
};

// For what no guess at its place showed: any value of the whole. It also has the last word where nothing was found.
void look_further(const Value& from, const json::Schema& takes, const json::Schema& refuses,
                  std::vector<SchemaBreak>& breaks) {
  if (std::ranges::any_of(breaks, [](const SchemaBreak& each) { return each.witness.has_value(); })) return;
  for (std::size_t variant = 0; variant < kWholeMax; ++variant) {
    const std::optional<Value> value = sample(from, variant);
    if (!value || !takes.accepts(*value) || refuses.accepts(*value)) continue;
    if (breaks.empty()) breaks.push_back({"schema", "a payload is not taken any more", "", "", std::nullopt});
    breaks.front().witness = *value;
    return;
  }
}

}  // namespace

std::vector<SchemaBreak> not_taken(const Value* from, const Value* by) {
  if (by == nullptr) return {};
  const Value& source = from == nullptr ? anything() : *from;
  if (source == *by) return {};
  const Result<json::Schema> takes = compiled(source), refuses = compiled(*by);
  if (!takes.ok() || !refuses.ok()) return {{"$schema", "one of the schemas is not valid", "", "", std::nullopt}};
  const PlainSchema plain_source = plain(source), plain_by = plain(*by);
  for (const auto& [each, of_from] : {std::pair(&plain_source, true), std::pair(&plain_by, false)})
    if (!each->keyword.empty()) {
      std::vector<SchemaBreak> breaks{{each->keyword, "what this refers to cannot be compared",
                                       of_from ? each->pointer : "", of_from ? "" : each->pointer, std::nullopt}};
      look_further(plain_source.schema, *takes, *refuses, breaks);
      return breaks;
    }
  std::size_t steps = 0;
  Inclusion inclusion(&*takes, &*refuses, steps);
  inclusion.compare(plain_source.schema, plain_by.schema,
                    {"", "", [](Value local, std::size_t) { return std::optional<Value>(std::move(local)); }});
  look_further(plain_source.schema, *takes, *refuses, inclusion.breaks);
  return std::move(inclusion.breaks);
}

}  // namespace lumenflow::catalogue
