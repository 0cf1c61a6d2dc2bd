// A schema, a newline, an instance: compiling and checking never crash or hang, and both ways of checking agree.
#include <string_view>

#include "base/check.h"
#include "json/schema.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lumenflow::json;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = text.find('\n');
  const auto document = parse(text.substr(0, end));
  if (!document.ok()) return 0;
  SchemaOptions options;
  options.assert_format = true;
  const auto schema = Schema::compile(*document, options);
  if (!schema.ok()) {
    LUMENFLOW_CHECK(!schema.error().details().empty());
    return 0;
  }
  const auto instance = parse(end == std::string_view::npos ? "null" : text.substr(end + 1));
  if (!instance.ok()) return 0;
  LUMENFLOW_CHECK(schema->accepts(*instance) == schema->validate(*instance).empty());
  const Value redacted = schema->redact_write_only(*instance, [](const Value&) { return Value("redacted"); });
  LUMENFLOW_CHECK(schema->has_write_only() || redacted == *instance);
  return 0;
}
