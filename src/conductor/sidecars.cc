#include "conductor/sidecars.h"

#include <utility>

#include "base/logging.h"
#include "base/network.h"
#include "base/sealing.h"
#include "conductor/authenticator.h"
#include "conductor/registry.h"
#include "http/url.h"

namespace lumenflow::conductor {
namespace {

constexpr std::size_t kRequestThreads = 4, kRequestsMax = 64;
constexpr std::size_t kAvoidedMax = 10'000;
constexpr std::chrono::seconds kAvoidedFor{30};
constexpr std::size_t kAnswerBytesMax = 4u << 20;
// A heartbeat waits for the registry, and one that takes ten seconds counts as a break of the uplink.
constexpr std::chrono::seconds kFetchTime{3};

}  // namespace

Sidecars::Sidecars(Context& context, bool private_addresses)
    : context_(context), private_addresses_(private_addresses), interrupt_(std::make_shared<http::Interrupt>()) {}

Sidecars::~Sidecars() {
  interrupt_->fire();
  work_.close();
}

std::optional<ReachableSidecar> Sidecars::find(const std::string& workspace) {
  const auto found = context_.store.records->get(kWorkspacesTable, workspace);
  if (!found.ok() || !*found) return std::nullopt;
  const json::Value record = parsed(**found);
  const Result<http::Url> url = http::parse_url(json::string_or(record, "sidecar_url", ""));
  if (json::string_or(record, "state", "") != "active" || !url.ok()) return std::nullopt;
  if (url->scheme != "https" && !private_addresses_) return std::nullopt;
  const auto until = parse_rfc3339(json::string_or(record, "calls_until", ""));
  if (until.ok() && *until <= context_.clock.now()) return std::nullopt;  // as the fleet says
  const auto avoided = avoid_.find(workspace);
  if (avoided != avoid_.end() && context_.clock.monotonic() < avoided->second) return std::nullopt;
  Result<std::string> token = unseal(json::string_or(record, "token", ""), context_.store.keys.seal);
  if (!token.ok()) return std::nullopt;
  return ReachableSidecar{workspace, url->origin(), *std::move(token)};
}

void Sidecars::ask(const ReachableSidecar& sidecar, http::ClientRequest request, Done done) {
  if (threads_ == nullptr) threads_ = std::make_unique<ThreadPoolExecutor>(kRequestThreads, kRequestsMax);
  request.headers.emplace_back("Authorization", "Bearer " + sidecar.token);
  http::ClientOptions options;
  options.base_url = sidecar.url;
  options.body_bytes_max = kAnswerBytesMax;
  options.interrupt = interrupt_;
  options.may_connect = [everywhere = private_addresses_](std::string_view address, std::uint16_t) {
    return everywhere || network::is_public_address(address);
  };
  const auto told = [this, workspace = sidecar.workspace, done](const Result<http::ClientResponse>& answer) {
    if (answer.ok()) {
      avoid_.erase(workspace);
    } else {
      if (avoid_.size() >= kAvoidedMax) avoid_.clear();
      avoid_[workspace] = context_.clock.monotonic() + kAvoidedFor;
      write_log(LogLevel::kInfo, "conductor", "a sidecar does not answer; it is asked over its uplink",
                {{"workspace", workspace}, {"reason", answer.error().message()}});
    }
    done(answer);
  };
  const bool taken = work_.post(*threads_, [this, options = std::move(options), request = std::move(request), told] {
    context_.post([told, answer = http::Client(options).send(request)] { told(answer); });
  });
  if (!taken) done(Error(ErrorCode::kRateLimited, "too many sidecars are being asked"));
}

void fetch_registry(Context& context, const ReachableSidecar& sidecar, std::function<void(const Status&)> done) {
  http::ClientRequest request;
  request.path = "/tools";
  request.timeout = kFetchTime;
  const auto keep = [&context, workspace = sidecar.workspace, done](const Result<http::ClientResponse>& answer) {
    if (!answer.ok()) return done(answer.error());
    if (answer->status != 200)
      return done(Error(ErrorCode::kUnreachable, "GET /tools answered " + std::to_string(answer->status)));
    keep_registry(context, workspace, answer->body,
                  [done](const Result<std::string>& kept) { done(kept.ok() ? Status() : Status(kept.error())); });
  };
  context.sidecars->ask(sidecar, std::move(request), keep);
}

}  // namespace lumenflow::conductor
