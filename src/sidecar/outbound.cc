#include "sidecar/outbound.h"

#include <algorithm>

#include "http/fetch.h"
#include "sidecar/outbound_request.h"

namespace lumenflow::sidecar {
namespace {

// What the pack is told of an answer: with the secrets of its request taken out, wherever the pieces end.
class Answer {
 public:
  Answer(const pack::HttpRequest& request, SecretMask& secrets) : request_(request), secrets_(secrets) {}

  bool take(const http::ClientResponse& head, std::string_view piece) {
    if (head_.status == 0) read_head(head);
    return pass_on(secrets_.feed(piece));
  }

  pack::HttpResponse ended(http::FetchAnswer answer) {
    const bool streamed = request_.sink && answer.response.status >= 200 && answer.response.status < 300;
    if (head_.status == 0) read_head(answer.response);
    bool complete = answer.complete;
    if (streamed && complete) complete = pass_on(secrets_.finish());
    pack::HttpResponse response = std::move(head_);
    if (!streamed) response.body = secrets_.masked(answer.response.body);
    response.complete = complete;
    return response;
  }

 private:
  void read_head(const http::ClientResponse& head) {
    head_.status = head.status;
    head_.headers = shown_headers(head.headers, secrets_);
  }
  bool pass_on(const std::string& text) { return text.empty() || request_.sink(head_, text); }

  const pack::HttpRequest& request_;
  SecretMask& secrets_;
  pack::HttpResponse head_;
};

class CurlOutbound final : public kernel::Outbound {
 public:
  explicit CurlOutbound(std::string ca_file) : ca_file_(std::move(ca_file)) {}

  Status check(const pack::HttpRequest& request) const override {
    const Result<OutboundRequest> prepared = prepare(request);
    return prepared.ok() ? Status() : Status(prepared.error());
  }

  Result<pack::HttpResponse> fetch(const pack::HttpRequest& request, kernel::Cancellation* cancelled) override {
    LUMENFLOW_TRY_ASSIGN(OutboundRequest prepared, prepare(request));
    Answer answer(request, prepared.secrets);
    http::FetchRequest asked;
    asked.url = prepared.url.origin() + prepared.url.path;
    asked.method = request.method;
    asked.headers = std::move(prepared.headers);
    asked.body = request.body;
    asked.ca_file = ca_file_;
    asked.timeout = std::chrono::milliseconds(request.timeout_ms);
    asked.idle_timeout = std::chrono::milliseconds(request.idle_timeout_ms);
    asked.connect_timeout = std::min(asked.connect_timeout, asked.timeout);
    asked.body_bytes_max = request.body_bytes_max;
    asked.may_connect = [&prepared](std::string_view address, std::uint16_t port) {
      return prepared.may_connect(address, port);
    };
    if (request.sink)
      asked.on_body = [&answer](const http::ClientResponse& head, std::string_view piece) {
        return answer.take(head, piece);
      };
    http::Fetch fetch(std::move(asked));
    const kernel::Cancellation::Also told(cancelled, [&fetch] { fetch.stop(); });
    LUMENFLOW_TRY_ASSIGN(http::FetchAnswer ended, fetch.run());
    return answer.ended(std::move(ended));
  }

 private:
  const std::string ca_file_;
};

}  // namespace

std::unique_ptr<kernel::Outbound> make_outbound(std::string ca_file) {
  return std::make_unique<CurlOutbound>(std::move(ca_file));
}

}  // namespace lumenflow::sidecar
