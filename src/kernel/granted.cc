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

std::string conductor_subject(std::string_view workspace_id) { return std::string(workspace_id) + ":conductor"; }

Result<std::optional<Credential>> grant_of(const log::TableReader& tables, const std::string& subject) {
  LUMENFLOW_TRY_ASSIGN(const auto found, tables.get(journal::kStoreTable, grant_key(subject)));
  if (!found) return std::optional<Credential>();
  LUMENFLOW_TRY_ASSIGN(const json::Value record, json::parse(*found));
  Credential credential;
  credential.subject = Subject(subject);
  credential.token_id = json::string_or(record, "token_id", "");
  if (const json::Value* scopes = record.find("scopes"); scopes != nullptr && scopes->is_array())
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
