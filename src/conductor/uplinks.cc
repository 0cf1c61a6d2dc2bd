#include "conductor/uplinks.h"

#include <utility>
#include <vector>

#include "conductor/authenticator.h"

namespace lumenflow::conductor {
namespace {

constexpr int kLeaseTries = 8;

}  // namespace

Uplink& Uplinks::of(const std::string& workspace) {
  const auto [at, fresh] = uplinks_.try_emplace(workspace);
  if (fresh) {
    const auto lease = context_.store.records->get(kLeasesTable, workspace);
    if (lease.ok() && *lease)
      at->second.session = static_cast<std::uint64_t>(json::integer_or(parsed(**lease), "session", 0));
  }
  return at->second;
}

const Uplink* Uplinks::find(const std::string& workspace) const {
  const auto found = uplinks_.find(workspace);
  return found == uplinks_.end() ? nullptr : &found->second;
}

Status Uplinks::check(const std::string& workspace, std::uint64_t session) {
  const std::uint64_t now = of(workspace).session;
  if (session != 0 && session == now) return {};
  return Error(ErrorCode::kConflict, "the session " + std::to_string(session) + " is over; say hello again");
}

Status Uplinks::check(const std::string& workspace, const json::Value& request) {
  return check(workspace,
               static_cast<std::uint64_t>(std::max<std::int64_t>(0, json::integer_or(request, "session", 0))));
}

void Uplinks::take_lease(const std::string& workspace, std::function<void(Result<std::uint64_t>)> done, int tries) {
  const auto lease = context_.store.records->get(kLeasesTable, workspace);
  if (!lease.ok()) return done(lease.error());
  const std::int64_t last = *lease ? json::integer_or(parsed(**lease), "session", 0) : 0;
  const auto next = static_cast<std::uint64_t>(last) + 1;
  const json::Object record{{"session", next}, {"since", format_rfc3339(context_.clock.now())}};
  std::vector<RecordChange> changes{{kLeasesTable, workspace, *lease ? (*lease)->version : 0, json::serialize(record)}};
  context_.acts.change_silently(
      std::move(changes), [this, workspace, done = std::move(done), tries, next](const Status& taken) {
        if (!taken.ok() && taken.error().code() == ErrorCode::kConflict && tries < kLeaseTries)
          return take_lease(workspace, done, tries + 1);
        if (!taken.ok()) return done(taken.error());
        Uplink& uplink = of(workspace);
        uplink.session = std::max(uplink.session, next);
        end(workspace, Error(ErrorCode::kConflict, "a newer session has the lease"));
        done(next);
      });
}

void Uplinks::wait(const std::string& workspace, std::shared_ptr<CommandWaiter> waiter) {
  std::shared_ptr<CommandWaiter>& place = waiters_[workspace];
  const std::shared_ptr<CommandWaiter> before = std::exchange(place, std::move(waiter));
  if (before) before->replace(Error(ErrorCode::kConflict, "somebody else asks for the commands now"));
}

void Uplinks::done_waiting(const std::string& workspace, const CommandWaiter* waiter) {
  const auto found = waiters_.find(workspace);
  if (found != waiters_.end() && found->second.get() == waiter) waiters_.erase(found);
}

void Uplinks::ring(const std::string& workspace) {
  const auto found = waiters_.find(workspace);
  if (found == waiters_.end()) return;
  const std::shared_ptr<CommandWaiter> waiter = found->second;
  waiter->look();
}

void Uplinks::end(const std::string& workspace, const Error& why) {
  const auto found = waiters_.find(workspace);
  if (found == waiters_.end()) return;
  const std::shared_ptr<CommandWaiter> waiter = found->second;
  waiters_.erase(found);
  waiter->replace(why);
}

void Uplinks::forget(const std::string& workspace, const Error& why) {
  if (const auto found = uplinks_.find(workspace); found != uplinks_.end()) {
    const std::uint64_t session = found->second.session;
    found->second = Uplink{};
    found->second.session = session;
  }
  end(workspace, why);
}

void Uplinks::end_all(const Error& why) {
  while (!waiters_.empty()) end(std::string(waiters_.begin()->first), why);
}

}  // namespace lumenflow::conductor
