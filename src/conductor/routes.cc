// What happens before a route's own work: limits on strangers, who asks, whether they may; and how a refusal ends.
#include <utility>

#include "base/encoding.h"
#include "conductor/authenticator.h"
#include "conductor/context.h"
#include "conductor/metrics.h"
#include "conductor/sign_ins.h"
#include "http/content_coding.h"

namespace lumenflow::conductor {
namespace {

constexpr std::size_t kDepthMax = 64;

std::string who_may(const RouteSpec& spec) {
  std::string text;
  const auto add = [&](std::string_view what) { text += (text.empty() ? "" : ", ") + std::string(what); };
  if (spec.who & kOperators) add("an operator with the role " + std::string(name(spec.role)));
  if (spec.who & kWorkspaces) add("a workspace");
  if (spec.who & kDevices) add(spec.scope.empty() ? "a device" : "a device with the scope " + std::string(spec.scope));
  return text;
}

Status may(const RouteSpec& spec, const Exchange& exchange) {
  const Principal& principal = exchange.principal;
  if (principal.kind == 0)
    return Error(ErrorCode::kUnauthenticated, "this route is for " + who_may(spec) + "; sign in, or send a token");
  const bool right_kind = (spec.who & principal.kind) != 0;
  const bool right_role = !principal.is_operator() || principal.role >= spec.role;
  const bool right_scope = !principal.is_device() || spec.scope.empty() || holds_scope(principal, spec.scope);
  if (!right_kind || !right_role || !right_scope)
    return Error(ErrorCode::kTokenScopeDenied, "this route is for " + who_may(spec));
  // A path that names a workspace is that of the caller, where the caller is of one.
  const std::string_view workspace = exchange.path("id");
  if (spec.pattern.starts_with("/v2/workspaces/{id}") && !principal.is_operator() && workspace != principal.workspace)
    return Error(ErrorCode::kTokenScopeDenied, "the token is of another workspace");
  return {};
}

bool over_limit(const RouteSpec& spec, Context& context, const http::Request& request) {
  if (spec.door == Door::kNone) return false;
  const auto now = context.clock.monotonic();
  Context::Limits& limits = context.doors[spec.door];
  return !limits.by_address.admit(Subject(address_group(request.peer.address)), now) ||
         !limits.over_all.admit(Subject("all"), now);
}

void answer(const RouteSpec& spec, const Routes::Handler& handler, Context& context, http::RoutedRequest routed,
            std::unique_ptr<http::Responder> responder) {
  std::string id = http::request_id_of(routed.request, context.clock, context.random);
  const auto count = [metrics = context.metrics](int status) { metrics->count_request(status); };
  const auto exchange = std::make_shared<Exchange>(std::move(routed), std::move(responder), std::move(id), count);
  if (over_limit(spec, context, exchange->request()))
    return refuse(context, exchange, Error(ErrorCode::kRateLimited, "too many attempts; try again in a moment"));
  if (spec.who == 0) return handler(exchange);
  Result<Principal> principal = context.authenticator->authenticate(exchange->request(), &exchange->principal.subject);
  if (!principal.ok()) return refuse(context, exchange, principal.error());
  exchange->principal = *std::move(principal);
  if (const Status allowed = may(spec, *exchange); !allowed.ok()) return refuse(context, exchange, allowed.error());
  handler(exchange);
}

bool is_refusal(ErrorCode code) {
  const int status = info(code).http_status;
  return status == 401 || status == 403 || status == 409 || status == 410 || status == 429;
}

// Whether it is in this turn's batch.
bool record_refusal(Context& context, const Exchange& exchange, const Error& error, const std::string& tried) {
  if (!is_refusal(error.code())) return false;
  const Principal& principal = exchange.principal;
  const http::Request& request = exchange.request();
  const std::string route =
      std::string(http::name(request.method)) + " " + request.target.substr(0, request.target.find('?'));
  const std::string_view shown = clip_utf8(route, 120);
  const std::string clean = is_valid_utf8(shown) ? std::string(shown) : std::string();
  return context.acts.refuse(principal.subject, principal.workspace, clean, error, {request.peer.address, tried});
}

}  // namespace

void note_refusal(Context& context, const Exchange& exchange, const Error& error, const std::string& tried) {
  static_cast<void>(record_refusal(context, exchange, error, tried));
}

void refuse(Context& context, const ExchangePtr& exchange, const Error& error, const std::string& tried) {
  if (!record_refusal(context, *exchange, error, tried)) return exchange->fail(error);
  context.ledger.when_durable([exchange, error](const Status&) { exchange->fail(error); });
}

std::optional<json::Value> body_of(Context& context, const ExchangePtr& exchange) {
  Result<json::Value> body = json::Value();
  if (Status unpacked = http::unpack(exchange->request(), kUnpackedMax); unpacked.ok())
    body = http::json_body(exchange->request(), kDepthMax);
  else
    body = std::move(unpacked).error();
  if (body.ok() && !body->is_object()) body = Error(ErrorCode::kInvalidRequest, "the body must be a JSON object");
  if (body.ok()) return *std::move(body);
  refuse(context, exchange, body.error());
  return std::nullopt;
}

void Routes::add(const RouteSpec& spec, Handler handler) {
  context_.table.push_back(spec);
  router_.add(spec.method, std::string(spec.pattern),
              [&context = context_, spec, handler = std::move(handler)](http::RoutedRequest routed,
                                                                        std::unique_ptr<http::Responder> responder) {
                answer(spec, handler, context, std::move(routed), std::move(responder));
              });
}

}  // namespace lumenflow::conductor
