// Stage 0: what operators have stopped is not called, and nothing is once lumenflow.yaml is not what was loaded.
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "kernel/kernel.h"

namespace lumenflow::kernel {
namespace {

constexpr std::string_view kFile = "lumenflow.yaml";
// What an operator needs to get out of it.
constexpr std::array<std::string_view, 4> kStillCallable = {"kernel:resume", "kernel:stop", "kernel:reload",
                                                            "kernel:deny"};
// The same where the operator key on the disk is not the pinned one.
constexpr std::array<std::string_view, 4> kCallableWithoutKey = {"kernel:stop", "kernel:deny", "kernel:operator_accept",
                                                                 "kernel:operator_repin"};

std::string stopping(const StandingOrders& orders, const Call& call, const std::string& tool) {
  const bool exempt = std::ranges::find(kStillCallable, call.tool) != kStillCallable.end();
  if (exempt || call.tool == "kernel:stop_list") return {};  // what is stopped may be looked at
  return orders.stopping(tool, call.credential->subject.str(), call.credential->on_behalf_of);
}

CallEnd stopped_by(const std::string& order) {
  CallEnd end;
  end.stage = 0;
  end.outcome = journal::Outcome::kStopped;
  end.code = ErrorCode::kStopped;
  end.decided_by = "stop:" + order;
  end.message = "an operator has stopped " + (order == "all" ? "everything" : order) + "; `lumenflow resume` ends that";
  return end;
}

}  // namespace

void Kernel::configuration_on_disk(const std::string& hash) {
  const bool tampered = hash != options_.config.hash;
  const bool known = tampered_as_ ? *tampered_as_ == hash : !tampered;
  if (known) return;
  const Tape::OnStrand strand(tape_);
  if (tape_.recording()) tape_.fact(bus::FactKind::kConfiguration).text(hash);
  tampered_as_ = tampered ? std::optional(hash) : std::nullopt;
  if (!tampered) return;
  PendingEvent event{"spec_tampered",
                     json::Object{{"spec", kFile},
                                  {"id", options_.config.id.str()},
                                  {"expected_hash", options_.config.hash},
                                  {"actual_hash", hash}},
                     {}};
  Result<Emission> emission = emitter_.emit(std::move(event), event::EventClass::kQueue, ports_.clock.now(), Call{});
  Status status = emission.ok() ? Status() : emission.error();
  if (status.ok())
    if (Result<Position> at = append({{*emission->entry}, {}}); !at.ok()) status = at.error();
  if (!status.ok() && !batch_error_) batch_error_ = std::move(status).error();
  open_.writes_more = true;
  commit_batch();
}

bool Kernel::check_orders(const CallPtr& call) {
  if (!orders_.stops_nothing()) {
    const pack::ActiveTool* tool = options_.registry->find(call->call.tool);  // an alias means what it stands for
    const std::string order = stopping(orders_, call->call, tool != nullptr ? tool->descriptor.name : call->call.tool);
    if (!order.empty()) {
      end_call(call, stopped_by(order));
      return false;
    }
  }
  if (operator_key_replaced_ && options_.config.production &&
      std::ranges::find(kCallableWithoutKey, call->call.tool) == kCallableWithoutKey.end()) {
    refuse(call, 0, ErrorCode::kInvalidConfiguration, "operator_key", replaced_operator_key());
    return false;
  }
  if (!tampered_as_) return true;
  if (std::ranges::find(kStillCallable, call->call.tool) != kStillCallable.end()) return true;  // packs' names differ
  refuse(call, 0, ErrorCode::kSpecTampered, std::string(kFile),
         tampered_as_->empty() ? "lumenflow.yaml is gone; put it back"
                               : "lumenflow.yaml changed since it was loaded; put it back, or take the change up with "
                                 "`lumenflow reload`");
  return false;
}

// Tools are told, and what runs them ends what does not listen.
void Kernel::end_stopped_calls() {
  std::vector<std::pair<CallPtr, std::string>> stopped;
  for (const auto& [receipt, call] : running_.all())
    if (std::string order = stopping(orders_, call->call, call->tool->descriptor.name); !order.empty())
      stopped.emplace_back(call, std::move(order));
  for (const auto& [call, order] : stopped)
    if (running_.find(call->receipt) == call) end_call(call, stopped_by(order));  // else its outer call took it along
}

}  // namespace lumenflow::kernel
