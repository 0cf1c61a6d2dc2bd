#include "catalogue/schema_sample.h"

#include <algorithm>

#include "catalogue/schema_plain.h"
#include "json/schema.h"

namespace lumenflow::catalogue {
namespace {

using json::Value;

constexpr int kDepthMax = 16;
constexpr std::int64_t kLengthMax = 5'000;  // of texts and lists that a limit asks for
constexpr std::size_t kMembersMax = 300;

constexpr std::string_view kTexts[] = {"a",
                                       "",
                                       "A",
                                       "0",
                                       " ",
                                       "ab",
                                       "aB",
                                       "a1",
                                       "-",
                                       "_",
                                       "é",
                                       "a-b",
                                       "a b",
                                       "a_b",
                                       "a.b",
                                       "a/b",
                                       "a:b",
                                       "00",
                                       "1.0.0",
                                       "2026-01-01T00:00:00Z",
                                       "2026-01-01",
                                       "12:00:00Z",
                                       "a@b.example",
                                       "example.org",
                                       "127.0.0.1",
                                       "::1",
                                       "https://example.org/a",
                                       "00000000-0000-4000-8000-000000000000",
                                       "/a",
                                       "no format at all\n"};

// By the name of the format, of kTexts.
std::string_view text_of_format(std::string_view format) {
  for (const std::string_view text : kTexts)
    if (!text.empty() && json::matches_format(format, text)) return text;
  return "a";
}

std::vector<std::string> types_of(const Value& schema) {
  const Value* type = schema.find("type");
  if (type == nullptr) return {"object", "string", "integer", "number", "boolean", "null", "array"};
  std::vector<std::string> out;
  if (type->is_string()) out.push_back(type->as_string());
  if (type->is_array())
    for (const Value& each : type->as_array()) out.push_back(each.is_string() ? each.as_string() : "");
  return out;
}

class Sampler {
 public:
  explicit Sampler(std::size_t variant) : variant_(variant) {}

  std::optional<Value> make(const Value& schema, int depth) {
    if (schema == Value(false) || depth > kDepthMax) return std::nullopt;
    if (const Value* constant = schema.find("const")) return *constant;
    if (const Value* words = schema.find("enum"); words != nullptr && words->is_array() && !words->as_array().empty())
      return words->as_array()[pick(words->as_array().size())];
    if (schema.find("allOf") != nullptr) {
      const std::optional<Value> flat = without_all_of(schema);
      return make(flat ? *flat : without(schema, {"allOf"}), depth + 1);
    }
    for (const char* key : {"anyOf", "oneOf"})
      if (const Value* branches = schema.find(key);
          branches != nullptr && branches->is_array() && !branches->as_array().empty()) {
        const Value& branch = branches->as_array()[pick(branches->as_array().size())];
        const Value rest = without(schema, {key});
        const std::optional<Value> both = conjunction(rest, branch);
        return make(both ? *both : branch, depth + 1);
      }
    const std::vector<std::string> types = types_of(schema);
    const std::string& type = types[pick(types.size())];
    if (type == "null") return Value();
    if (type == "boolean") return Value(pick(2) == 0);
    if (type == "integer" || type == "number") return number(schema, type == "integer");
    if (type == "string") return text(schema);
    if (type == "array") return list(schema, depth);
    return object(schema, depth);
  }

 private:
  // A digit of the variant, in a base that changes with every question.
  std::size_t pick(std::size_t count) {
    const std::size_t picked = count == 0 ? 0 : variant_ % count;
    variant_ = count == 0 ? variant_ : variant_ / count;
    return picked;
  }

  std::optional<Value> first_of(const std::vector<Value>& guesses, const Value& schema,
                                std::initializer_list<std::string_view> keys) const {
    json::Object narrow;
    for (const std::string_view key : keys)
      if (const Value* given = schema.find(key)) narrow.set(key, *given);
    json::SchemaOptions options;
    options.assert_format = true;
    const Result<json::Schema> judge = json::Schema::compile(std::move(narrow), options);
    for (const Value& guess : guesses)
      if (judge.ok() && judge->accepts(guess)) return guess;
    return std::nullopt;
  }

  std::optional<Value> number(const Value& schema, bool integer) const {
    std::vector<Value> guesses = numbers_around(schema, schema);
    if (integer) std::erase_if(guesses, [](const Value& guess) { return guess.if_integer() == nullptr; });
    return first_of(guesses, schema, {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"});
  }

  std::optional<Value> text(const Value& schema) const {
    std::vector<Value> guesses = texts_around(schema, schema);
    if (const Value* format = schema.find("format"); format != nullptr && format->is_string())
      guesses.insert(guesses.begin(), Value(text_of_format(format->as_string())));
    return first_of(guesses, schema, {"minLength", "maxLength", "pattern", "format"});
  }

  std::optional<Value> list(const Value& schema, int depth) {
    const std::int64_t more = static_cast<std::int64_t>(pick(2));
    const std::int64_t most = json::integer_or(schema, "maxItems", kLengthMax);
    const std::int64_t size = std::min(json::integer_or(schema, "minItems", 0) + more, most);
    const Value *prefix = schema.find("prefixItems"), *items = schema.find("items");
    json::Array out;
    static const Value kAnything = json::Object{{"type", "integer"}};
    for (std::int64_t i = 0; i < std::min(size, kLengthMax); ++i) {
      const auto at = static_cast<std::size_t>(i);
      const bool of_prefix = prefix != nullptr && prefix->is_array() && at < prefix->as_array().size();
      const Value& of_item = of_prefix ? prefix->as_array()[at] : items != nullptr ? *items : kAnything;
      Sampler sampler(json::boolean_or(schema, "uniqueItems", false) ? at : variant_);
      std::optional<Value> item = sampler.make(of_item, depth + 1);
      if (!item) break;
      out.push_back(*std::move(item));
    }
    return out;
  }

  std::optional<Value> object(const Value& schema, int depth) {
    const bool all = pick(2) == 1;
    json::Object out;
    const Value* required = schema.find("required");
    const auto wants = [&](const std::string& name) {
      return required != nullptr && required->is_array() &&
             std::ranges::find(required->as_array(), Value(name)) != required->as_array().end();
    };
    if (const Value* properties = schema.find("properties"); properties != nullptr && properties->is_object())
      for (const json::Member& member : properties->as_object()) {
        if (!all && !wants(member.key)) continue;
        Sampler sampler(variant_);
        std::optional<Value> value = sampler.make(member.value, depth + 1);
        if (!value && wants(member.key)) return std::nullopt;
        if (value) out.set(member.key, *std::move(value));
      }
    if (required != nullptr && required->is_array())
      for (const Value& name : required->as_array())
        if (name.is_string() && !out.contains(name.as_string())) add_other(schema, name.as_string(), depth, out);
    const std::int64_t least = json::integer_or(schema, "minProperties", 0);
    for (std::size_t i = 1; static_cast<std::int64_t>(out.size()) < least && i < kMembersMax; ++i)
      add_other(schema, "other" + std::to_string(i), depth, out);
    return out;
  }

  void add_other(const Value& schema, const std::string& name, int depth, json::Object& out) const {
    const Value* others = schema.find("additionalProperties");
    std::optional<Value> value =
        others == nullptr || !others->is_object() ? Value(1) : Sampler(variant_).make(*others, depth + 1);
    if (value) out.set(name, *std::move(value));
  }

  std::size_t variant_;
};

}  // namespace

std::optional<Value> sample(const Value& schema, std::size_t variant) { return Sampler(variant).make(schema, 0); }

std::vector<Value> numbers_around(const Value& one, const Value& other) {
  std::vector<Value> out{0, 1, -1, 2, 3, 0.5, -0.5, 1'000'000, -1'000'000, 1.25};
  std::vector<double> steps;
  for (const Value* schema : {&one, &other})
    if (const Value* step = schema->find("multipleOf"); step != nullptr && step->is_number())
      steps.push_back(step->as_double());
  const auto add = [&out](double value) {
    const bool whole =
        value >= -9e15 && value <= 9e15 && static_cast<double>(static_cast<std::int64_t>(value)) == value;
    out.push_back(whole ? Value(static_cast<std::int64_t>(value)) : Value(value));
  };
  for (const double step : steps)
    for (const double times : {1.0, 2.0, 3.0, -1.0, 0.5}) add(step * times);
  for (const Value* schema : {&one, &other})
    for (const char* key : {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}) {
      const Value* limit = schema->find(key);
      if (limit == nullptr || !limit->is_number()) continue;
      out.push_back(*limit);
      const double at = limit->as_double();
      for (const double by : {1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 0.001, -0.001}) add(at + by);
      for (const double step : steps)
        if (step > 0 && at / step < 9e15 && at / step > -9e15) {
          const double multiple = static_cast<double>(static_cast<std::int64_t>(at / step)) * step;
          for (const double by : {0.0, step, -step}) add(multiple + by);
        }
    }
  return out;
}

std::vector<Value> texts_around(const Value& one, const Value& other) {
  std::vector<Value> out;
  for (const std::string_view text : kTexts) out.emplace_back(text);
  for (const Value* schema : {&one, &other})
    for (const char* key : {"minLength", "maxLength"}) {
      const std::int64_t limit = json::integer_or(*schema, key, -1);
      if (limit < 0 || limit > kLengthMax) continue;
      for (const std::int64_t length : {limit, limit + 1, limit - 1})
        for (const char c : {'a', 'A', '0'})
          if (length >= 0) out.emplace_back(std::string(static_cast<std::size_t>(length), c));
    }
  return out;
}

}  // namespace lumenflow::catalogue
