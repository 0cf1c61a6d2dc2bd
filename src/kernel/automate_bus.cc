// Automations that wait for a type of the bus, which nobody keeps: they hear it in its tick.
#include <utility>

#include "base/logging.h"
#include "journal/tables.h"
#include "kernel/automate.h"
#include "kernel/kernel.h"

namespace lumenflow::kernel {
namespace {

constexpr std::size_t kHeardMax = 256;  // of one batch: what they make is calls

bool is_core(std::string_view type) { return type.starts_with("kernel:"); }

}  // namespace

void Automator::hear(const Bell::Heard& heard) {
  auto delivery = std::make_shared<Delivery>();  // shared: see DeliveryPtr
  delivery->registry = kernel_.options_.registry;
  delivery->pack = &heard.pack;
  delivery->automation = &heard.automation;
  delivery->pack_id = automation_reader(heard.pack.manifest.id, heard.automation.id);
  delivery->traceparent = heard.traceparent;
  delivery->event.kind = heard.event.type;
  delivery->event.timestamp = format_rfc3339(heard.event.issued_at);
  delivery->event.from = kernel_.options_.config.id.str();
  delivery->event.payload = heard.event.json();
  if (!pack::fires_at(heard.automation, delivery->event)) return;
  const unsigned before = automations_before(*delivery);
  // The kernel says of each call that it is finished: what automations lead to would fire them for ever.
  if (before > 0 && is_core(heard.event.type)) return;
  auto& counted = kernel_.counters_.deliveries_by_outcome;
  if (before >= kChainMax || heard_.size() >= kHeardMax) {
    ++counted["not_fired"];
    return write_log(LogLevel::kError, "kernel",
                     before >= kChainMax ? "an automation was stopped: what it does makes it fire again"
                                         : "an automation was not fired: more was said at once than can be",
                     {{"automation", delivery->pack_id}, {"type", delivery->event.kind}});
  }
  if (heard_.empty()) kernel_.enqueue(CommandsDue{});
  heard_.push_back(std::move(delivery));
}

void Automator::fire_heard() {
  for (const DeliveryPtr& delivery : std::exchange(heard_, {})) {
    const Result<bool> cooling = cools_down(*delivery);
    if (!cooling.ok()) return kernel_.keep(cooling.error());
    if (*cooling) {
      ++kernel_.counters_.deliveries_by_outcome["cooling_down"];
      continue;
    }
    Call call;
    call.tool = delivery->automation->tool;
    call.input = pack::input_for(*delivery->automation, delivery->event);
    call.credential = credential_of(*delivery, delivery->registry->find(call.tool));
    call.surface = Surface::kPack;
    call.traceparent = trace_for_call(*delivery);
    kernel_.dispatch({std::move(call), [this, delivery](const CallResult& result) {
                        ++kernel_.counters_.deliveries_by_outcome[result.code ? "not_fired" : "applied"];
                        if (result.code)
                          write_log(LogLevel::kWarn, "kernel", "what an automation calls was refused",
                                    {{"automation", delivery->pack_id}, {"code", std::string(name(*result.code))}});
                      }});
    keep_cooldown(*delivery);
  }
}

}  // namespace lumenflow::kernel
