#include "local_page/routes.h"

#include <utility>

namespace lumenflow::local_page {
namespace {

// RFC 6265 5.4: name=value pairs parted by "; ".
std::string_view cookie_of(const http::Request& request, std::string_view name) {
  std::string_view text = request.header("cookie").value_or("");
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) return pair.substr(name.size() + 1);
  }
  return {};
}

Status admit(Exchange& exchange, const Context& context) {
  const std::string_view cookie = cookie_of(exchange.request(), context.cookie_name);
  const std::string_view word = exchange.request().header("x-csrf-token").value_or("");
  if (cookie.empty() || !context.sessions.find(cookie, word))
    return Error(ErrorCode::kUnauthenticated,
                 "open the link that `lumenflow up --ui` printed; `lumenflow ui` prints another");
  if (const std::string_view id = exchange.path("id"); !id.empty() && id != context.options.workspace_id)
    return Error(ErrorCode::kNotFound, "this page is of the workspace " + context.options.workspace_id + " alone");
  exchange.cookie = cookie;
  return {};
}

// A page of one workspace asks for a link, where that of a conductor asks for a name.
void refuse(const ExchangePtr& exchange, const Error& error) {
  http::Response response = http::problem(error);
  if (error.code() == ErrorCode::kUnauthenticated)
    if (Result<json::Value> document = json::parse(response.body); document.ok()) {
      document->as_object().set("sign_in", "link");
      response.body = json::serialize(*document);
    }
  exchange->send(std::move(response));
}

}  // namespace

void Routes::add(http::Method method, std::string pattern, Handler handler, Needs needs) {
  router_.add(method, std::move(pattern),
              [&context = context_, needs, handler = std::move(handler)](http::RoutedRequest routed,
                                                                         std::unique_ptr<http::Responder> responder) {
                std::string id = http::request_id_of(routed.request, context.clock, context.random);
                const auto exchange =
                    std::make_shared<Exchange>(std::move(routed), std::move(responder), std::move(id), [](int) {});
                if (needs == Needs::kSession)
                  if (const Status admitted = admit(*exchange, context); !admitted.ok())
                    return refuse(exchange, admitted.error());
                handler(exchange);
              });
}

Error error_of(const Told& told) {
  const json::Value* inner = told.body.is_object() ? told.body.find("error") : nullptr;
  const json::Value& source = inner != nullptr ? *inner : told.body;
  if (!source.is_object()) return Error(ErrorCode::kInternal, "the sidecar answered with no document");
  const auto code = error_code_from_name(json::string_or(source, "code", ""));
  const std::string_view message = json::string_or(source, inner != nullptr ? "message" : "detail", "it was refused");
  return Error(code.value_or(ErrorCode::kInternal), std::string(message));
}

}  // namespace lumenflow::local_page
