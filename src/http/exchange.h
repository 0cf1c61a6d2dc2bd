// One request on its way to one answer: what was asked, and the forms an answer takes. The surfaces derive from it who
// asks.
//
// Shared between whoever works on the answer; used on the io thread only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/time.h"
#include "http/router.h"
#include "http/server.h"
#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::http {

class Exchange {
 public:
  // `count_status` is told the status of the answer.
  Exchange(RoutedRequest routed, std::unique_ptr<Responder> responder, std::string request_id,
           std::function<void(int)> count_status);
  virtual ~Exchange() = default;

  const Request& request() const { return routed_.request; }
  Request& request() { return routed_.request; }
  // A path parameter; empty when the route has none of that name.
  std::string_view path(std::string_view name) const;
  std::optional<std::string_view> query(std::string_view name) const;
  // A whole number of the query. INVALID_REQUEST when it is none or outside [min, max].
  Result<std::uint64_t> query_number(std::string_view name, std::uint64_t fallback, std::uint64_t min,
                                     std::uint64_t max) const;
  const std::string& request_id() const { return request_id_; }
  std::string traceparent() const;  // the header's, when it is well formed

  void send(Response response);  // adds X-Request-Id
  void send_json(int status, std::string body);
  void send_json(const json::Value& value) { send_json(200, json::serialize(value)); }
  void fail(const Error& error);                      // RFC 9457 problem, with the code's status
  std::shared_ptr<BodyStream> stream(Response head);  // shared with the connection

 private:
  RoutedRequest routed_;
  std::unique_ptr<Responder> responder_;
  const std::string request_id_;
  const std::function<void(int)> count_status_;
};

// The problem document of an error (RFC 9457), with its status and the headers that go with it.
Response problem(const Error& error);

// A request's body as JSON; an empty one is {}. UNSUPPORTED_MEDIA_TYPE, MALFORMED_JSON.
Result<json::Value> json_body(const Request& request, std::size_t depth_max);

// Whether an If-None-Match names this entity tag (RFC 9110 13.1.2: a list, `*`, weak comparison).
bool names_etag(std::string_view if_none_match, std::string_view etag);

// The caller's request id when it is well formed, else a new one.
std::string request_id_of(const Request& request, const Clock& clock, Random& random);

// What stands behind `Bearer`; nothing without the header. UNAUTHENTICATED for another scheme.
Result<std::optional<std::string_view>> bearer_of(const Request& request);

// Whether a token's header and claims are strict JSON: a name that stands twice would mean one thing here and another
// elsewhere.
bool is_strict_token(std::string_view token);

}  // namespace lumenflow::http
