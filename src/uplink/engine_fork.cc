// What the engine does about a fork: nothing is sent, the other side is told, and an operator's consent begins anew.
#include <utility>

#include "uplink/engine.h"

namespace lumenflow::uplink {

void Engine::fork(const Error& why, Knows knows, Millis now) {
  knows_ = knows;
  forked_why_ = why.message();
  attempt_ = 0;
  retry_at_ = now;
  last_error_ = why.to_string() +
                "; nothing is sent until an operator consents to go on with this journal: `lumenflow outbox consent`";
  disconnected_ = true;
  hang_up(true);
  phase_ = Phase::kForked;
  say_forked(now);
}

// So that whoever watches there sees it, too; until it was heard, or the fork is over.
void Engine::say_forked(Millis now) {
  if (forked_why_.empty() || telling_ || rebinding_ || now < retry_at_) return;
  telling_ = next_id_++;
  actions_.emplace_back(SayForked{*telling_, log_id_, forked_why_});
}

void Engine::heard_forked(std::uint64_t id, const Status& status, Millis now) {
  if (telling_ != id) return;
  telling_.reset();
  if (!status.ok() && status.error().retryable())
    retry_at_ = now + backoff();
  else
    forked_why_.clear();
}

Status Engine::consent(const std::string& log_id, Millis now) {
  if (phase_ != Phase::kForked || rebinding_)
    return Error(ErrorCode::kConflict, "the uplink is " + std::string(name(state().connection)) +
                                           ", not forked: there is nothing to consent to");
  LUMENFLOW_TRY_ASSIGN(const OutboxView view, source_.view());
  if (log_id != view.log_id)
    return Error(ErrorCode::kInvalidInput, "this journal is " + view.log_id + ", not " + log_id);
  log_id_ = view.log_id;
  last_error_.clear();
  retry_at_ = now;
  rebase(knows_ == Knows::kThisLog);
  return {};
}

void Engine::rebase(bool anew) {
  rebinding_ = next_id_++;
  keeping_.emplace(*rebinding_, Keeping{{}, Keeping::What::kRebase, {}});
  actions_.emplace_back(KeepRebase{*rebinding_, anew});
}

void Engine::heard_rebind(std::uint64_t id, const Status& status, Millis now) {
  if (rebinding_ != id) return;
  rebinding_.reset();
  if (!status.ok()) {
    // It had this journal as somebody else's: the consent is to one that nobody knows yet.
    if (status.error().code() == ErrorCode::kLogForked && knows_ == Knows::kOtherLog) {
      knows_ = Knows::kThisLog;
      return rebase(true);
    }
    last_error_ = status.error().to_string();
    return;
  }
  phase_ = Phase::kWaiting;
  attempt_ = 0;
  retry_at_ = now;
  step(now);
}

void Engine::rebased(std::uint64_t id, const Status& status) {
  if (rebinding_ != id) return;
  if (!status.ok()) {
    rebinding_.reset();
    return;
  }
  for (auto& [stream, state] : streams_) state.sender.rebase();
  if (const Result<OutboxView> view = source_.view(); view.ok() && view->log_id != log_id_) {
    log_id_ = view->log_id;
    knows_ = Knows::kOtherLog;  // nobody knows this one
  }
  actions_.emplace_back(SayRebind{id});
}

}  // namespace lumenflow::uplink
