#include "sidecar/journal_watch.h"

#include <utility>
#include <vector>

#include "journal/entry.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::size_t kPage = 256;
constexpr int kRegistryLooks = 50;  // after a reload that may have changed none
constexpr std::chrono::milliseconds kRegistryPause{20};

}  // namespace

struct JournalWatch::State {
  RouteContext& context;
  Position at;
  bool waiting = false;
  std::uint64_t next = 1;
  std::map<std::uint64_t, Listener> listeners;
  std::shared_ptr<const pack::Registry> registry;  // shared: the one that was last told of
};

std::shared_ptr<const void> JournalWatch::listen(Listener listener) {
  if (!state_) state_ = std::make_shared<State>(State{context_, {}, false, 1, {}, {}});
  if (state_->listeners.empty()) {
    state_->at = Position(context_.workspace.log().head().size);
    state_->registry = context_.workspace.kernel().shared_registry();
  }
  const std::uint64_t number = state_->next++;
  state_->listeners.emplace(number, std::move(listener));
  begin();
  return {static_cast<const void*>(state_.get()),
          [state = state_, number](const void*) { state->listeners.erase(number); }};
}

void JournalWatch::when_ended(const ReceiptId& receipt, std::function<void(std::optional<kernel::CallResult>)> ended) {
  const auto handle = std::make_shared<std::shared_ptr<const void>>();  // shared: the listener ends itself
  RouteContext& context = context_;
  *handle = listen([handle, receipt, ended, &context](const Change& change) {
    if (change.finished != receipt.str() && !change.closing) return;
    context.post([handle] { handle->reset(); });
    ended(recorded_result(context, receipt));
  });
  std::optional<kernel::CallResult> already = recorded_result(context, receipt);
  if (!already) return;
  handle->reset();
  context.post([ended, already = std::move(already)] { ended(already); });
}

void JournalWatch::begin() {
  if (std::exchange(state_->waiting, true)) return;
  look(state_);
}

void JournalWatch::look(const std::shared_ptr<State>& state) {
  if (state->listeners.empty()) {
    state->waiting = false;
    return;
  }
  RouteContext& context = state->context;
  journal::Reader::Filter filter;
  filter.any_of = {"event.emitted", "event.received", "call.finished"};
  const Result<journal::Page> page = context.workspace.kernel().reader().page(state->at, kPage, filter);
  bool reloaded = false;
  if (page.ok()) {
    state->at = page->last;
    for (const journal::ReadEntry& entry : page->items) {
      Change change;
      if (const json::Value* const event = entry.value.find("event"); event != nullptr && event->is_object())
        change.kind = json::string_or(*event, "kind", "");
      reloaded = reloaded || change.kind == "workspace_updated";
      if (json::string_or(entry.value, "type", "") == "call.finished")
        change.finished = json::string_or(entry.value, "receipt_id", "");
      if (!change.kind.empty() || !change.finished.empty()) tell(*state, change);
    }
  }
  if (!look_at_registry(*state) && reloaded) expect_registry(state, kRegistryLooks);
  if (context.closing) {
    Change change;
    change.closing = true;
    tell(*state, change);
    state->listeners.clear();
    state->waiting = false;
    return;
  }
  const auto again = [weak = std::weak_ptr(state), post = context.post] {
    post([weak] {
      if (const auto self = weak.lock()) look(self);
    });
  };
  if (page.ok() && page->next) return again();
  context.workspace.log().wait(state->at, again);
}

bool JournalWatch::look_at_registry(State& state) {
  auto now = state.context.workspace.kernel().shared_registry();
  if (now == state.registry) return false;
  state.registry = std::move(now);
  Change change;
  change.lists = true;
  tell(state, change);
  return true;
}

// The bell rings with the commit that says so, and the registry follows it on the strand.
void JournalWatch::expect_registry(const std::shared_ptr<State>& state, int looks) {
  state->context.after(kRegistryPause, [weak = std::weak_ptr(state), looks] {
    const auto self = weak.lock();
    if (self && !look_at_registry(*self) && looks > 1) expect_registry(self, looks - 1);
  });
}

void JournalWatch::tell(State& state, const Change& change) {
  std::vector<Listener> now;  // a listener may end itself or others
  for (const auto& [number, listener] : state.listeners) now.push_back(listener);
  for (const Listener& listener : now) listener(change);
}

std::optional<kernel::CallResult> recorded_result(RouteContext& context, const ReceiptId& receipt) {
  const Result<journal::RecordedCall> call = context.workspace.kernel().reader().call(receipt);
  if (!call.ok() || !call->finished) return std::nullopt;
  kernel::CallResult result;
  result.receipt = receipt;
  result.body = call->body.result;
  const std::string_view outcome = json::string_or(*call->finished, "outcome", "failure");
  for (const auto known :
       {journal::Outcome::kSuccess, journal::Outcome::kFailure, journal::Outcome::kDenied, journal::Outcome::kCancelled,
        journal::Outcome::kStopped, journal::Outcome::kTimeout, journal::Outcome::kCrashed, journal::Outcome::kUnknown})
    if (journal::name(known) == outcome) result.outcome = known;
  const bool by_tool = result.outcome == journal::Outcome::kSuccess || result.outcome == journal::Outcome::kFailure;
  result.code = error_code_from_name(json::string_or(*call->finished, "code", ""));
  if (by_tool && json::string_or(*call->finished, "decided_by", "") == "tool") result.code.reset();
  return result;
}

}  // namespace lumenflow::sidecar
