#include "mcp_server/answer.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "sidecar/token_standing.h"

namespace lumenflow::mcp_server {
namespace {

constexpr std::uint64_t kRetryMs = 500;

// Media types know no case, and each may be a range (RFC 9110, 12.5.1).
bool takes_events(const http::Request& request) {
  std::string accept(request.header("accept").value_or(""));
  std::ranges::transform(accept, accept.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return std::ranges::any_of(std::initializer_list<std::string_view>{"text/event-stream", "text/*", "*/*"},
                             [&accept](std::string_view range) { return accept.find(range) != std::string::npos; });
}

}  // namespace

bool takes_stream(const http::Request& request) { return !request.header("accept") || takes_events(request); }

McpStream::MayRead may_read(const RouteContext& context, std::shared_ptr<const kernel::Credential> credential) {
  return [&context, credential = std::move(credential)] {
    return sidecar::still_counts(*credential, context.workspace.kernel(), context.clock).ok();
  };
}

McpAnswer::McpAnswer(RouteContext& context, ExchangePtr exchange, MakeStream make_stream)
    : context_(context),
      exchange_(std::move(exchange)),
      make_stream_(std::move(make_stream)),
      can_stream_(takes_events(exchange_->request())) {}

Status McpAnswer::standing() const {
  if (!plain_) return {};
  return sidecar::still_counts(*exchange_->credential, context_.workspace.kernel(), context_.clock);
}

void McpAnswer::open() {
  if (ended_ || !can_stream_ || kept_ || plain_) return;
  http::Response head = http::sse_head();
  for (auto& [name, value] : headers_) head.headers.emplace_back(name, value);
  const std::shared_ptr<http::BodyStream> body = exchange_->stream(std::move(head));
  const auto stream = std::make_shared<http::EventStream>(body);  // shared: see the members
  if (make_stream_) kept_ = make_stream_();
  if (kept_) {
    kept_->attach(stream, {}, may_read(context_, exchange_->credential));
    hold();
  } else {
    plain_ = stream;
    stream->on_close([weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self && !self->ended_ && self->gone_) std::exchange(self->gone_, {})();
    });
  }
  beat();
}

void McpAnswer::say(std::string message) {
  open();
  ++said_;
  if (kept_) kept_->say(std::move(message));
  if (!plain_) return;
  http::SseEvent event;
  event.event = "message";
  event.data = message;
  plain_->send(event);
}

void McpAnswer::end(std::string message, int status) {
  if (std::exchange(ended_, true)) return;
  gone_ = {};
  if (kept_) {
    kept_->say(std::move(message));
    return kept_->end();
  }
  if (plain_) {
    http::SseEvent event;
    event.event = "message";
    event.data = message;
    plain_->send(event);
    return plain_->end();
  }
  http::Response response;
  response.status = status;
  response.headers = std::move(headers_);
  if (message.empty()) response.content_type.clear();
  response.body = std::move(message);
  exchange_->send(std::move(response));
}

void McpAnswer::beat() {
  context_.after(context_.heartbeat, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->ended_) return;
    if (self->kept_) self->kept_->beat();
    if (self->plain_) self->plain_->heartbeat();
    self->beat();
  });
}

// A silent stream costs a connection: its reader is asked to come back.
void McpAnswer::hold() {
  const std::chrono::milliseconds patience = context_.workspace.config().mcp_stream_hold;
  if (patience.count() == 0) return;
  context_.after(patience, [weak = weak_from_this(), before = said_] {
    const auto self = weak.lock();
    if (!self || self->ended_) return;
    if (self->said_ == before) return self->kept_->let_go(kRetryMs);
    self->hold();
  });
}

}  // namespace lumenflow::mcp_server
