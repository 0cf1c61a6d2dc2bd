#include "json/schema_source.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "json/metaschema.h"

namespace lumenflow::json {
namespace {

constexpr int kSourceDepthMax = 256;  // nested subschemas
constexpr std::uint32_t kDefaultVocabularies =
    kCore | kApplicator | kUnevaluated | kValidation | kMetaData | kFormatAnnotation | kContent;
constexpr std::string_view kDialect = "https://json-schema.org/draft/2020-12/schema";
constexpr std::string_view kVocabularyBase = "https://json-schema.org/draft/2020-12/vocab/";

enum class Shape { kSchema, kList, kMap };  // what a keyword's value holds

struct Applicator {
  std::string_view keyword;
  Shape shape;
};

constexpr std::array kApplicators = std::to_array<Applicator>({
    {"$defs", Shape::kMap},
    {"definitions", Shape::kMap},
    {"properties", Shape::kMap},
    {"patternProperties", Shape::kMap},
    {"dependentSchemas", Shape::kMap},
    {"dependencies", Shape::kMap},
    {"allOf", Shape::kList},
    {"anyOf", Shape::kList},
    {"oneOf", Shape::kList},
    {"prefixItems", Shape::kList},
    {"items", Shape::kSchema},
    {"contains", Shape::kSchema},
    {"additionalProperties", Shape::kSchema},
    {"propertyNames", Shape::kSchema},
    {"unevaluatedItems", Shape::kSchema},
    {"unevaluatedProperties", Shape::kSchema},
    {"if", Shape::kSchema},
    {"then", Shape::kSchema},
    {"else", Shape::kSchema},
    {"not", Shape::kSchema},
    {"contentSchema", Shape::kSchema},
});

std::uint32_t vocabulary_bit(std::string_view uri) {
  constexpr std::array<std::string_view, 8> kNames = {
      "core",      "applicator",        "unevaluated",      "validation",
      "meta-data", "format-annotation", "format-assertion", "content"};
  if (!uri.starts_with(kVocabularyBase)) return 0;
  uri.remove_prefix(kVocabularyBase.size());
  const auto* name = std::find(kNames.begin(), kNames.end(), uri);
  return name == kNames.end() ? 0 : 1u << (name - kNames.begin());
}

// JSON Schema core, 8.2.2.
bool is_anchor(std::string_view name) {
  constexpr std::string_view kStart = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
  return !name.empty() && kStart.find(name.front()) != std::string_view::npos &&
         std::all_of(name.begin(), name.end(), [kStart](char c) {
           return kStart.find(c) != std::string_view::npos || (c >= '0' && c <= '9') || c == '-' || c == '.';
         });
}

void append_pointer_token(std::string_view token, std::string& pointer) {
  pointer += '/';
  if (token.find_first_of("~/") == std::string_view::npos)
    pointer += token;
  else
    pointer += escape_pointer_token(token);
}

}  // namespace

SchemaSource::SchemaSource(const Value& schema, const SchemaOptions& options, Problems& problems)
    : options_(options), problems_(problems) {
  take_in(schema, "", true);
}

void SchemaSource::problem(const Context& context, std::string pointer, std::string reason) {
  if (!context.own) {
    pointer = *context.document + "#" + pointer;
  }
  problems_.add(std::move(pointer), std::move(reason));
}

void SchemaSource::take_in(const Value& document, const std::string& uri, bool own) {
  const Context context{0, &uri, own};
  const std::uint32_t resource = begin_resource(document, context, "", split_uri(uri));
  by_uri_.emplace(uri, resource);
  std::string pointer;
  walk(document, {resource, &uri, own}, pointer, 0);
}

// The resource whose root the schema is: named by its $id, read in the dialect of its $schema.
std::uint32_t SchemaSource::begin_resource(const Value& schema, const Context& context, const std::string& pointer,
                                           Uri base) {
  const bool is_document = pointer.empty();
  std::uint32_t vocabularies = is_document ? kDefaultVocabularies : resources_[context.resource].vocabularies;
  if (const Value* dialect_uri = schema.find("$schema"); dialect_uri != nullptr && dialect_uri->is_string())
    vocabularies = dialect(dialect_uri->as_string(), context, pointer + "/$schema");
  const auto index = static_cast<std::uint32_t>(resources_.size());
  if (const Value* id = schema.find("$id"); id != nullptr && id->is_string()) {
    const Uri own = split_uri(id->as_string());
    if (own.fragment && !own.fragment->empty())
      problem(context, pointer + "/$id", "must not have a fragment: name a place with $anchor");
    base = resolve_uri(base, own);
    base.fragment.reset();
    const auto [at, added] = by_uri_.emplace(base.to_string(), index);
    if (!added && context.own) problem(context, pointer + "/$id", "is the URI of another schema already");
  }
  resources_.push_back({std::move(base), vocabularies, {}, {}});
  roots_.push_back(&schema);
  return index;
}

std::uint32_t SchemaSource::dialect(const std::string& uri, const Context& context, const std::string& pointer) {
  const std::string absolute = split_uri(uri).without_fragment();
  if (absolute == kDialect) return kDefaultVocabularies;
  const Value* metaschema = document_at(absolute);
  if (metaschema == nullptr) {
    problem(context, pointer, "names the dialect " + uri + ", which is not supported: use " + std::string(kDialect));
    return kDefaultVocabularies;
  }
  const Value* vocabulary = metaschema->find("$vocabulary");
  if (vocabulary == nullptr || !vocabulary->is_object()) return kDefaultVocabularies;
  std::uint32_t bits = kCore;
  for (const Member& member : vocabulary->as_object()) {
    const std::uint32_t bit = vocabulary_bit(member.key);
    bits |= bit;
    const bool required = member.value.is_boolean() && member.value.as_boolean();
    if (bit == 0 && required)
      problem(context, pointer, "requires the vocabulary " + member.key + ", which is not supported");
  }
  return bits;
}

const Value* SchemaSource::document_at(const std::string& uri) {
  if (options_.documents != nullptr) {
    const auto given = options_.documents->find(uri);
    if (given != options_.documents->end()) return &given->second;
  }
  if (const auto known = metaschemas_.find(uri); known != metaschemas_.end()) return known->second.get();
  const std::string_view text = metaschema_text(uri);
  if (text.empty()) return nullptr;
  Result<Value> parsed = parse(text);
  if (!parsed.ok()) return nullptr;
  return metaschemas_.emplace(uri, std::make_unique<Value>(std::move(*parsed))).first->second.get();
}

bool SchemaSource::load(const std::string& uri) {
  if (by_uri_.contains(uri)) return true;
  const Value* document = document_at(uri);
  if (document == nullptr) return false;
  take_in(*document, uri, false);
  return true;
}

void SchemaSource::walk(const Value& schema, Context context, std::string& pointer, int depth) {
  if (places_.contains(&schema)) return;
  if (depth > kSourceDepthMax) return problem(context, pointer, "is nested too deeply");
  if (!pointer.empty() && schema.find("$id") != nullptr && schema.find("$id")->is_string())
    context.resource = begin_resource(schema, context, pointer, resources_[context.resource].base);
  const auto ordinal = static_cast<std::uint32_t>(places_.size());
  places_.emplace(&schema, Place{context.resource, ordinal, context.own ? "" : *context.document, pointer});
  if (context.own) own_.push_back(&schema);
  if (!schema.is_object()) return;
  add_anchor(schema, "$anchor", context, pointer);
  add_anchor(schema, "$dynamicAnchor", context, pointer);
  walk_children(schema.as_object(), context, pointer, depth);
}

void SchemaSource::walk_children(const Object& schema, const Context& context, std::string& pointer, int depth) {
  const auto walk_below = [&](std::string_view token, const Value& child) {
    const std::size_t here = pointer.size();
    append_pointer_token(token, pointer);
    walk(child, context, pointer, depth + 1);
    pointer.resize(here);
  };
  const std::size_t here = pointer.size();
  for (const Member& member : schema) {
    const auto* applicator = std::find_if(kApplicators.begin(), kApplicators.end(),
                                          [&member](const Applicator& a) { return a.keyword == member.key; });
    if (applicator == kApplicators.end()) continue;
    if (applicator->shape == Shape::kSchema) {
      walk_below(member.key, member.value);
      continue;
    }
    append_pointer_token(member.key, pointer);
    if (const Array* list = member.value.if_array(); list != nullptr && applicator->shape == Shape::kList)
      for (std::size_t i = 0; i < list->size(); ++i) walk_below(std::to_string(i), (*list)[i]);
    if (const Object* map = member.value.if_object(); map != nullptr && applicator->shape == Shape::kMap)
      for (const Member& entry : *map)
        if (member.key != "dependencies" || !entry.value.is_array()) walk_below(entry.key, entry.value);
    pointer.resize(here);
  }
}

void SchemaSource::add_anchor(const Value& schema, std::string_view keyword, const Context& context,
                              const std::string& pointer) {
  const Value* anchor = schema.find(keyword);
  if (anchor == nullptr) return;
  const std::string at = pointer + "/" + std::string(keyword);
  if (!anchor->is_string() || !is_anchor(anchor->as_string()))
    return problem(context, at, "must be a name of letters, digits, '-', '_' and '.'");
  Resource& resource = resources_[context.resource];
  const auto [existing, added] = resource.anchors.emplace(anchor->as_string(), &schema);
  if (!added && existing->second != &schema) problem(context, at, "is the name of another place already");
  if (keyword == "$dynamicAnchor") resource.dynamic_anchors.emplace(anchor->as_string(), &schema);
}

Result<SchemaSource::Target> SchemaSource::resolve(std::string_view reference, std::uint32_t resource) {
  const Uri target = resolve_uri(resources_[resource].base, split_uri(reference));
  const std::string document = target.without_fragment();
  const auto missing = [reference](const std::string& what) {
    return Error(ErrorCode::kInvalidConfiguration, "refers to " + std::string(reference) + ", " + what);
  };
  const bool same = !split_uri(reference).scheme && document == resources_[resource].base.without_fragment();
  if (!same && !load(document)) return missing("but no document of that name was given, and none is fetched");
  const std::uint32_t index = same ? resource : by_uri_.at(document);
  const std::optional<std::string> fragment = percent_decode(target.fragment.value_or(""));
  if (!fragment) return missing("whose fragment is badly escaped");
  if (fragment->empty()) return Target{roots_[index], index, ""};
  if (fragment->front() == '/') return resolve_pointer(index, *fragment, reference);
  const auto anchor = resources_[index].anchors.find(*fragment);
  if (anchor == resources_[index].anchors.end()) return missing("but there is no such anchor");
  return Target{anchor->second, index, *fragment};
}

// Down from the resource's root, which may lead through subschemas with an $id of their own.
Result<SchemaSource::Target> SchemaSource::resolve_pointer(std::uint32_t resource, const std::string& fragment,
                                                           std::string_view reference) {
  const Value* schema = roots_[resource];
  const Place* nearest = &places_.at(schema);
  for (std::size_t begin = 0; begin < fragment.size();) {
    const std::size_t end = std::min(fragment.find('/', begin + 1), fragment.size());
    schema = schema->at_pointer(std::string_view(fragment).substr(begin, end - begin));
    if (schema == nullptr) {
      std::string message = "refers to " + std::string(reference) + ", but there is nothing at that place";
      return Error(ErrorCode::kInvalidConfiguration, std::move(message));
    }
    if (const auto known = places_.find(schema); known != places_.end()) nearest = &known->second;
    begin = end;
  }
  if (!places_.contains(schema)) {  // below a keyword that holds no schemas
    const std::string document = nearest->document;
    const Context context{nearest->resource, &document, nearest->document.empty()};
    std::string pointer = places_.at(roots_[resource]).pointer + fragment;
    walk(*schema, context, pointer, 0);
  }
  const Place* found = place(*schema);
  return Target{schema, found != nullptr ? found->resource : resource, fragment};
}

}  // namespace lumenflow::json
