#include "sidecar/outbound.h"

#include <algorithm>

#include "base/network.h"
#include "http/client.h"
#include "http/url.h"
#include "pack/scope.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::size_t kAnswerBytesMax = 256 * 1024;

class CurlOutbound final : public kernel::Outbound {
 public:
  explicit CurlOutbound(std::string ca_file) : ca_file_(std::move(ca_file)) {}

  Status check(const pack::HttpRequest& request) const override {
    const Result<http::Url> url = checked_url(request);
    return url.ok() ? Status() : Status(url.error());
  }

  Result<pack::HttpResponse> post(const pack::HttpRequest& request) override {
    LUMENFLOW_TRY_ASSIGN(const http::Url url, checked_url(request));
    const pack::ScopeLayer layer = layer_of(request);
    http::ClientOptions options;
    options.base_url = url.origin();
    options.ca_file = ca_file_;
    options.timeout = std::chrono::milliseconds(request.timeout_ms);
    options.connect_timeout = std::min(options.connect_timeout, options.timeout);
    options.body_bytes_max = kAnswerBytesMax;
    options.may_connect = [&layer](std::string_view address, std::uint16_t port) {
      return network::is_public_address(address) || pack::network_allowed(address, port, {layer});
    };
    http::Client client(std::move(options));
    http::ClientRequest asked;
    asked.method = http::Method::kPost;
    asked.path = url.path;
    asked.body = request.body;
    LUMENFLOW_TRY_ASSIGN(http::ClientResponse response, client.send(asked));
    return pack::HttpResponse{response.status, std::move(response.body)};
  }

 private:
  static pack::ScopeLayer layer_of(const pack::HttpRequest& request) {
    pack::Scope scope;
    scope.type = pack::Scope::Type::kNetwork;
    scope.posture = pack::NetworkPosture::kAllowlist;
    scope.allowlist = request.allowlist;
    return {"operator", {std::move(scope)}};
  }

  static Result<http::Url> checked_url(const pack::HttpRequest& request) {
    LUMENFLOW_TRY_ASSIGN(http::Url url, http::parse_url(request.url));
    if (url.scheme != "https") return Error(ErrorCode::kInvalidInput, "the URL must be https");
    if (!pack::network_allowed(url.host, url.port, {layer_of(request)}))
      return Error(ErrorCode::kScopeDenied,
                   "the host " + url.host + ":" + std::to_string(url.port) + " is not on the operator's allowlist");
    return url;
  }

  const std::string ca_file_;
};

}  // namespace

std::unique_ptr<kernel::Outbound> make_outbound(std::string ca_file) {
  return std::make_unique<CurlOutbound>(std::move(ca_file));
}

}  // namespace lumenflow::sidecar
