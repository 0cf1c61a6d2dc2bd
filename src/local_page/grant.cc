#include "local_page/grant.h"

#include <utility>

namespace lumenflow::local_page {
namespace {

constexpr std::string_view kScope = "workspace agent:execute-turn audit:read approvals:read metrics:read control:stop";
constexpr std::chrono::hours kLife{12}, kRenewedBefore{1};
constexpr std::chrono::minutes kTriedAgain{1};  // everything may have been stopped just then

}  // namespace

void Grant::with(Ask question, std::function<void(Ask)> then) {
  waiting_.emplace_back([this, question = std::move(question), then = std::move(then)]() mutable {
    if (!token_.empty()) question.headers.emplace_back("authorization", "Bearer " + token_);
    then(std::move(question));
  });
  const bool good = ports_.clock.now() + kRenewedBefore < until_;
  if (good || !ports_.hand.is_there()) return go_on();
  if (waiting_.size() == 1) mint();
}

void Grant::mint() {
  const Result<std::string> proof = ports_.hand.prove("kernel:token_mint");
  if (!proof.ok()) return go_on();
  Ask question{
      http::Method::kPost,
      "/kernel/token_mint",
      json::Object{
          {"subject", ports_.subject}, {"scope", kScope}, {"ttl_seconds", std::chrono::seconds(kLife).count()}},
      {{"lumenflow-operator", *proof}}};
  ports_.inner.ask(std::move(question), [this](const Told& told) { minted(told); });
}

// One that could not be minted is tried again later; meanwhile the socket's peer asks.
void Grant::minted(const Told& told) {
  const json::Value* data = told.body.is_object() ? told.body.find("data") : nullptr;
  token_ = data == nullptr || !data->is_object() ? std::string() : std::string(json::string_or(*data, "token", ""));
  until_ = ports_.clock.now() + (token_.empty() ? kRenewedBefore + kTriedAgain : kLife);
  go_on();
}

void Grant::go_on() {
  for (const auto& work : std::exchange(waiting_, {})) work();
}

}  // namespace lumenflow::local_page
