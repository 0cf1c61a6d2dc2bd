#include "kernel/tasks.h"

#include <algorithm>
#include <utility>

namespace lumenflow::kernel {
namespace {

constexpr std::size_t kClaimsPerRead = 256;
constexpr const char* kAllowedScopes = "allowed_scopes";

}  // namespace

Result<std::optional<pack::ScopeLayer>> scope_layer_of(const journal::Task& task) {
  const json::Value* written = task.spec.is_object() ? task.spec.find(kAllowedScopes) : nullptr;
  if (written == nullptr) return std::optional<pack::ScopeLayer>();
  if (!written->is_array())
    return Error(ErrorCode::kInvalidInput, "'spec.allowed_scopes' is a list of scopes",
                 {{std::string("/spec/") + kAllowedScopes, "must be an array"}});
  pack::ScopeLayer layer{"task:" + task.id, {}};
  for (std::size_t i = 0; i < written->as_array().size(); ++i) {
    Result<pack::Scope> scope = pack::parse_scope(written->as_array()[i]);
    if (!scope.ok()) {
      std::vector<ErrorDetail> faults = scope.error().details();
      for (ErrorDetail& fault : faults)
        fault.pointer.insert(0, "/spec/" + std::string(kAllowedScopes) + "/" + std::to_string(i));
      return Error(ErrorCode::kInvalidInput, scope.error().message(), std::move(faults));
    }
    layer.scopes.push_back(*std::move(scope));
  }
  return std::optional(std::move(layer));
}

Status Tasks::load() {
  claims_.clear();
  claimed_in_.clear();
  for (std::string after;;) {
    LUMENFLOW_TRY_ASSIGN(journal::TaskPage page, journal::claimed_tasks(log_.tables(), after, kClaimsPerRead));
    for (const journal::Task& task : page.items) note(task);
    if (page.next.empty()) return {};
    after = std::move(page.next);
  }
}

Status Tasks::put(const journal::Task* before, const journal::Task& task) {
  LUMENFLOW_TRY(journal::put_task(log_, before, task));
  if (before != nullptr && journal::is_claimed(*before)) forget(*before);
  if (journal::is_claimed(task)) note(task);
  return {};
}

const std::vector<Tasks::Claim>& Tasks::claims_of(std::string_view subject) const {
  static const std::vector<Claim> none;
  const auto found = claims_.find(subject);
  return found == claims_.end() ? none : found->second;
}

bool Tasks::holds(std::string_view subject, std::string_view task_id) const {
  return std::ranges::any_of(claims_of(subject), [&](const Claim& claim) { return claim.task_id == task_id; });
}

std::size_t Tasks::claimed_in(std::string_view lane) const {
  const auto found = claimed_in_.find(lane);
  return found == claimed_in_.end() ? 0 : found->second;
}

void Tasks::note(const journal::Task& task) {
  Result<std::optional<pack::ScopeLayer>> layer = scope_layer_of(task);
  // What cannot be read any more grants nothing.
  if (!layer.ok()) layer = std::optional(pack::ScopeLayer{"task:" + task.id, {}});
  claims_[task.claimed_by].push_back({task.id, task.lane, *std::move(layer)});
  if (!task.lane.empty()) ++claimed_in_[task.lane];
}

void Tasks::forget(const journal::Task& task) {
  if (const auto mine = claims_.find(task.claimed_by); mine != claims_.end()) {
    std::erase_if(mine->second, [&](const Claim& claim) { return claim.task_id == task.id; });
    if (mine->second.empty()) claims_.erase(mine);
  }
  if (const auto count = claimed_in_.find(task.lane); count != claimed_in_.end() && --count->second == 0)
    claimed_in_.erase(count);
}

}  // namespace lumenflow::kernel
