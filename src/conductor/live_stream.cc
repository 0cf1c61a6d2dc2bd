#include "conductor/live_stream.h"

#include <charconv>
#include <utility>

#include "conductor/authenticator.h"

namespace lumenflow::conductor {
namespace {

constexpr std::size_t kBufferMax = 512 * 1024;
constexpr std::chrono::milliseconds kLookAgain{50};    // while a slow reader catches up
constexpr std::chrono::milliseconds kCheckEvery{500};  // that its credential still holds

}  // namespace

LiveStream::LiveStream(Context& context, Principal principal, std::shared_ptr<http::BodyStream> body, Position at,
                       Read read)
    : context_(context),
      principal_(std::move(principal)),
      body_(std::move(body)),
      stream_(body_),
      at_(at),
      read_(std::move(read)),
      revocations_seen_(context.revocations) {}

void LiveStream::start() {
  stream_.heartbeat();
  stream_.on_close([self = shared_from_this()]() mutable { self.reset(); });
  beat();
  check();
  pump();
}

void LiveStream::look() {
  if (!pumping_) pump();
}

void LiveStream::pump() {
  pumping_ = false;
  if (stream_.closed()) return;
  if (context_.closing) return stream_.end();
  if (const Status holds = still_allowed(); !holds.ok()) return end_with(holds.error());
  if (body_->buffered_bytes() > kBufferMax) {
    pumping_ = true;
    return context_.after(kLookAgain, [self = shared_from_this()] { self->pump(); });
  }
  const Result<StreamPage> page = read_(at_);
  if (!page.ok()) return end_with(page.error());
  for (const StreamItem& item : page->items) {
    const std::string id = std::to_string(item.position.value());
    http::SseEvent event;
    event.id = id;
    event.event = item.event;
    event.data = item.data;
    if (!stream_.send(event)) return;
  }
  at_ = page->last;
  if (!page->more) return;
  pumping_ = true;
  context_.post([self = shared_from_this()] { self->pump(); });
}

Status LiveStream::still_allowed() {
  const bool over = principal_.expires_at && *principal_.expires_at <= context_.clock.now();
  if (!over && revocations_seen_ == context_.revocations) return {};
  revocations_seen_ = context_.revocations;
  return context_.authenticator->still_holds(principal_);
}

void LiveStream::beat() {
  context_.after(context_.heartbeat, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self != nullptr && self->stream_.heartbeat()) self->beat();
  });
}

void LiveStream::check() {
  context_.after(kCheckEvery, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr || self->stream_.closed()) return;
    if (self->context_.closing) return self->stream_.end();
    if (const Status holds = self->still_allowed(); !holds.ok()) return self->end_with(holds.error());
    self->check();
  });
}

void LiveStream::end_with(const Error& error) {
  if (stream_.closed()) return;
  const std::string data = json::serialize(json::Object{{"code", name(error.code())}, {"detail", error.message()}});
  http::SseEvent event;
  event.event = "error";
  event.data = data;
  stream_.send(event);
  stream_.end();
}

Result<Position> stream_position(const Exchange& exchange, Position fallback) {
  const auto last = exchange.request().header("last-event-id");
  const auto text = last ? last : exchange.query("after");
  if (!text) return fallback;
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (fault != std::errc() || end != text->data() + text->size())
    return Error(ErrorCode::kInvalidRequest,
                 "'" + std::string(last ? "Last-Event-ID" : "after") + "' must be a position");
  return Position(value);
}

bool wants_stream(const Exchange& exchange) {
  return exchange.request().header("accept").value_or("").find("text/event-stream") != std::string_view::npos;
}

}  // namespace lumenflow::conductor
