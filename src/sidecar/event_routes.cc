// GET /events and GET /events/stream.
#include <charconv>
#include <utility>

#include "http/sse.h"
#include "journal/entry.h"
#include "sidecar/routes.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::size_t kPageMax = 1000, kPageDefault = 100;
constexpr std::size_t kStreamPage = 256;
constexpr std::size_t kStreamBufferMax = 512 * 1024;  // what a reader may be behind before it is given no more
constexpr std::chrono::seconds kHeartbeat{15};
constexpr std::chrono::milliseconds kLookAgain{50};  // while a slow reader catches up

// An envelope with where it stands in the journal.
json::Value event_document(const journal::ReadEntry& entry) {
  json::Value document = *entry.value.find("event");
  document.as_object().set("position", entry.position.value());
  document.as_object().set("class", *entry.value.find("class"));
  return document;
}

void list_events(const ExchangePtr& exchange, RouteContext& context) {
  const auto after = exchange->query_number("after", 0, 0, UINT64_MAX);
  const auto limit = exchange->query_number("limit", kPageDefault, 1, kPageMax);
  if (!after.ok()) return exchange->fail(after.error());
  if (!limit.ok()) return exchange->fail(limit.error());
  const journal::Reader::Filter filter = journal::Reader::events(exchange->query("kind").value_or(""));
  const Result<journal::Page> page = context.workspace.kernel().reader().page(Position(*after), *limit, filter);
  if (!page.ok()) return exchange->fail(page.error());
  json::Array items;
  for (const journal::ReadEntry& entry : page->items) items.push_back(event_document(entry));
  exchange->send_json(json::Object{{"items", std::move(items)},
                                   {"next", page->next ? json::Value(page->next->value()) : json::Value()}});
}

// One reader of the live stream. It reads the journal from its own position; the log's bell only says that there is
// more. It ends with the token that opened it.
class LiveStream : public std::enable_shared_from_this<LiveStream> {
 public:
  LiveStream(RouteContext& context, std::shared_ptr<const kernel::Credential> credential,
             std::shared_ptr<http::BodyStream> body, std::string_view kind, Position at)
      : context_(context),
        credential_(std::move(credential)),
        stream_(body),
        body_(std::move(body)),
        filter_(journal::Reader::events(kind)),
        at_(at) {}

  // `status` answers the resumption: replayed, up_to_date, unknown_position.
  void start(std::string_view status) {
    const std::uint64_t head = context_.workspace.log().head().size;
    const std::string id = std::to_string(at_.value());
    const std::string data = json::serialize(json::Object{{"status", status}, {"after", at_.value()}, {"head", head}});
    http::SseEvent event;
    event.id = id;
    event.event = "resume";
    event.data = data;
    stream_.send(event);
    beat();
    pump();
  }

 private:
  // One page; others have their turn on the thread before the next.
  void pump() {
    if (stream_.closed()) return;
    if (Status status = still_allowed(); !status.ok()) return end_with(status.error());
    keep_alive();
    if (body_->buffered_bytes() > kStreamBufferMax)
      return context_.after(kLookAgain, [self = shared_from_this()] { self->pump(); });
    const Result<journal::Page> page = context_.workspace.kernel().reader().page(at_, kStreamPage, filter_);
    if (!page.ok()) return end_with(page.error());
    for (const journal::ReadEntry& entry : page->items)
      if (!send(entry)) return;
    at_ = page->last;
    if (page->next) return context_.post([self = shared_from_this()] { self->pump(); });
    context_.workspace.log().wait(at_, [weak = weak_from_this(), post = context_.post] {
      post([weak] {
        if (const auto self = weak.lock()) self->pump();
      });
    });
  }

  Status still_allowed() const {
    if (credential_->expires_at && *credential_->expires_at <= context_.clock.now())
      return Error(ErrorCode::kTokenExpired, "the token that opened the stream is over; resume with another");
    if (!credential_->token_id.empty() && context_.workspace.kernel().token_revoked(credential_->token_id))
      return Error(ErrorCode::kTokenRevoked, "the token that opened the stream was revoked");
    return {};
  }

  // The connection keeps the stream alive until it closes.
  void keep_alive() {
    if (std::exchange(kept_, true)) return;
    stream_.on_close([self = shared_from_this()]() mutable { self.reset(); });
  }

  void beat() {
    context_.after(kHeartbeat, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self == nullptr) return;
      if (Status status = self->still_allowed(); !status.ok()) return self->end_with(status.error());
      if (self->stream_.heartbeat()) self->beat();
    });
  }

  bool send(const journal::ReadEntry& entry) {
    const std::string id = std::to_string(entry.position.value()), data = json::serialize(event_document(entry));
    const std::string kind(json::string_or(*entry.value.find("event"), "kind", ""));
    http::SseEvent event;
    event.id = id;
    event.event = kind;
    event.data = data;
    return stream_.send(event);
  }

  void end_with(const Error& error) {
    const std::string data = json::serialize(json::Object{{"code", name(error.code())}, {"detail", error.message()}});
    http::SseEvent event;
    event.event = "error";
    event.data = data;
    stream_.send(event);
    stream_.end();
  }

  RouteContext& context_;
  const std::shared_ptr<const kernel::Credential> credential_;  // shared with the request's exchange
  http::EventStream stream_;
  std::shared_ptr<http::BodyStream> body_;  // shared with the connection
  const journal::Reader::Filter filter_;
  Position at_;
  bool kept_ = false;
};

void stream_events(const ExchangePtr& exchange, RouteContext& context) {
  const std::uint64_t head = context.workspace.log().head().size;
  auto after = exchange->query_number("after", head, 0, UINT64_MAX);
  if (!after.ok()) return exchange->fail(after.error());
  const bool resuming = exchange->query("after").has_value() || exchange->request().header("last-event-id").has_value();
  if (const auto last = exchange->request().header("last-event-id")) {
    std::uint64_t id = 0;
    const auto [end, fault] = std::from_chars(last->data(), last->data() + last->size(), id);
    after = fault == std::errc() && end == last->data() + last->size() ? id : UINT64_MAX;
  }
  std::string_view status = !resuming || *after == head ? "up_to_date" : "replayed";
  if (*after > head) {
    status = "unknown_position";
    after = head;
  }
  const std::shared_ptr<http::BodyStream> body = exchange->stream(http::sse_head());
  const auto stream = std::make_shared<LiveStream>(context, exchange->credential, body,
                                                   exchange->query("kind").value_or(""), Position(*after));
  stream->start(status);
}

}  // namespace

void add_event_routes(Routes& routes, RouteContext& context) {
  routes.add(http::Method::kGet, "/events", "events:read",
             [&context](const ExchangePtr& exchange) { list_events(exchange, context); });
  routes.add(http::Method::kGet, "/events/stream", "events:read",
             [&context](const ExchangePtr& exchange) { stream_events(exchange, context); });
}

}  // namespace lumenflow::sidecar
