// JSON Schema 2020-12, compiled once and then evaluated without allocation on the happy path (but for `propertyNames`,
// large `uniqueItems` and `unevaluated...` of more than 64 children).
//
// A compiled schema is immutable and may be used by any number of threads at once. Patterns are RE2's (linear time; no
// look-around, no back-references: compiling says so). Recursion and work per evaluation are bounded: an instance that
// would go beyond is not accepted, and validate() says so.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/json.h"

namespace lumenflow::json {

struct SchemaOptions {
  // Off: `format` is an annotation, as the specification's default. On: date-time date time email hostname ipv4 ipv6
  // uri uuid regex json-pointer are checked; other formats stay annotations.
  bool assert_format = false;
  // Documents that $ref may name, by absolute URI; consulted instead of any network.
  const std::map<std::string, Value>* documents = nullptr;
  std::size_t errors_max = 20;  // validate() stops collecting there
};

struct SchemaProgram;

class Schema {
 public:
  // INVALID_CONFIGURATION with JSON pointers into the schema when it is not a valid 2020-12 schema, refers to what is
  // not there, or uses a pattern that RE2 lacks.
  static Result<Schema> compile(const Value& schema, const SchemaOptions& options = {});

  Schema(Schema&&) noexcept;
  Schema& operator=(Schema&&) noexcept;
  ~Schema();

  bool accepts(const Value& instance) const;
  // Empty when valid; otherwise each place and reason, ordered by where they stand in the schema.
  std::vector<ErrorDetail> validate(const Value& instance) const;

  // Whether the schema marks any position `writeOnly: true`, and the instance with every such value replaced. On the
  // safe side: every branch of allOf, anyOf, oneOf, if and dependentSchemas counts, whether or not it matches.
  bool has_write_only() const;
  Value redact_write_only(const Value& instance, const std::function<Value(const Value&)>& replace) const;

 private:
  explicit Schema(std::unique_ptr<SchemaProgram> program);
  std::unique_ptr<SchemaProgram> program_;
};

// Linear-time check of one of the formats named in SchemaOptions; true for a format that is not one of them.
bool matches_format(std::string_view format, std::string_view text);

}  // namespace lumenflow::json
