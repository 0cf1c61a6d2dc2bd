#include "sidecar/routes.h"

#include <algorithm>
#include <utility>

#include "sidecar/metrics.h"

namespace lumenflow::sidecar {
namespace {

// Whether it holds `<scope>:<pack>` for some pack.
bool holds_for_a_pack(const kernel::Credential& credential, std::string_view scope) {
  return std::ranges::any_of(credential.scopes, [&](std::string_view held) {
    return held.size() > scope.size() + 1 && held.starts_with(scope) && held[scope.size()] == ':';
  });
}

// Who asks and whether they may; then the route's own work.
void answer(const RouteSpec& spec, const Routes::Handler& handler, RouteContext& context, http::RoutedRequest routed,
            std::unique_ptr<http::Responder> responder) {
  const bool local = routed.request.peer.local_socket;
  std::string id = http::request_id_of(routed.request, context.clock, context.random);
  const auto count = [&metrics = context.metrics](int status) { metrics.count_request(status); };
  const auto exchange = std::make_shared<Exchange>(std::move(routed), std::move(responder), std::move(id), count);
  if (spec.access == Access::kOpen) return handler(exchange);
  auto credential = context.authenticator.authenticate(exchange->request());
  if (!credential.ok()) return exchange->fail(credential.error());
  if (spec.access == Access::kSocketOnly && !local)
    return exchange->fail(Error(ErrorCode::kNotFound, "this route answers on the control socket only"));
  const bool may = spec.scope.empty() || kernel::holds_scope(**credential, spec.scope, "") ||
                   (spec.scope_of_one_pack && holds_for_a_pack(**credential, spec.scope));
  if (!may)
    return exchange->fail(Error(ErrorCode::kTokenScopeDenied,
                                "this route needs a token with the scope '" + std::string(spec.scope) + "'"));
  exchange->credential = *std::move(credential);
  exchange->surface = local ? kernel::Surface::kSocket : kernel::Surface::kHttp;
  handler(exchange);
}

}  // namespace

void Routes::add(const RouteSpec& spec, Handler handler) {
  context_.table.push_back(spec);
  router_.add(spec.method, std::string(spec.pattern),
              [&context = context_, spec, handler = std::move(handler)](http::RoutedRequest routed,
                                                                        std::unique_ptr<http::Responder> responder) {
                answer(spec, handler, context, std::move(routed), std::move(responder));
              });
}

void make_call(const ExchangePtr& exchange, RouteContext& context, kernel::Call call, AnswerCall answer) {
  const Status taken = context.workspace.kernel().submit(
      std::move(call), [exchange, answer](const kernel::CallResult& result) { answer(*exchange, result); });
  if (!taken.ok()) exchange->fail(taken.error());
}

}  // namespace lumenflow::sidecar
