// The documents that a schema is made of: which subschema stands where, and what a reference names.
//
// A document is walked once; every subschema in it is then known with its resource (the part under one $id), anchors
// and pointer. Documents beyond the first are taken in when a reference names them, from the caller's map or from the
// 2020-12 metaschemas; nothing is fetched. Lives while a schema is compiled; borrows the caller's documents.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "json/schema.h"
#include "json/uri.h"

namespace lumenflow::json {

// Groups of keywords that a dialect switches on (JSON Schema core, 8.1.2).
enum Vocabulary : std::uint32_t {
  kCore = 1,
  kApplicator = 2,
  kUnevaluated = 4,
  kValidation = 8,
  kMetaData = 16,
  kFormatAnnotation = 32,
  kFormatAssertion = 64,
  kContent = 128,
};

// What is wrong with a schema, collected up to a limit.
class Problems {
 public:
  void add(std::string pointer, std::string reason) {
    if (details_.size() < kDetailsMax) details_.push_back({std::move(pointer), std::move(reason)});
  }
  bool empty() const { return details_.empty(); }
  std::vector<ErrorDetail> take() { return std::move(details_); }

 private:
  static constexpr std::size_t kDetailsMax = 20;
  std::vector<ErrorDetail> details_;
};

class SchemaSource {
 public:
  struct Place {
    std::uint32_t resource;
    std::uint32_t ordinal;  // in the order of the walk
    std::string document;   // its URI; empty for the schema that is compiled
    std::string pointer;    // within the document
  };
  struct Resource {
    Uri base;
    std::uint32_t vocabularies;
    std::map<std::string, const Value*, std::less<>> anchors;  // both kinds
    std::map<std::string, const Value*, std::less<>> dynamic_anchors;
  };
  struct Target {
    const Value* schema;
    std::uint32_t resource;
    std::string fragment;  // as written, decoded
  };

  SchemaSource(const Value& schema, const SchemaOptions& options, Problems& problems);

  // Null for what stands too deep to have been walked, which is a problem already.
  const Place* place(const Value& subschema) const {
    const auto known = places_.find(&subschema);
    return known == places_.end() ? nullptr : &known->second;
  }
  const Resource& resource(std::uint32_t index) const { return resources_[index]; }
  std::size_t resource_count() const { return resources_.size(); }
  // Subschemas of the compiled schema itself, in order.
  const std::vector<const Value*>& own_subschemas() const { return own_; }

  // What the reference names when it stands in that resource; an error says what is missing.
  Result<Target> resolve(std::string_view reference, std::uint32_t resource);

 private:
  struct Context {
    std::uint32_t resource;
    const std::string* document;
    bool own;
  };

  void take_in(const Value& document, const std::string& uri, bool own);
  bool load(const std::string& uri);
  // `pointer` is one text for the whole walk, which goes down and up again in it.
  void walk(const Value& schema, Context context, std::string& pointer, int depth);
  void walk_children(const Object& schema, const Context& context, std::string& pointer, int depth);
  std::uint32_t begin_resource(const Value& schema, const Context& context, const std::string& pointer, Uri base);
  void add_anchor(const Value& schema, std::string_view keyword, const Context& context, const std::string& pointer);
  std::uint32_t dialect(const std::string& uri, const Context& context, const std::string& pointer);
  const Value* document_at(const std::string& uri);
  Result<Target> resolve_pointer(std::uint32_t resource, const std::string& fragment, std::string_view reference);
  void problem(const Context& context, std::string pointer, std::string reason);

  const SchemaOptions& options_;
  Problems& problems_;
  std::vector<Resource> resources_;
  std::vector<const Value*> roots_;              // of the resources
  std::map<std::string, std::uint32_t> by_uri_;  // absolute URI without fragment -> resource
  std::map<std::string, std::unique_ptr<Value>> metaschemas_;
  std::unordered_map<const Value*, Place> places_;
  std::vector<const Value*> own_;
};

}  // namespace lumenflow::json
