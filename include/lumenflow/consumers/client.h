// A typed client of a sidecar's tools over HTTP: requests and answers are the generated types of a pack.
//
//   Client client(transport, token);
//   const auto made = client.call(sidekick::TaskCreateRequest{.title = "Water"}, {.idempotency_key = "plants-1"});
//   if (made) use(made->data.task.id, made->receipt_id);
//   else report(made.error().code);
//
// It knows HTTP only through a Transport: the program's own is in `http_transport.h`, another is a dozen lines. A
// client holds no state between calls; it is as thread safe as its transport.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::consumers {

struct HttpRequest {
  std::string path;  // what is posted to, percent-encoded
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Any status is a success; UNREACHABLE, or whatever kept an answer from coming. Blocks.
  virtual Result<HttpResponse> post(const HttpRequest& request) = 0;
};

struct CallOptions {
  // The same key with the same request gives the recorded answer: a retry that cannot do it twice. 409 otherwise.
  std::string idempotency_key;
};

// Why there is no answer. `code` is one of docs/reference/errors.md or the tool's own (NOT_FOUND, …).
struct Failure {
  std::string code;
  std::string message;
  json::Value details;     // null when there are none
  std::string receipt_id;  // empty when no call was recorded
  int http_status = 0;     // 0 when nothing was answered
  bool retryable = false;  // the same request may succeed later; send it with the same idempotency key
};

template <class T>
struct Reply {
  T data;
  std::string receipt_id;
  bool replayed = false;  // it answers an earlier call with this idempotency key
};

template <class T>
using Outcome = tl::expected<Reply<T>, Failure>;

class Client {
 public:
  // Borrows the transport.
  Client(Transport& transport, std::string token) : transport_(transport), token_(std::move(token)) {}

  // Calls the tool that takes this request. A parked call fails with APPROVAL_REQUIRED and its receipt.
  template <class Request>
  Outcome<typename Request::Response> call(const Request& request, const CallOptions& options = {}) {
    Outcome<json::Value> answer = call_tool(Request::kTool, to_json(request), options);
    if (!answer) return tl::unexpected(std::move(answer).error());
    Reply<typename Request::Response> reply;
    if (const Status read = from_json(answer->data, reply.data); !read.ok())
      return tl::unexpected(not_understood(read.error(), answer->receipt_id));
    reply.receipt_id = std::move(answer->receipt_id);
    reply.replayed = answer->replayed;
    return reply;
  }

  // The same by the tool's name, untyped.
  Outcome<json::Value> call_tool(std::string_view tool, const json::Value& input, const CallOptions& options = {});

  // Calls `each` with every item from the page that `request` asks for to the last, until it answers false. Failure:
  // the page that did not come; the items before it were shown.
  template <class Request, class Each>
  std::optional<Failure> for_each(Request request, Each each) {
    for (;;) {
      auto page = call(request);
      if (!page) return std::move(page).error();
      for (const auto& item : page->data.items)
        if (!each(item)) return std::nullopt;
      std::optional<std::string> next = std::move(page->data.next_cursor);
      if (!next || page->data.items.empty()) return std::nullopt;
      request.cursor = std::move(next);
    }
  }

 private:
  static Failure not_understood(const Error& why, std::string receipt_id);
  Transport& transport_;
  const std::string token_;
};

}  // namespace lumenflow::consumers
