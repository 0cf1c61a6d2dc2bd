// Any bytes: parsing never crashes, and what it accepts is written back as the same value.
#include "base/check.h"
#include "base/encoding.h"
#include "json/canonical.h"
#include "json/number.h"
#include "lumenflow/json.h"

namespace {

using lumenflow::json::Value;

bool all_utf8(const Value& value) {
  if (const std::string* text = value.if_string()) return lumenflow::is_valid_utf8(*text);
  if (const auto* array = value.if_array())
    for (const Value& item : *array)
      if (!all_utf8(item)) return false;
  if (const auto* object = value.if_object())
    for (const auto& member : *object)
      if (!lumenflow::is_valid_utf8(member.key) || !all_utf8(member.value)) return false;
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = lumenflow::json::parse({reinterpret_cast<const char*>(data), size});
  if (!value.ok()) return 0;
  LUMENFLOW_CHECK(all_utf8(*value));
  const auto again = lumenflow::json::parse(serialize(*value));
  LUMENFLOW_CHECK(again.ok() && *again == *value && hash_value(*again) == hash_value(*value));
  const auto pretty = lumenflow::json::parse(serialize_pretty(*value));
  LUMENFLOW_CHECK(pretty.ok() && *pretty == *value);
  const auto text = canonical(*value);
  if (!text.ok()) return 0;
  const auto reread = lumenflow::json::parse(*text);
  LUMENFLOW_CHECK(reread.ok() && canonical(*reread).ok() && *canonical(*reread) == *text);
  return 0;
}
