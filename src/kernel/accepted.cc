#include "kernel/accepted.h"

#include "base/signing.h"
#include "journal/tables.h"
#include "lumenflow/json.h"

namespace lumenflow::kernel {
namespace {

constexpr std::string_view kConfigKey = "accepted_config";
constexpr std::string_view kOperatorKey = "operator_key";

std::string accepted_key(std::string_view name) { return journal::store_key("kernel", name); }

}  // namespace

Result<std::optional<AcceptedConfig>> accepted_config(const log::TableReader& tables) {
  LUMENFLOW_TRY_ASSIGN(const auto text, tables.get(journal::kStoreTable, accepted_key(kConfigKey)));
  if (!text) return std::optional<AcceptedConfig>();
  const Result<json::Value> value = json::parse(*text);
  if (!value.ok() || !value->is_object() || value->find("hash") == nullptr)
    return Error(ErrorCode::kJournalDamaged, "which lumenflow.yaml was accepted cannot be read");
  return std::optional(AcceptedConfig{std::string(json::string_or(*value, "hash", "")),
                                      json::boolean_or(*value, "production", false),
                                      std::string(json::string_or(*value, "text", ""))});
}

Status accept_config(log::Log& log, const WorkspaceConfig& config) {
  const json::Value value = json::Object{{"hash", config.hash},
                                         {"production", config.production},
                                         {"text", config.production ? config.text : std::string()}};
  return log.put(journal::kStoreTable, accepted_key(kConfigKey), json::serialize(value));
}

Result<std::string> pinned_operator_key(const log::TableReader& tables) {
  LUMENFLOW_TRY_ASSIGN(auto pem, tables.get(journal::kStoreTable, accepted_key(kOperatorKey)));
  return std::move(pem).value_or(std::string());
}

Status pin_operator_key(log::Log& log, const std::string& public_pem) {
  return log.put(journal::kStoreTable, accepted_key(kOperatorKey), public_pem);
}

std::string thumbprint_of(const std::string& public_pem) { return p256_thumbprint(public_pem).value_or("none"); }

}  // namespace lumenflow::kernel
