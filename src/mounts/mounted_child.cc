// Calls of a server that is a confined child: which process takes them, and what becomes of it.
#include <algorithm>
#include <utility>

#include "hosts/pause.h"
#include "mounts/mounted_turn.h"

namespace lumenflow::mounts {
namespace {

struct ChildMemory final : hosts::ChildConnection::Memory {
  Known known;
};

}  // namespace

bool MountedPack::enter(hosts::ChildConnection& child) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  at_work_.push_back(&child);
  return true;
}

void MountedPack::leave(hosts::ChildConnection& child) {
  const std::lock_guard lock(mutex_);
  std::erase(at_work_, &child);
}

Result<MountedPack::Lease> MountedPack::start(const hosts::ProgramPlace& place) {
  LUMENFLOW_TRY_ASSIGN(std::unique_ptr<sandbox::Child> child, launcher_().start(program_.confinement(place)));
  LUMENFLOW_TRY_ASSIGN(std::unique_ptr<hosts::ChildConnection> connection,
                       hosts::ChildConnection::make(std::move(child), options_.programs.line_bytes_max, log_));
  connection->memory = std::make_unique<ChildMemory>();
  return Lease{place.key, std::move(connection)};
}

Result<MountedPack::Lease> MountedPack::lease(const hosts::ProgramPlace& place, Inbound& inbound,
                                              pack::HostedRun* run) {
  while (std::unique_ptr<hosts::ChildConnection> child = children_->take(place.key)) {
    if (PipeChannel(*child, channel_limits(options_)).settle(inbound)) return Lease{place.key, std::move(child)};
    child->child().kill();  // it ended, or spoke out of turn: nobody's call is the worse for it
  }
  LUMENFLOW_TRY_ASSIGN(const std::chrono::milliseconds time, children_->pause());
  if (!hosts::pause(time, run)) return Error(ErrorCode::kToolCancelled, "the run was cancelled");
  return start(place);
}

void MountedPack::give_back(Lease lease, bool usable, const Error* why) {
  leave(*lease.child);
  if (usable) {
    if (why == nullptr) children_->note_success();
    return children_->put_back(lease.key, std::move(lease.child));
  }
  lease.child->child().kill();
  write_log(LogLevel::kWarn, "mounts", "a server's process was ended",
            {{"pack", id_}, {"reason", why == nullptr ? std::string() : secrets_.masked(*why).message()}});
  if (why != nullptr && why->code() != ErrorCode::kToolCancelled) children_->note_fault();
}

pack::ToolResult MountedPack::call_child(Turn& turn) {
  const Result<hosts::ProgramPlace> place = program_.place_of(turn.run.scopes(), turn.tool.required_env, secrets_);
  if (!place.ok()) return crash(place.error(), true);
  Result<Lease> lease = this->lease(*place, turn.inbound, &turn.run);
  if (!lease.ok()) return crash(lease.error(), true);
  hosts::ChildConnection& child = *lease->child;
  turn.run.held_by(child.child().isolation());
  if (!enter(child)) return crash(Error(ErrorCode::kToolCrashed, "the pack is being ended"), true);
  PipeChannel channel(child, channel_limits(options_));
  Known& known = static_cast<ChildMemory&>(*child.memory).known;
  known.stale = known.stale || turn.inbound.tools_changed();
  if (const Status ready = make_ready(channel, known, turn); !ready.ok()) {
    give_back(*std::move(lease), false, &ready.error());
    return crash(ready.error(), true);
  }
  pack::ToolResult result = ask(channel, known, turn);
  const auto* const crashed = std::get_if<pack::ToolCrash>(&result);
  const Error why(crashed == nullptr ? ErrorCode::kInternal : crashed->code,
                  crashed == nullptr ? "" : crashed->message);
  give_back(*std::move(lease), channel.usable(), crashed == nullptr ? nullptr : &why);
  return result;
}

}  // namespace lumenflow::mounts
