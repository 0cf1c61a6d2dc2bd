// Inputs made from a JSON Schema: such as it accepts, and such as it refuses.
//
// Guided by the schema's own words: limits, names, patterns, formats, branches. Bounded in size, depth and attempts,
// and the same for the same schema and seed. What the generator cannot reach (a `not` that leaves little, two patterns
// at once) it says by giving nothing: every sample has been judged by the compiled schema. Not thread safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conformance/draw.h"
#include "json/schema.h"
#include "lumenflow/json.h"

namespace lumenflow::conformance {

struct BadSample {
  json::Value value;
  std::string what;  // what is wrong with it: "/title left out"
};

class SchemaSamples {
 public:
  // Whether the schema accepts a value; a pack's own rule of what counts may stand before it.
  using Judge = std::function<bool(const json::Value&)>;

  // `schema` is the schema as written and outlives this; `accepts` is what it means.
  SchemaSamples(const json::Value& schema, Judge accepts, std::uint64_t seed);

  // Nothing after a bounded number of attempts. With `all_members` false the first attempts leave out what may be left
  // out.
  std::optional<json::Value> good(bool all_members = true);
  // Nothing likewise: a schema that accepts everything has no bad sample.
  std::optional<BadSample> bad();

 private:
  json::Value make(const json::Value& schema, int depth);
  json::Value make_text(const json::Value& schema);
  json::Value make_number(const json::Value& schema, bool integer);
  json::Value make_array(const json::Value& schema, int depth);
  json::Value make_object(const json::Value& schema, int depth);
  // The schema with its $ref, allOf, and one branch each of anyOf, oneOf and if taken in.
  json::Value flat(const json::Value& schema, bool with_branches, int depth);
  json::Value merged(const json::Value& schema, const json::Value& other);

  const json::Value& schema_;
  const Judge accepts_;
  Draw draw_;
  std::size_t members_ = 0;  // one in how many optional members is left out; 0: none is
};

}  // namespace lumenflow::conformance
