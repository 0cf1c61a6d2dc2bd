#include "sidecar/routes.h"

#include "base/ulid.h"
#include "sidecar/metrics.h"

namespace lumenflow::sidecar {
namespace {

bool is_request_id(std::string_view text) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !text.empty() && text.size() <= 128 && text.find_first_not_of(kAllowed) == std::string_view::npos;
}

}  // namespace

std::string request_id_of(const http::Request& request, const Clock& clock, Random& random) {
  const std::optional<std::string_view> given = request.header("x-request-id");
  if (given && is_request_id(*given)) return std::string(*given);
  return "req-" + make_ulid(clock.now(), random.draw16()).str();
}

void Routes::add(http::Method method, const std::string& pattern, std::string_view scope, Handler handler,
                 bool local_only) {
  router_.add(method, pattern,
              [this_context = &context_, scope = std::string(scope), handler = std::move(handler), local_only](
                  http::RoutedRequest routed, std::unique_ptr<http::Responder> responder) {
                RouteContext& context = *this_context;
                const bool local = routed.request.peer.local_socket;
                std::string id = request_id_of(routed.request, context.clock, context.random);
                const auto exchange =
                    std::make_shared<Exchange>(std::move(routed), std::move(responder), std::move(id), [&metrics = context.metrics](int status) { metrics.count_request(status); });
                auto credential = context.authenticator.authenticate(exchange->request());
                if (!credential.ok()) return exchange->fail(credential.error());
                if (local_only && !local)
                  return exchange->fail(Error(ErrorCode::kNotFound, "this route answers on the control socket only"));
                if (!scope.empty() && !kernel::holds_scope(**credential, scope, ""))
                  return exchange->fail(
                      Error(ErrorCode::kTokenScopeDenied, "this route needs a token with the scope '" + scope + "'"));
                exchange->credential = *std::move(credential);
                exchange->surface = local ? kernel::Surface::kSocket : kernel::Surface::kHttp;
                handler(exchange);
              });
}

void Routes::add_open(http::Method method, const std::string& pattern, Handler handler) {
  router_.add(method, pattern,
              [this_context = &context_, handler = std::move(handler)](http::RoutedRequest routed,
                                                                       std::unique_ptr<http::Responder> responder) {
                std::string id = request_id_of(routed.request, this_context->clock, this_context->random);
                handler(std::make_shared<Exchange>(std::move(routed), std::move(responder), std::move(id), [&metrics = this_context->metrics](int status) { metrics.count_request(status); }));
              });
}

}  // namespace lumenflow::sidecar
