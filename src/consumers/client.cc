#include "lumenflow/consumers/client.h"

#include "consumers/url_part.h"

namespace lumenflow::consumers {
namespace {

// Answers hold what was stored, and that may be nested as deeply as inputs may, below a few members of ours.
constexpr std::size_t kDepthMax = 256;

Failure failure(ErrorCode code, std::string message, int http_status) {
  return {.code = std::string(name(code)),
          .message = std::move(message),
          .details = {},
          .receipt_id = {},
          .http_status = http_status,
          .retryable = info(code).retryable};
}

std::string_view receipt_of(const json::Value& document) {
  const json::Value* receipt = document.at_pointer("/metadata/receipt_id");
  return receipt != nullptr && receipt->is_string() ? receipt->as_string() : std::string_view();
}

// The failure that a Result document (`error`) or a problem (the document itself) tells of.
Failure failure_of(const json::Value& document, int http_status) {
  const json::Value* error = document.find("error");
  const json::Value& told = error != nullptr && error->is_object() ? *error : document;
  Failure made = failure(ErrorCode::kInternal, "", http_status);
  made.code = json::string_or(told, "code", name(ErrorCode::kInternal));
  made.message = json::string_or(told, "message", json::string_or(told, "detail", "no reason was given"));
  if (const json::Value* details = told.find("details")) made.details = *details;
  made.receipt_id = receipt_of(document);
  // A tool's own failure (200) may bear the name of one of ours; it is final all the same.
  const std::optional<ErrorCode> code = error_code_from_name(made.code);
  made.retryable = http_status >= 400 && code && info(*code).retryable;
  return made;
}

}  // namespace

Outcome<json::Value> Client::call_tool(std::string_view tool, const json::Value& input, const CallOptions& options) {
  HttpRequest request;
  request.path = "/tools/" + url_part(tool);
  request.headers = {{"Authorization", "Bearer " + token_}, {"Content-Type", "application/json; charset=utf-8"}};
  if (!options.idempotency_key.empty()) request.headers.emplace_back("Idempotency-Key", options.idempotency_key);
  request.body = json::serialize(input);
  const Result<HttpResponse> answer = transport_.post(request);
  if (!answer.ok()) return tl::unexpected(failure(answer.error().code(), answer.error().message(), 0));
  const Result<json::Value> document = json::parse(answer->body, {.depth_max = kDepthMax});
  if (!document.ok() || !document->is_object())
    return tl::unexpected(failure(ErrorCode::kInvalidOutput, "the answer is no JSON object", answer->status));
  const json::Value* data = document->find("data");
  if (answer->status != 200 || !json::boolean_or(*document, "success", false) || data == nullptr)
    return tl::unexpected(failure_of(*document, answer->status));
  Reply<json::Value> reply{*data, std::string(receipt_of(*document)), false};
  for (const auto& [key, value] : answer->headers)
    if (key == "idempotent-replayed") reply.replayed = value == "true";
  return reply;
}

Failure Client::not_understood(const Error& why, std::string receipt_id) {
  Failure made = failure(ErrorCode::kInvalidOutput, "the answer is not what the contract says: " + why.message(), 200);
  made.receipt_id = std::move(receipt_id);
  return made;
}

}  // namespace lumenflow::consumers
