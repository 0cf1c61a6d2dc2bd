// Replacing what a schema marks `writeOnly`.
#pragma once

#include <functional>

#include "json/schema_program.h"

namespace lumenflow::json {

Value redact_marked(const SchemaProgram& program, const Value& instance,
                    const std::function<Value(const Value&)>& replace);

}  // namespace lumenflow::json
