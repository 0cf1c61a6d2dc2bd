// Events to automations: each that fires is a call on the one path, by the automation, and the delivery is done when
// that call is on record. What it ends as is the call's matter; only what was not taken, or had no effect, is made
// again. The key of the call is the event's, so that it happens once, whatever is repeated. The strand's; a part of the
// kernel.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernel/bell.h"
#include "kernel/call.h"
#include "kernel/config.h"
#include "kernel/subscriptions.h"
#include "lumenflow/result.h"
#include "pack/automation.h"

namespace lumenflow::kernel {

// With `routines: {auto_run: true}`: a routine that falls due is asked for its plan, whose steps are then called in
// their order, each as a call of its own by `<workspace>:routine:<id>`. Shared with what runs.
std::shared_ptr<const std::vector<pack::Automation>> workspace_automations(const WorkspaceConfig& config);

// How many automations led to the event, one after the other; and what a call that it leads to bears.
inline constexpr unsigned kChainMax = 8;
unsigned automations_before(const Delivery& delivery);
std::string trace_for_call(const Delivery& delivery);

class Kernel;

class Automator {
 public:
  explicit Automator(Kernel& kernel) : kernel_(kernel) {}

  // Of an automation, when its turn has come.
  void fire(const DeliveryPtr& delivery);
  // One that waits for a type of the bus: the call is made in the next batch, once, and nothing of it is kept until it
  // is on record; a crash before that loses it, as the event itself is gone (automate_bus.cc).
  void hear(const Bell::Heard& heard);
  // Makes the calls that follow others, in the open batch.
  void run();

 private:
  struct Step {
    std::string tool;
    json::Value input;
  };
  struct Plan {
    std::vector<Step> steps;
    std::size_t at = 0;
    int again = 0;  // how often the step at hand broke off without any effect
  };
  using PlanPtr = std::shared_ptr<Plan>;  // shared by the calls of one delivery, one after the other
  static std::vector<Step> steps_of(const CallResult& result);
  std::shared_ptr<const Credential> credential_of(const Delivery& delivery, const pack::ActiveTool* tool) const;
  Result<bool> cools_down(const Delivery& delivery) const;
  void keep_cooldown(const Delivery& delivery);  // from now on
  void call_for(const DeliveryPtr& delivery, const PlanPtr& plan);
  void called(const DeliveryPtr& delivery, const PlanPtr& plan, const CallResult& result);

  struct Due {
    DeliveryPtr delivery;
    PlanPtr plan;
  };

  void fire_heard();

  Kernel& kernel_;
  std::vector<Due> due_;
  std::vector<DeliveryPtr> heard_;  // of the bus, waiting for the next batch
};

}  // namespace lumenflow::kernel
