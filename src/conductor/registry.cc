#include "conductor/registry.h"

#include <utility>

#include "base/sha256.h"
#include "conductor/authenticator.h"

namespace lumenflow::conductor {
namespace {

constexpr std::size_t kRegistryHashBytesMax = 128;

}  // namespace

void keep_registry(Context& context, const std::string& workspace, const std::string& text,
                   std::function<void(const Result<std::string>&)> done) {
  const Result<json::Value> document = json::parse(text);
  const json::Value* tools = document.ok() ? document->find("tools") : nullptr;
  const std::string registry_hash(document.ok() ? json::string_or(*document, "registry_hash", "") : "");
  if (tools == nullptr || !tools->is_array() || registry_hash.empty() || registry_hash.size() > kRegistryHashBytesMax ||
      json::string_or(*document, "workspace_id", "") != workspace)
    return done(Error(ErrorCode::kInvalidRequest, "send what GET /tools of this workspace's sidecar answers"));
  const std::string hash = sha256_hex(text);
  const auto there = context.store.records->get(kRegistriesTable, workspace);
  if (!there.ok()) return done(there.error());
  if (*there && json::string_or(parsed(**there), "sha256", "") == hash) return done(hash);
  const json::Object record{{"sha256", hash}, {"registry_hash", registry_hash}, {"document", text}};
  std::vector<RecordChange> changes{
      {kRegistriesTable, workspace, *there ? (*there)->version : 0, json::serialize(record)}};
  Act act{"conductor.registry_changed", workspace, workspace, {}};
  act.details = {{"sha256", hash}, {"registry_hash", registry_hash}};
  context.acts.change(std::move(changes), act, [hash, done = std::move(done)](const Status& kept) {
    done(kept.ok() ? Result<std::string>(hash) : Result<std::string>(kept.error()));
  });
}

}  // namespace lumenflow::conductor
