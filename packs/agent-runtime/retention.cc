#include "agent-runtime/retention.h"

#include <algorithm>
#include <vector>

#include "agent-runtime/session_copy.h"
#include "agent-runtime/workspace_file.h"
#include "lumenflow/turn.h"

namespace lumenflow::agent_runtime {
namespace {

constexpr std::size_t kAtOnce = 100;  // in one run: others wait for the strand too
constexpr std::int64_t kPauseMinMs = 1'000, kPauseMaxMs = 3'600'000;

// Only as it was when it was looked at: it may have been used since.
Status forget(pack::HostContext& context, const EndedSession& ended) {
  LUMENFLOW_TRY(remove_workspace_file(context.workspace_root(), session_file(ended.id)));
  const auto erase = [&](pack::Store& store) -> Status {
    LUMENFLOW_TRY_ASSIGN(const std::optional<SessionRecord> session, load_session(store, ended.id));
    if (session && (!session->has_ended() || session->used_ms != ended.used_ms))
      return Error(ErrorCode::kConflict, "it is used again");
    return erase_session(store, ended.id);
  };
  return context.turns()->forget(ended.id, erase);
}

// From before the moment was kept: its time begins now.
Status begin_time(pack::HostContext& context, const std::string& id) {
  return context.transact([&](pack::Store& store) -> Status {
    LUMENFLOW_TRY_ASSIGN(std::optional<SessionRecord> session, load_session(store, id));
    if (!session || session->used_ms != 0) return {};
    session->used_ms = context.now_ms();
    return save_session(store, *session);
  });
}

}  // namespace

Result<std::optional<std::int64_t>> let_go_of_sessions(pack::HostContext& context, const Retention& retention) {
  const std::int64_t now = context.now_ms();
  LUMENFLOW_TRY_ASSIGN(std::vector<EndedSession> ended, ended_sessions(context.store()));
  std::ranges::sort(ended, {}, &EndedSession::used_ms);
  const std::size_t too_many = ended.size() - std::min(ended.size(), retention.count);
  std::size_t done = 0;
  for (std::size_t i = 0; i < ended.size() && done < kAtOnce && !context.cancelled(); ++i) {
    const EndedSession& each = ended[i];
    const bool surplus = i < too_many;
    if (each.used_ms != 0 && !surplus && each.used_ms + retention.age_ms > now) break;
    const Status status = each.used_ms == 0 && !surplus ? begin_time(context, each.id) : forget(context, each);
    if (!status.ok() && status.error().code() != ErrorCode::kConflict) return status.error();
    ++done;
  }
  const std::int64_t pause = done == kAtOnce ? kPauseMinMs : std::clamp(retention.age_ms / 4, kPauseMinMs, kPauseMaxMs);
  return std::optional(now + pause);
}

}  // namespace lumenflow::agent_runtime
