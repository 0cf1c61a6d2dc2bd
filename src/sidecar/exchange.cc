#include "sidecar/exchange.h"

#include <utility>

namespace lumenflow::sidecar {

kernel::Call call_by(const Exchange& exchange, std::string tool, json::Value input) {
  kernel::Call call;
  call.tool = std::move(tool);
  call.input = std::move(input);
  call.credential = exchange.credential;
  call.surface = exchange.surface;
  call.traceparent = exchange.traceparent();
  return call;
}

int status_of(const kernel::CallResult& result) { return result.code ? info(*result.code).http_status : 200; }

void Exchange::send_result(const kernel::CallResult& result) {
  http::Response response;
  response.status = status_of(result);
  response.body = result.body;
  if (response.status == 429 || response.status == 503) response.headers.emplace_back("Retry-After", "1");
  if (result.replayed) response.headers.emplace_back("Idempotent-Replayed", "true");
  send(std::move(response));
}

void send_refusal(Exchange& exchange, const kernel::CallResult& result) {
  const Result<json::Value> body = json::parse(result.body);
  const json::Value* error = body.ok() ? body->find("error") : nullptr;
  const auto code = error == nullptr ? std::nullopt : error_code_from_name(json::string_or(*error, "code", ""));
  if (code && !result.code) return exchange.fail(Error(*code, std::string(json::string_or(*error, "message", ""))));
  exchange.send_result(result);
}

}  // namespace lumenflow::sidecar
