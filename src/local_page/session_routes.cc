// GET, POST and DELETE /v2/session: a link opens one, once.
#include <utility>

#include "local_page/routes.h"

namespace lumenflow::local_page {
namespace {

constexpr std::size_t kCodeDepthMax = 8;

std::string document(const Context& context, std::string_view word, Timestamp expires) {
  return json::serialize(json::Object{
      {"name", context.options.person},
      {"role", "operator"},
      {"csrf", word},
      {"expires_at", format_rfc3339(expires)},
      {"local", json::Object{{"workspace_id", context.options.workspace_id}, {"signs", context.hand.is_there()}}}});
}

void answer(const ExchangePtr& exchange, const Context& context, std::string body,
            std::optional<std::string> cookie = {}, std::chrono::seconds life = {}) {
  http::Response response;
  if (cookie)
    response.headers.emplace_back("Set-Cookie",
                                  context.cookie_name + "=" + *cookie +
                                      "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(life.count()));
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = std::move(body);
  exchange->send(std::move(response));
}

void open(const ExchangePtr& exchange, Context& context) {
  const Result<json::Value> body = http::json_body(exchange->request(), kCodeDepthMax);
  if (!body.ok()) return exchange->fail(body.error());
  const std::string_view code = body->is_object() ? json::string_or(*body, "code", "") : std::string_view();
  const auto opened = context.sessions.open(code);
  if (!opened)
    return exchange->fail(Error(ErrorCode::kUnauthenticated,
                                "the link was used, or is over; `lumenflow ui` in the workspace prints another"));
  answer(exchange, context, document(context, opened->word, context.clock.now() + kSessionLife), opened->cookie,
         kSessionLife);
}

}  // namespace

void add_session_routes(Routes& routes, Context& context) {
  const auto add = [&](http::Method method, Routes::Handler handler, Needs needs = Needs::kSession) {
    routes.add(method, "/v2/session", std::move(handler), needs);
  };
  add(
      http::Method::kPost, [&context](const ExchangePtr& exchange) { open(exchange, context); }, Needs::kNothing);
  add(http::Method::kGet, [&context](const ExchangePtr& exchange) {
    const std::string_view word = exchange->request().header("x-csrf-token").value_or("");
    const auto until = context.sessions.find(exchange->cookie, word);
    answer(exchange, context, document(context, word, until.value_or(context.clock.now())));
  });
  add(http::Method::kDelete, [&context](const ExchangePtr& exchange) {
    context.sessions.close(exchange->cookie);
    context.followers.end_of(exchange->cookie);
    answer(exchange, context, R"({"signed_out":true})", "");
  });
  routes.add(
      http::Method::kGet, "/healthz",
      [](const ExchangePtr& exchange) {
        exchange->send_json(json::Object{{"ok", true}});
      },
      Needs::kNothing);
}

}  // namespace lumenflow::local_page
