#include "conductor_link/errand_list.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/logging.h"
#include "base/sha256.h"

namespace lumenflow::conductor_link {
namespace {

constexpr std::size_t kStatesPerPage = 64;
constexpr std::size_t kReportBytesMax = 256 * 1024;  // of one request, unless a single report is larger
constexpr std::size_t kRunningSaidMax = 10'000;

// It does not know the command, or has another end of it: nothing that is said again would change that.
bool is_final(ErrorCode code) {
  return code == ErrorCode::kNotFound || code == ErrorCode::kConflict || code == ErrorCode::kAlreadyDecided ||
         code == ErrorCode::kInvalidRequest || code == ErrorCode::kInvalidInput || code == ErrorCode::kBodyTooLarge;
}

void refused(const CommandState& state, const Error& why) {
  write_log(LogLevel::kWarn, "conductor_link", "the conductor did not take what became of a command",
            {{"command_id", state.command_id}, {"reason", why.message()}});
}

}  // namespace

std::nullopt_t ErrandList::end_round(bool all) {
  step_ = Step::kBegin;
  pause_ = all ? kPauseMin : std::min(pause_ * 2, kPauseMax);
  all_ = all;
  return std::nullopt;
}

std::optional<http::ClientRequest> ErrandList::next() {
  if (step_ == Step::kBegin) {
    session_ = link_.session();
    if (session_ == 0) return end_round(true);
    failing_ = last_page_ = false;
    states_.clear();
    singly_ = 0;
    after_ = 0;
    step_ = Step::kRenew;
    if (auto request = account_.renewal_if_due()) return request;
  }
  if (step_ == Step::kRenew) {
    step_ = Step::kRegistry;
    if (auto request = push_registry()) return request;
  }
  step_ = Step::kStates;
  return next_states();
}

void ErrandList::heard(Result<http::ClientResponse> response) {
  if (step_ == Step::kRenew) {
    static_cast<void>(account_.heard_renewal(std::move(response)));  // what comes now finds out
    return;
  }
  const Reply reply = read_reply(account_, std::move(response));
  if (step_ == Step::kRegistry) return heard_registry(reply);
  asked_ > 1 ? heard_states(reply) : heard_state(reply);
}

std::optional<http::ClientRequest> ErrandList::push_registry() {
  if (link_.take_registry_wanted()) registry_said_.clear();
  pushing_ = source_.registry();
  if (pushing_.document.empty() || pushing_.hash == registry_said_) return std::nullopt;
  Asked asked{.method = http::Method::kPut, .path = "/v2/registry"};
  asked.headers = {{"ETag", "\"" + sha256_hex(pushing_.document) + "\""}};
  asked.body = std::move(pushing_.document);
  return write_request(account_, std::move(asked));
}

void ErrandList::heard_registry(const Reply& reply) {
  if (reply.refusal) {
    // What is refused for good is not said again until it is another.
    const ErrorCode code = reply.refusal->error.code();
    if (info(code).retryable || code == ErrorCode::kInvalidOutput) {
      failing_ = true;
      return;
    }
    write_log(LogLevel::kWarn, "conductor_link", "the conductor did not take the list of tools",
              {{"reason", reply.refusal->error.message()}});
  }
  registry_said_ = std::move(pushing_.hash);
}

// The next page of what is to be said; false: it cannot be read.
bool ErrandList::load_states() {
  Result<std::vector<CommandState>> page = source_.states(after_, kStatesPerPage);
  if (!page.ok()) return false;
  last_page_ = page->size() < kStatesPerPage;
  if (!page->empty()) after_ = page->back().number;
  std::erase_if(*page, [this](const CommandState& state) {
    return state.state == "running" && running_said_.contains(state.number);
  });
  std::ranges::move(*page, std::back_inserter(states_));
  return true;
}

std::optional<http::ClientRequest> ErrandList::next_states() {
  while (states_.empty()) {
    if (last_page_) return end_round(!failing_);
    if (!load_states()) return end_round(false);
  }
  if (singly_ == 0 && states_.size() > 1 && session_ != single_session_) return say_many();
  if (singly_ > 0) --singly_;
  asked_ = 1;
  return say(states_.front());
}

http::ClientRequest ErrandList::say(const CommandState& state) const {
  json::Object body = state.details;
  body.set("session", session_);
  body.set("state", state.state);
  Asked asked{.path = "/v2/commands/" + state.command_id + "/result"};
  asked.body = json::serialize(json::Value(std::move(body)));
  return write_request(account_, std::move(asked));
}

// As many as one request holds.
http::ClientRequest ErrandList::say_many() {
  std::string body = R"({"session":)" + std::to_string(session_) + R"(,"reports":[)";
  for (asked_ = 0; asked_ < states_.size(); ++asked_) {
    const CommandState& state = states_[asked_];
    json::Object report = state.details;
    report.set("command_id", state.command_id);
    report.set("state", state.state);
    const std::string text = json::serialize(json::Value(std::move(report)));
    if (asked_ > 0 && body.size() + text.size() > kReportBytesMax) break;
    if (asked_ > 0) body += ',';
    body += text;
  }
  if (asked_ == 1) return say(states_.front());
  Asked asked{.path = "/v2/commands/results", .body = body + "]}"};
  asked.compress = true;
  return write_request(account_, std::move(asked));
}

// Something was not taken, and would not be now.
void ErrandList::give_up_round() {
  failing_ = last_page_ = true;
  states_.clear();
}

void ErrandList::heard_state(const Reply& reply) {
  CommandState& state = states_.front();
  if (reply.refusal && reply.refusal->error.code() == ErrorCode::kBodyTooLarge && state.details.contains("result")) {
    state.details.erase("result");  // where the result is, instead of it
    state.details.set("result_left_out", true);
    ++singly_;
    return;
  }
  if (reply.refusal && !is_final(reply.refusal->error.code())) return give_up_round();
  if (reply.refusal) refused(state, reply.refusal->error);
  said(state);
  states_.pop_front();
}

void ErrandList::heard_states(const Reply& reply) {
  if (reply.refusal) {
    const ErrorCode code = reply.refusal->error.code();
    if (!is_final(code)) return give_up_round();
    if (code == ErrorCode::kNotFound) single_session_ = session_;  // an older conductor has no such route
    singly_ = asked_;
    return;
  }
  std::set<std::string> sent;
  for (std::size_t i = 0; i < asked_; ++i) sent.insert(states_[i].command_id);
  const Result<ReportVerdicts> verdicts = read_report_answer(reply.response.body, sent);
  if (!verdicts.ok()) return give_up_round();
  bool all = true;
  for (; asked_ > 0; --asked_, states_.pop_front()) {
    const CommandState& state = states_.front();
    const auto rejected = verdicts->rejected.find(state.command_id);
    const bool is_rejected = rejected != verdicts->rejected.end() && is_final(rejected->second.code());
    if (is_rejected) refused(state, rejected->second);
    if (is_rejected || verdicts->reported.contains(state.command_id))
      said(state);
    else
      all = false;
  }
  if (!all) give_up_round();
}

void ErrandList::said(const CommandState& state) {
  if (state.state == "running") {
    if (running_said_.size() >= kRunningSaidMax) running_said_.erase(running_said_.begin());
    running_said_.insert(state.number);
    return;
  }
  running_said_.erase(state.number);
  source_.acknowledged(state.number);
}

}  // namespace lumenflow::conductor_link
