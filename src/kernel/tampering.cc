// Stage 0: lumenflow.yaml is what was loaded, or nothing is called.
#include <array>
#include <utility>

#include "kernel/kernel.h"

namespace lumenflow::kernel {
namespace {

constexpr std::string_view kFile = "lumenflow.yaml";
// What an operator needs to get out of it.
constexpr std::array<std::string_view, 4> kStillCallable = {"kernel:resume", "kernel:stop", "kernel:reload",
                                                            "kernel:deny"};

}  // namespace

void Kernel::configuration_on_disk(const std::string& hash) {
  const bool tampered = hash != options_.config.hash;
  const bool known = tampered_as_ ? *tampered_as_ == hash : !tampered;
  if (known) return;
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

bool Kernel::check_configuration(const CallPtr& call) {
  if (!tampered_as_) return true;
  for (const std::string_view tool : kStillCallable)
    if (call->call.tool == tool && call->call.surface != Surface::kHttp) return true;
  refuse(call, 0, ErrorCode::kSpecTampered, std::string(kFile),
         tampered_as_->empty() ? "lumenflow.yaml is gone; put it back"
                               : "lumenflow.yaml changed since it was loaded; put it back, or take the change up with "
                                 "`lumenflow reload`");
  return false;
}

}  // namespace lumenflow::kernel
