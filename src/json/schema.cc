#include "json/schema.h"

#include "json/schema_compile.h"
#include "json/schema_evaluate.h"
#include "json/schema_program.h"
#include "json/schema_redact.h"

namespace lumenflow::json {

Schema::Schema(std::unique_ptr<SchemaProgram> program) : program_(std::move(program)) {}
Schema::Schema(Schema&&) noexcept = default;
Schema& Schema::operator=(Schema&&) noexcept = default;
Schema::~Schema() = default;

Result<Schema> Schema::compile(const Value& schema, const SchemaOptions& options) {
  LUMENFLOW_TRY_ASSIGN(std::unique_ptr<SchemaProgram> program, SchemaCompiler(schema, options).run());
  return Schema(std::move(program));
}

bool Schema::accepts(const Value& instance) const { return SchemaEvaluator(*program_).accepts(instance); }

std::vector<ErrorDetail> Schema::validate(const Value& instance) const {
  if (accepts(instance)) return {};
  return SchemaEvaluator(*program_).explain(instance);
}

bool Schema::has_write_only() const { return program_->has_write_only; }

Value Schema::redact_write_only(const Value& instance, const std::function<Value(const Value&)>& replace) const {
  if (!program_->has_write_only) return instance;
  return redact_marked(*program_, instance, replace);
}

}  // namespace lumenflow::json
