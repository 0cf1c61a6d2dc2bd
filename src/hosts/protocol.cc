#include "hosts/protocol.h"

#include <utility>

#include "base/check.h"
#include "lumenflow_hosts_files.h"

namespace lumenflow::hosts {
namespace {

// What is compiled in is well formed: tests read all of it.
json::Value embedded(std::string_view path) {
  for (const pack::BuiltinPack::File& file : embedded::lumenflow_hosts_files())
    if (file.path == path) {
      Result<json::Value> value = json::parse(file.content);
      LUMENFLOW_CHECK(value.ok());
      return *std::move(value);
    }
  LUMENFLOW_CHECK(false);
}

std::unique_ptr<json::Schema> compiled(std::string_view path) {
  Result<json::Schema> schema = json::Schema::compile(embedded(path));
  LUMENFLOW_CHECK(schema.ok());
  return std::make_unique<json::Schema>(*std::move(schema));
}

Status check(const json::Schema& schema, const json::Value& value, std::string_view what) {
  if (schema.accepts(value)) return {};
  return Error(ErrorCode::kInvalidInput, std::string(what) + " does not match its schema", schema.validate(value));
}

}  // namespace

Protocol::Protocol() {
  const json::Value index = embedded("index.json");
  for (const json::Value& entry : index.find("methods")->as_array()) {
    Method method;
    method.from_pack = json::string_or(entry, "from", "") == "pack";
    method.params = compiled(json::string_or(entry, "params", ""));
    if (const json::Value* result = entry.find("result")) method.result = compiled(result->as_string());
    methods_.emplace(json::string_or(entry, "method", ""), std::move(method));
  }
}

Status Protocol::check_params(std::string_view method, const json::Value& params) const {
  const auto found = methods_.find(method);
  LUMENFLOW_CHECK(found != methods_.end());
  return check(*found->second.params, params, "params of " + found->first);
}

Status Protocol::check_result(std::string_view method, const json::Value& result) const {
  const auto found = methods_.find(method);
  LUMENFLOW_CHECK(found != methods_.end() && found->second.result != nullptr);
  return check(*found->second.result, result, "the answer to " + found->first);
}

bool Protocol::from_pack(std::string_view method) const {
  const auto found = methods_.find(method);
  return found != methods_.end() && found->second.from_pack;
}

}  // namespace lumenflow::hosts
