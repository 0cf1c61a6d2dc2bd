#include "sidecar/conductor_grant.h"

#include <mutex>
#include <utility>

#include "base/logging.h"
#include "kernel/granted.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::chrono::minutes kPauseAfterRefusal{10};
constexpr std::chrono::minutes kClockSlack{5};

}  // namespace

struct ConductorGrant::Shared {
  std::mutex mutex;
  Offer offer;  // empty: the grant's owner is gone
  bool asking = false;
  std::string offered;  // the id of what this run has offered
  std::chrono::nanoseconds again_at{0};
};

ConductorGrant::ConductorGrant(GrantParts parts, Offer offer)
    : parts_(std::move(parts)), shared_(std::make_shared<Shared>()) {
  shared_->offer = std::move(offer);
}

ConductorGrant::~ConductorGrant() {
  const std::lock_guard lock(shared_->mutex);
  shared_->offer = nullptr;
}

bool ConductorGrant::due() const {
  const auto tables = parts_.log.snapshot();
  if (!tables.ok()) return false;
  const auto grant = kernel::grant_document(**tables, kernel::conductor_subject(parts_.workspace_id));
  if (!grant.ok() || !*grant) return false;
  const auto life = kernel::life_of(**grant);
  if (!life) return true;  // from before they ended
  const Timestamp now = parts_.clock.now();
  if (!life->given && json::string_or(**grant, "token_id", "") != shared_->offered) return true;  // of an earlier run
  return now + (life->expires_at - life->issued_at) / 3 >= life->expires_at || now + kClockSlack < life->issued_at;
}

void ConductorGrant::look() {
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->asking || parts_.clock.monotonic() < shared_->again_at || !due()) return;
    shared_->asking = true;
  }
  auto credential = std::make_shared<kernel::Credential>();  // shared: see Call::credential
  credential->subject = Subject(parts_.workspace_id);
  credential->scopes = {"tools:admin"};
  kernel::Call call;
  call.tool = "kernel:conductor_token";
  call.input = json::Object();
  call.credential = std::move(credential);
  call.surface = kernel::Surface::kSocket;
  const auto heard = [shared = shared_, &clock = parts_.clock](const kernel::CallResult& result) {
    const auto body = json::parse(result.body);
    const json::Value* token = body.ok() ? body->at_pointer("/data/token") : nullptr;
    const json::Value* id = body.ok() ? body->at_pointer("/data/token_id") : nullptr;
    const json::Value* why = body.ok() ? body->at_pointer("/error/message") : nullptr;
    const std::lock_guard lock(shared->mutex);
    if (shared->offer == nullptr) return;
    shared->asking = false;
    if (token != nullptr && id != nullptr && token->if_string() != nullptr && id->if_string() != nullptr) {
      shared->offered = *id->if_string();
      return shared->offer(*token->if_string(), *id->if_string());
    }
    shared->again_at = clock.monotonic() + kPauseAfterRefusal;
    write_log(LogLevel::kWarn, "sidecar", "what the conductor may do here was not renewed",
              {{"reason", why != nullptr && why->if_string() != nullptr ? *why->if_string() : result.body}});
  };
  if (parts_.kernel.submit(std::move(call), heard).ok()) return;
  const std::lock_guard lock(shared_->mutex);
  shared_->asking = false;
}

void ConductorGrant::given(const std::string& token_id) {
  const std::string subject = kernel::conductor_subject(parts_.workspace_id);
  parts_.kernel.change_outbox(
      [&log = parts_.log, subject, token_id](journal::Outbox&) { return kernel::note_given(log, subject, token_id); },
      [](const Status&) {});  // else it is offered again after a restart
}

}  // namespace lumenflow::sidecar
