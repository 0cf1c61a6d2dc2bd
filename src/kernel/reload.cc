// Another configuration and other packs, without a call being dropped: it is recorded, and counts once that is durable.
#include "kernel/reload.h"

#include <algorithm>
#include <utility>

#include "journal/tables.h"
#include "kernel/accepted.h"
#include "kernel/automate.h"
#include "kernel/config_difference.h"
#include "kernel/kernel.h"

namespace lumenflow::kernel {
namespace {

constexpr std::string_view kToolsKey = "registry_hash";

void add(std::string& summary, const std::string& what) { summary += (summary.empty() ? "" : ", ") + what; }

std::string summary_of(const WorkspaceConfig& config_before, const WorkspaceConfig& config,
                       const pack::Registry& before, const pack::Registry& after) {
  std::string summary;
  if (config_before.hash != config.hash) {
    const std::string difference = config_difference(config_before.text, config.text);
    add(summary, "lumenflow.yaml changed" + (difference.empty() ? "" : " (" + difference + ")"));
  }
  for (const auto& pack : after.packs()) {
    const std::string& id = pack->manifest.id;
    const pack::LoadedPack* was = before.find_pack(id);
    if (was == nullptr)
      add(summary, "pack " + id + " added");
    else if (was->origin.integrity != pack->origin.integrity)
      add(summary, "pack " + id + " changed");
  }
  for (const auto& pack : before.packs())
    if (after.find_pack(pack->manifest.id) == nullptr) add(summary, "pack " + pack->manifest.id + " removed");
  if (before.hash() != after.hash()) add(summary, "the list of tools changed");
  return summary;
}

// A lane that goes keeps what is claimed in it: whoever is at that can only give it back.
std::string lanes_left(const WorkspaceConfig& before, const WorkspaceConfig& after, const Tasks& tasks) {
  std::string out;
  for (const Lane& lane : before.lanes) {
    const std::size_t claimed = tasks.claimed_in(lane.id);
    if (claimed == 0 || std::ranges::find(after.lanes, lane.id, &Lane::id) != after.lanes.end()) continue;
    add(out, "the lane " + lane.id + " is gone, in which " + std::to_string(claimed) +
                 (claimed == 1 ? " task is claimed" : " tasks are claimed"));
  }
  return out;
}

bool was_refused(const pack::Registry* registry, const std::string& id) {
  return registry != nullptr &&
         std::ranges::any_of(registry->refused(), [&](const auto& each) { return each.id == id; });
}

}  // namespace

// Puts an event of the kernel's own into the open batch.
Status Kernel::say(std::string_view kind, json::Value payload, event::EventClass event_class, const Call& cause) {
  PendingEvent event{std::string(kind), std::move(payload), {}};
  LUMENFLOW_TRY_ASSIGN(Emission emission, emitter_.emit(std::move(event), event_class, ports_.clock.now(), cause));
  if (!emission.entry) return {};
  log::Row row;
  row.entries.push_back(*std::move(emission.entry));
  LUMENFLOW_TRY(append(std::move(row)));
  return {};
}

// A pack that stays out is an event, once for each time that it comes to be so.
Status Kernel::say_refusals(const pack::Registry* before) {
  for (const pack::RefusedPack& refused : options_.registry->refused()) {
    if (was_refused(before, refused.id)) continue;
    std::string why;
    for (const pack::Diagnostic& item : refused.diagnostics.items())
      if (item.severity == pack::Severity::kError) why += (why.empty() ? "" : "; ") + item.code + " " + item.message;
    LUMENFLOW_TRY(
        say("workspace_warning", json::Object{{"message", "the pack '" + refused.id + "' does not run: " + why}}));
  }
  return {};
}

// Remembers what GET /tools says, so that a change is an event also where it came with a restart.
Status Kernel::note_tools(bool say_change) {
  const std::string key = journal::store_key("kernel", kToolsKey);
  const std::string& hash = options_.registry->hash();
  LUMENFLOW_TRY_ASSIGN(const auto known, ports_.log.tables().get(journal::kStoreTable, key));
  if (known == hash) return {};
  LUMENFLOW_TRY(ports_.log.put(journal::kStoreTable, key, hash));
  if (!known || !say_change) return {};
  return say("workspace_updated",
             json::Object{{"config_hash", options_.config.hash}, {"changes_summary", "the list of tools changed"}});
}

Result<std::string> Kernel::reload(std::shared_ptr<Reloaded> reloaded) {
  if (reloaded->config.id != options_.config.id)
    return Error(ErrorCode::kInvalidConfiguration, "lumenflow.yaml says 'id: " + reloaded->config.id.str() +
                                                       "', and this is the workspace '" + options_.config.id.str() +
                                                       "'; an id stays as long as its journal");
  std::string summary = summary_of(options_.config, reloaded->config, *options_.registry, *reloaded->registry);
  if (const std::string left = lanes_left(options_.config, reloaded->config, tasks_); !left.empty()) add(summary, left);
  const auto record = [&]() -> Status {
    const journal::WorkspaceChanged changed{"reloaded", ports_.clock.now(), reloaded->config.hash, options_.version};
    log::Row row;
    row.entries.push_back(journal::encode(changed));
    LUMENFLOW_TRY(append(std::move(row)));
    LUMENFLOW_TRY(accept_config(ports_.log, reloaded->config));
    return say("workspace_updated", json::Object{{"config_hash", reloaded->config.hash}, {"changes_summary", summary}});
  };
  if (Status status = summary.empty() ? Status() : record(); !status.ok() && !batch_error_)
    batch_error_ = std::move(status).error();
  open_.waiting.push_back([this, reloaded](const Status& durable) {
    if (durable.ok()) adopt(*reloaded);
  });
  return summary;
}

void Kernel::adopt(Reloaded& reloaded) {
  const std::shared_ptr<const pack::Registry> before = std::exchange(options_.registry, reloaded.registry);
  const WorkspaceConfig config_before = std::exchange(options_.config, reloaded.config);
  const LimitsConfig &was = config_before.limits, &is = options_.config.limits;
  if (was.rate_per_second != is.rate_per_second || was.rate_burst != is.rate_burst)
    rate_limiter_ = RateLimiter(is.rate_per_second, is.rate_burst);
  grants_ = std::make_unique<const Grants>(options_.config, *options_.registry);
  timers_.rebind(*options_.registry, ports_.clock.now());
  bell_.rebind(*options_.registry);
  Status status = subscriptions_.rebind(options_.registry, workspace_automations(options_.config), ports_.log);
  if (status.ok()) status = note_tools(false);
  if (status.ok()) status = say_refusals(before.get());
  if (!status.ok() && !batch_error_) batch_error_ = std::move(status).error();
  open_.writes_more = true;
  if (tampered_as_ == options_.config.hash) tampered_as_.reset();
  if (reloaded.adopted) reloaded.adopted();
  if (options_.doorbell) options_.doorbell();  // timers may be due, and the batch that is open has content
}

}  // namespace lumenflow::kernel
