#include "conductor_link/errands.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/logging.h"
#include "base/sha256.h"

namespace lumenflow::conductor_link {
namespace {

constexpr std::chrono::milliseconds kRoundEvery{1'000};  // what is not rung for: parked calls that went on, a renewal
constexpr std::chrono::milliseconds kPauseMin{500}, kPauseMax{30'000};  // after a failure
constexpr std::size_t kStatesPerPage = 64;
constexpr std::size_t kRunningSaidMax = 10'000;

http::ClientOptions interruptible(http::ClientOptions options, std::shared_ptr<http::Interrupt> interrupt) {
  options.interrupt = std::move(interrupt);
  return options;
}

}  // namespace

Errands::Errands(Account& account, HttpLink& link, ErrandSource& source, const std::string& ca_file)
    : account_(account),
      link_(link),
      source_(source),
      interrupt_(std::make_shared<http::Interrupt>()),
      options_(interruptible(client_options(account, ca_file), interrupt_)),
      thread_([this] { run(); }) {}

Errands::~Errands() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    changed_.notify_one();
  }
  interrupt_->fire();
  thread_.join();
}

void Errands::ring() {
  const std::lock_guard lock(mutex_);
  rung_ = true;
  changed_.notify_one();
}

void Errands::run() {
  http::Client client(options_);
  std::chrono::milliseconds pause = kPauseMin;
  for (;;) {
    bool all = true;
    if (link_.session() != 0) {
      static_cast<void>(account_.renew_if_due(client));
      all = go(client);
    }
    pause = all ? kPauseMin : std::min(pause * 2, kPauseMax);
    std::unique_lock lock(mutex_);
    if (all)
      changed_.wait_for(lock, kRoundEvery, [this] { return rung_ || closing_; });
    else
      changed_.wait_for(lock, pause, [this] { return closing_; });
    if (closing_) return;
    rung_ = false;
  }
}

bool Errands::go(http::Client& client) {
  const std::uint64_t session = link_.session();
  const bool pushed = push_registry(client);
  return say_states(client, session) && pushed;
}

bool Errands::push_registry(http::Client& client) {
  if (link_.take_registry_wanted()) registry_said_.clear();
  Registry registry = source_.registry();
  if (registry.document.empty() || registry.hash == registry_said_) return true;
  Asked asked{.method = http::Method::kPut, .path = "/v2/registry"};
  asked.headers = {{"ETag", "\"" + sha256_hex(registry.document) + "\""}};
  asked.body = std::move(registry.document);
  const Reply reply = ask(client, account_, std::move(asked));
  if (reply.refusal) {
    // What is refused for good is not said again until it is another.
    const ErrorCode code = reply.refusal->error.code();
    if (info(code).retryable || code == ErrorCode::kInvalidOutput) return false;
    write_log(LogLevel::kWarn, "conductor_link", "the conductor did not take the list of tools",
              {{"reason", reply.refusal->error.message()}});
  }
  registry_said_ = std::move(registry.hash);
  return true;
}

bool Errands::say_states(http::Client& client, std::uint64_t session) {
  for (std::uint64_t after = 0;;) {
    const Result<std::vector<CommandState>> states = source_.states(after, kStatesPerPage);
    if (!states.ok()) return false;
    for (const CommandState& state : *states) {
      after = state.number;
      if (!say(client, session, state)) return false;
    }
    if (states->size() < kStatesPerPage) return true;
  }
}

bool Errands::say(http::Client& client, std::uint64_t session, const CommandState& state) {
  const bool running = state.state == "running";
  if (running && running_said_.contains(state.number)) return true;
  json::Object body = state.details;
  body.set("session", session);
  body.set("state", state.state);
  Asked asked{.path = "/v2/commands/" + state.command_id + "/result"};
  asked.body = json::serialize(json::Value(std::move(body)));
  const Reply reply = ask(client, account_, std::move(asked));
  if (reply.refusal && reply.refusal->error.code() == ErrorCode::kBodyTooLarge && state.details.contains("result")) {
    CommandState shorter = state;  // where the result is, instead of it
    shorter.details.erase("result");
    shorter.details.set("result_left_out", true);
    return say(client, session, shorter);
  }
  if (reply.refusal) {
    // It does not know the command, or has another end of it: nothing that is said again would change that.
    const ErrorCode code = reply.refusal->error.code();
    const bool final = code == ErrorCode::kNotFound || code == ErrorCode::kConflict ||
                       code == ErrorCode::kAlreadyDecided || code == ErrorCode::kInvalidRequest ||
                       code == ErrorCode::kInvalidInput || code == ErrorCode::kBodyTooLarge;
    if (!final) return false;
    write_log(LogLevel::kWarn, "conductor_link", "the conductor did not take what became of a command",
              {{"command_id", state.command_id}, {"reason", reply.refusal->error.message()}});
  }
  if (running) {
    if (running_said_.size() >= kRunningSaidMax) running_said_.erase(running_said_.begin());
    running_said_.insert(state.number);
  } else {
    running_said_.erase(state.number);
    source_.acknowledged(state.number);
  }
  return true;
}

}  // namespace lumenflow::conductor_link
