// One request on its way to one answer: who asks, what was asked, and the three forms an answer takes.
//
// Shared, because a call's completion and the route both hold it; used on the io thread only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/router.h"
#include "http/server.h"
#include "kernel/call.h"
#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::sidecar {

class Exchange {
 public:
  // `count_status` is told the status of the answer.
  Exchange(http::RoutedRequest routed, std::unique_ptr<http::Responder> responder, std::string request_id,
           std::function<void(int)> count_status);

  const http::Request& request() const { return routed_.request; }
  // A path parameter; empty when the route has none of that name.
  std::string_view path(std::string_view name) const;
  std::optional<std::string_view> query(std::string_view name) const;
  // A whole number of the query. INVALID_REQUEST when it is none or outside [min, max].
  Result<std::uint64_t> query_number(std::string_view name, std::uint64_t fallback, std::uint64_t min,
                                     std::uint64_t max) const;

  std::shared_ptr<const kernel::Credential> credential;  // shared with the calls it makes; set once authenticated
  kernel::Surface surface = kernel::Surface::kHttp;
  const std::string& request_id() const { return request_id_; }
  std::string traceparent() const;  // the header's, when it is well formed

  void send(http::Response response);  // adds X-Request-Id
  void send_json(int status, std::string body);
  void send_json(const json::Value& value) { send_json(200, json::serialize(value)); }
  void fail(const Error& error);  // RFC 9457 problem, with the code's status
  void send_result(const kernel::CallResult& result);
  std::shared_ptr<http::BodyStream> stream(http::Response head);  // shared with the connection

 private:
  http::RoutedRequest routed_;
  std::unique_ptr<http::Responder> responder_;
  const std::string request_id_;
  const std::function<void(int)> count_status_;
};

using ExchangePtr = std::shared_ptr<Exchange>;

// The problem document of an error (RFC 9457), with its status and the headers that go with it.
http::Response problem(const Error& error);
int status_of(const kernel::CallResult& result);

// A request's body as a tool's input; an empty one is {}. UNSUPPORTED_MEDIA_TYPE, MALFORMED_JSON.
Result<json::Value> input_of(const http::Request& request, std::size_t depth_max);

// The answer of a kernel tool on a route of its own: what the tool refused is a problem of its code; anything else is
// sent as it is.
void send_refusal(Exchange& exchange, const kernel::CallResult& result);

}  // namespace lumenflow::sidecar
