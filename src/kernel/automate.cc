#include "kernel/automate.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "base/encoding.h"
#include "base/logging.h"
#include "base/sha256.h"
#include "journal/tables.h"
#include "kernel/kernel.h"

namespace lumenflow::kernel {

namespace {

using std::chrono::nanoseconds;

constexpr std::string_view kRoutineDue = "sidekick:routine_due", kRoutinePlan = "routine:run";
constexpr std::size_t kPlanStepsMax = 100;
constexpr int kAgainMax = 3;
constexpr nanoseconds kNotTakenPause = std::chrono::milliseconds(500);

std::string cooldown_key(const Delivery& delivery) { return journal::store_key("kernel", delivery.pack_id); }

// What an automation's call leads to bears the call's trace, whose span says how many automations came one after the
// other: these eight digits, and the number.
constexpr std::string_view kSpanPrefix = "4c466175";
constexpr std::size_t kSpanAt = 36, kSpanDigits = 8;  // in a traceparent

}  // namespace

unsigned automations_before(const Delivery& delivery) {
  const std::string_view trace = delivery.traceparent;
  if (trace.size() != 55 || trace.substr(kSpanAt, kSpanDigits) != kSpanPrefix) return 0;
  unsigned count = 0;
  const char* const digits = trace.data() + kSpanAt + kSpanDigits;
  std::from_chars(digits, digits + kSpanDigits, count, 16);
  return count;
}

// Of the event; where it has none, one that begins here.
std::string trace_for_call(const Delivery& delivery) {
  const bool has_trace = delivery.traceparent.size() == 55;
  const std::string trace =
      has_trace ? delivery.traceparent.substr(3, 32) : sha256_hex(delivery.event.event_id).substr(0, 32);
  return fmt::format("00-{}-{}{:08x}-01", trace, kSpanPrefix, automations_before(delivery) + 1);
}

std::shared_ptr<const std::vector<pack::Automation>> workspace_automations(const WorkspaceConfig& config) {
  auto automations = std::make_shared<std::vector<pack::Automation>>();  // shared: see Subscriptions
  const auto routines = config.pack_sections.find("routines");
  if (routines == config.pack_sections.end() || !json::boolean_or(routines->second, "auto_run", false))
    return automations;
  pack::Automation run;
  run.id = "routines";
  run.on = kRoutineDue;
  run.tool = kRoutinePlan;
  run.input = json::Object{{"id", json::Object{{"$event", "/payload/routine_id"}}}};
  run.follows_plan = true;
  automations->push_back(std::move(run));
  return automations;
}

// What the tool of a plan answered, as steps.
std::vector<Automator::Step> Automator::steps_of(const CallResult& result) {
  std::vector<Step> steps;
  const Result<json::Value> body = json::parse(result.body);
  const json::Value* plan = body.ok() ? body->at_pointer("/data/plan") : nullptr;
  const json::Array* list = plan == nullptr ? nullptr : plan->if_array();
  if (list == nullptr) return steps;
  for (const json::Value& item : *list) {
    const json::Value* input = item.find("input");
    if (steps.size() == kPlanStepsMax) break;
    steps.push_back(
        {std::string(json::string_or(item, "tool", "")), input == nullptr ? json::Value(json::Object{}) : *input});
  }
  return steps;
}

std::shared_ptr<const Credential> Automator::credential_of(const Delivery& delivery,
                                                           const pack::ActiveTool* tool) const {
  const std::string& workspace = kernel_.options_.config.id.str();
  const pack::Automation& automation = *delivery.automation;
  auto credential = std::make_shared<Credential>();  // shared: see Call::credential
  if (automation.follows_plan)
    credential->subject =
        Subject(workspace + ":routine:" + std::string(json::string_or(delivery.event.payload, "routine_id", "")));
  else
    credential->subject = Subject(workspace + ":automation:" + delivery.pack->manifest.id + "." + automation.id);
  credential->scopes = {"tools:read", "tools:write"};
  // What its pack's own tools ask for beyond that, their author has given it.
  if (tool != nullptr && tool->pack != nullptr && tool->pack == delivery.pack)
    credential->scopes.push_back(tool->descriptor.scope);
  return credential;
}

void Automator::fire(const DeliveryPtr& delivery) {
  const pack::Automation& automation = *delivery->automation;
  // Tasks fall due by the same event, and have no steps.
  const bool is_task =
      automation.follows_plan && !json::string_or(delivery->event.payload, "routine_id", "").starts_with("routine-");
  if (is_task || !pack::fires_at(automation, delivery->event)) return kernel_.subscriptions_.dealt_with(*delivery);
  const Result<bool> cooling = cools_down(*delivery);
  if (!cooling.ok()) {
    if (!kernel_.batch_error_) kernel_.batch_error_ = cooling.error();
    return kernel_.subscriptions_.try_again(*delivery, nanoseconds(0));
  }
  if (*cooling) {
    ++kernel_.counters_.deliveries_by_outcome["cooling_down"];
    return kernel_.subscriptions_.dealt_with(*delivery);
  }
  if (automations_before(*delivery) >= kChainMax) {
    write_log(LogLevel::kError, "kernel", "an automation was stopped: what it does makes it fire again",
              {{"automation", delivery->pack_id}, {"delivery", delivery->id()}});
    return kernel_.end_delivery(*delivery, "dead_lettered", "it fires at what its own calls lead to");
  }
  const auto plan = std::make_shared<Plan>();  // see PlanPtr
  plan->steps.push_back({automation.tool, pack::input_for(automation, delivery->event)});
  call_for(delivery, plan);
}

Result<bool> Automator::cools_down(const Delivery& delivery) const {
  if (delivery.automation->cooldown_ms == 0 || delivery.redriven) return false;
  LUMENFLOW_TRY_ASSIGN(const auto fired, kernel_.ports_.log.tables().get(journal::kStoreTable, cooldown_key(delivery)));
  const auto at = fired ? journal::from_big_endian(*fired) : std::nullopt;
  return at && kernel_.ports_.clock.now().ms - static_cast<std::int64_t>(*at) < delivery.automation->cooldown_ms;
}

void Automator::keep_cooldown(const Delivery& delivery) {
  if (delivery.automation->cooldown_ms == 0) return;
  kernel_.keep(kernel_.ports_.log.put(journal::kStoreTable, cooldown_key(delivery),
                                      journal::big_endian(static_cast<std::uint64_t>(kernel_.ports_.clock.now().ms))));
}

void Automator::call_for(const DeliveryPtr& delivery, const PlanPtr& plan) {
  const Step& step = plan->steps[plan->at];
  Call call;
  call.tool = step.tool;
  call.input = step.input;
  call.credential = credential_of(*delivery, delivery->registry->find(step.tool));
  call.surface = Surface::kPack;
  call.idempotency_key = "automation:" + delivery->event.event_id + ":" + std::to_string(plan->at);
  if (plan->again > 0) call.idempotency_key += ":again-" + std::to_string(plan->again);
  call.traceparent = trace_for_call(*delivery);
  kernel_.dispatch(
      {std::move(call), [this, delivery, plan](const CallResult& result) { called(delivery, plan, result); }});
}

void Automator::run() {
  fire_heard();
  for (const Due& due : std::exchange(due_, {}))
    if (kernel_.subscriptions_.still_wanted(*due.delivery)) call_for(due.delivery, due.plan);
}

// The call is on record, or was not taken. What follows is done by the batch after this one.
void Automator::called(const DeliveryPtr& delivery, const PlanPtr& plan, const CallResult& result) {
  kernel_.enqueue(CommandsDue{});
  if (!kernel_.subscriptions_.still_wanted(*delivery)) return;
  if (result.code == ErrorCode::kRateLimited)
    return kernel_.attempt_failed(*delivery, Error(ErrorCode::kRateLimited, "its calls come too often"));
  if (result.code == ErrorCode::kDraining || result.code == ErrorCode::kJournalUnavailable ||
      result.code == ErrorCode::kInProgress)
    return kernel_.subscriptions_.try_again(*delivery, kernel_.ports_.clock.monotonic() + kNotTakenPause);
  // Under a key of its own, since that of the one before stands for how it ended; after a crash the same keys follow.
  if (result.outcome == journal::Outcome::kCrashed && plan->again < kAgainMax) {
    ++plan->again;
    return due_.push_back({delivery, plan});
  }
  plan->again = 0;
  const bool succeeded = result.outcome == journal::Outcome::kSuccess;
  if (succeeded && plan->at == 0 && delivery->automation->follows_plan)
    for (Step& step : steps_of(result)) plan->steps.push_back(std::move(step));
  if (succeeded && ++plan->at < plan->steps.size()) return due_.push_back({delivery, plan});
  keep_cooldown(*delivery);
  std::string said;
  if (!succeeded) said = result.receipt.str() + (result.code ? ": " + std::string(name(*result.code)) : ": it failed");
  kernel_.end_delivery(*delivery, "applied", said);
}

}  // namespace lumenflow::kernel
