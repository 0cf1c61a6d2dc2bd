#include "sidecar/call_stream.h"

#include <utility>

#include "sidecar/token_standing.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::size_t kBehindMax = 256 * 1024;  // bytes that a reader may be behind before progress is left out

}  // namespace

bool wants_stream(const Exchange& exchange) {
  const std::optional<std::string_view> accept = exchange.request().header("accept");
  return accept && accept->find("text/event-stream") != std::string_view::npos;
}

// The mailbox borrows the stream, which the call's completion keeps.
std::shared_ptr<const kernel::CallListener> CallStream::listener() {
  mailbox_ = kernel::NoticeMailbox::make(context_.post, [weak = weak_from_this()](const kernel::CallNotice& notice) {
    if (const auto self = weak.lock()) self->take(notice);
  });
  return std::make_shared<const kernel::CallListener>(mailbox_->listener());
}

void CallStream::take(const kernel::CallNotice& notice) {
  using Kind = kernel::CallNotice::Kind;
  if (notice.kind == Kind::kStarted && body_ == nullptr) {
    open();
    receipt_ = notice.receipt_id;
    send("started", json::Object{{"receipt_id", notice.receipt_id}, {"tool", notice.tool}});
    return beat();
  }
  if (body_ == nullptr || over()) return;
  left_out_ += notice.dropped;
  if (notice.kind != Kind::kProgress && notice.kind != Kind::kText) return;
  if (body_->buffered_bytes() > kBehindMax) {
    ++left_out_;
    return;
  }
  json::Object data{{"receipt_id", notice.receipt_id},
                    {"tool", notice.tool},
                    {"fraction", notice.fraction},
                    {"message", notice.message}};
  if (left_out_ != 0) data.set("left_out", std::exchange(left_out_, 0));
  send("progress", std::move(data));
}

void CallStream::end(const kernel::CallResult& result) {
  mailbox_->drain();
  mailbox_->close();
  if (body_ == nullptr && status_of(result) != 200) return exchange_->send_result(result);
  if (body_ == nullptr)
    open();
  else if (over())
    return;
  http::SseEvent event;
  event.event = "result";
  event.data = result.body;
  stream_->send(event);
  stream_->end();
}

void CallStream::open() {
  body_ = exchange_->stream(http::sse_head());
  stream_.emplace(body_);
}

void CallStream::beat() {
  context_.after(context_.heartbeat, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self != nullptr && !self->over() && self->stream_->heartbeat()) self->beat();
  });
}

bool CallStream::over() {
  if (over_) return true;
  const Status standing = still_counts(*exchange_->credential, context_.workspace.kernel(), context_.clock);
  if (standing.ok()) return false;
  over_ = true;
  send("error",
       json::Object{
           {"code", name(standing.error().code())}, {"detail", standing.error().message()}, {"receipt_id", receipt_}});
  stream_->end();
  return true;
}

void CallStream::send(std::string_view name, const json::Value& value) {
  const std::string data = json::serialize(value);
  http::SseEvent event;
  event.event = name;
  event.data = data;
  stream_->send(event);
}

}  // namespace lumenflow::sidecar
