#include "kernel/granted.h"

#include <algorithm>
#include <utility>

#include "journal/tables.h"

namespace lumenflow::kernel {
namespace {

std::string grant_key(std::string_view subject) {
  return journal::store_key("kernel", std::string(kGrantPrefix) + std::string(subject));
}

}  // namespace

json::Value grant_record(const std::vector<std::string>& scopes, std::string_view token_id) {
  return json::Object{{"scopes", json::Array(scopes.begin(), scopes.end())}, {"token_id", std::string(token_id)}};
}

json::Value grant_record(const std::vector<std::string>& scopes, std::string_view token_id, const GrantLife& life) {
  json::Value record = grant_record(scopes, token_id);
  record.as_object().set("issued_ms", life.issued_at.ms);
  record.as_object().set("expires_ms", life.expires_at.ms);
  record.as_object().set("given", life.given);
  return record;
}

std::optional<GrantLife> life_of(const json::Value& grant) {
  if (grant.find("expires_ms") == nullptr) return std::nullopt;
  return GrantLife{{json::integer_or(grant, "issued_ms", 0)},
                   {json::integer_or(grant, "expires_ms", 0)},
                   json::boolean_or(grant, "given", false)};
}

Result<std::optional<json::Value>> grant_document(const log::TableReader& tables, std::string_view subject) {
  LUMENFLOW_TRY_ASSIGN(const auto found, tables.get(journal::kStoreTable, grant_key(subject)));
  if (!found) return std::optional<json::Value>();
  LUMENFLOW_TRY_ASSIGN(json::Value record, json::parse(*found));
  return std::optional(std::move(record));
}

Status note_given(log::Log& log, const std::string& subject, std::string_view token_id) {
  LUMENFLOW_TRY_ASSIGN(auto grant, grant_document(log.tables(), subject));
  if (!grant || json::string_or(*grant, "token_id", "") != token_id) return {};
  grant->as_object().set("given", true);
  return log.put(journal::kStoreTable, grant_key(subject), json::serialize(*grant));
}

std::string conductor_subject(std::string_view workspace_id) { return std::string(workspace_id) + ":conductor"; }

Result<std::optional<Credential>> grant_of(const log::TableReader& tables, const std::string& subject) {
  LUMENFLOW_TRY_ASSIGN(const auto record, grant_document(tables, subject));
  if (!record) return std::optional<Credential>();
  Credential credential;
  credential.subject = Subject(subject);
  credential.token_id = json::string_or(*record, "token_id", "");
  if (const auto life = life_of(*record)) credential.expires_at = life->expires_at;
  if (const json::Value* scopes = record->find("scopes"); scopes != nullptr && scopes->is_array())
    for (const json::Value& scope : scopes->as_array())
      if (const std::string* name = scope.if_string()) credential.scopes.push_back(*name);
  return std::optional(std::move(credential));
}

Result<Position> enrollment_begin(const log::Log& log) {
  LUMENFLOW_TRY_ASSIGN(const auto backlog,
                       log.tables().get(journal::kStoreTable, journal::store_key("kernel", kBacklogKey)));
  return backlog ? Position(0) : Position(log.next_position().value() - 1);
}

std::vector<std::string> common_scopes(const Credential& one, const Credential& other) {
  std::vector<std::string> both;
  const auto take = [&both](const Credential& from, const Credential& held_by) {
    for (const std::string& scope : from.scopes) {
      const bool of_workspace = scope == "workspace";
      const std::vector<std::string> parts = of_workspace
                                                 ? std::vector<std::string>{"tools:read", "tools:write", "events:read"}
                                                 : std::vector<std::string>{scope};
      for (const std::string& part : parts) {
        const std::size_t pack = part.find(':', part.find(':') + 1);
        const bool held = holds_scope(held_by, part, "") ||
                          (pack != std::string::npos && holds_scope(held_by, part.substr(0, pack), ""));
        if (held && std::ranges::find(both, part) == both.end()) both.push_back(part);
      }
    }
  };
  take(one, other);
  take(other, one);
  return both;
}

}  // namespace lumenflow::kernel
