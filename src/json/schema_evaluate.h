// Runs a compiled schema against one instance, either for the verdict alone or for the reasons too.
//
// One evaluator per evaluation; it borrows program and instance. Nested evaluations and their number are bounded, so
// that no schema, however hostile, overflows the stack or runs for ever.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/schema_program.h"

namespace lumenflow::json {

// Which items or members of one instance some keyword has evaluated; for unevaluatedItems and unevaluatedProperties.
class Evaluated {
 public:
  explicit Evaluated(std::size_t size) {
    if (size > 64) more_.resize((size - 1) / 64);
  }
  void mark(std::size_t i) { word(i) |= std::uint64_t{1} << (i % 64); }
  void mark_all() { all_ = true; }
  bool has(std::size_t i) const { return all_ || (const_cast<Evaluated*>(this)->word(i) >> (i % 64) & 1) != 0; }
  void merge(const Evaluated& other) {
    all_ = all_ || other.all_;
    first_ |= other.first_;
    for (std::size_t i = 0; i < more_.size(); ++i) more_[i] |= other.more_[i];
  }

 private:
  std::uint64_t& word(std::size_t i) { return i < 64 ? first_ : more_[i / 64 - 1]; }

  bool all_ = false;
  std::uint64_t first_ = 0;
  std::vector<std::uint64_t> more_;
};

class SchemaEvaluator {
 public:
  explicit SchemaEvaluator(const SchemaProgram& program) : program_(program) {}

  bool accepts(const Value& instance);
  std::vector<ErrorDetail> explain(const Value& instance);

 private:
  // The way down to where evaluation is, for JSON pointers; only kept when reasons are wanted.
  struct Step {
    const Step* parent;
    const std::string* key;  // null for an item
    std::size_t index;
  };
  // The schema resources that evaluation has come through, innermost first.
  struct Scope {
    const Scope* outer;
    std::uint32_t resource;
  };
  struct Reason {
    std::uint32_t ordinal;
    ErrorDetail detail;
  };

  // False when the instance does not match. kExplain goes on after a failure and collects reasons.
  template <bool kExplain>
  bool check(const Node& node, const Value& value, Evaluated* seen);
  template <bool kExplain>
  bool check_rules(const Node& node, const Value& value, Evaluated* seen);
  template <bool kExplain>
  bool check_values(const Node& node, const Value& value);
  template <bool kExplain>
  bool check_number(const Node& node, const Value& value);
  template <bool kExplain>
  bool check_string(const Node& node, const std::string& text);
  template <bool kExplain>
  bool check_array(const Node& node, const Array& array, Evaluated* seen);
  template <bool kExplain>
  bool check_contains(const Node& node, const Array& array, Evaluated* seen);
  template <bool kExplain>
  bool check_object(const Node& node, const Value& value, Evaluated* seen);
  template <bool kExplain>
  bool check_member(const Node& node, const Member& member, const NameRule* rule, bool& known);
  template <bool kExplain>
  bool check_dependencies(const Node& node, const Value& value, Evaluated* seen);
  template <bool kExplain>
  bool check_references(const Node& node, const Value& value, Evaluated* seen);
  template <bool kExplain>
  bool check_alternatives(const Node& node, const Value& value, Evaluated* seen);
  template <bool kExplain>
  bool check_condition(const Node& node, const Value& value, Evaluated* seen);
  template <bool kExplain>
  bool check_unevaluated(const Node& node, const Value& value, Evaluated& seen);
  template <bool kExplain>
  bool check_child(const Node& node, const Value& value, const std::string* key, std::size_t index);

  // Matches `branch` on the side: nothing is reported, and marks count only when it matches.
  bool matches_aside(const Node& branch, const Value& value, Evaluated* seen);
  std::string why_not(const std::vector<const Node*>& branches, const Value& value);
  const Node& dynamic_target(const Node& node) const;
  bool enough() const { return reasons_.size() >= program_.errors_max; }

  // Always false. The reason is only made when it is wanted.
  template <bool kExplain, class MakeReason>
  bool fail(const Node& node, const MakeReason& reason);
  std::string pointer() const;

  const SchemaProgram& program_;
  const Scope* scope_ = nullptr;
  const Step* step_ = nullptr;
  std::vector<Reason> reasons_;
  int depth_ = 0;
  std::uint64_t checks_ = 0;
  bool within_why_not_ = false;
  bool exhausted_ = false;  // a bound was met: whatever comes out is no verdict
};

}  // namespace lumenflow::json
