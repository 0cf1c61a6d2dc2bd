// GET /events and GET /events/stream.
#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "http/sse.h"
#include "journal/entry.h"
#include "sidecar/routes.h"
#include "sidecar/token_standing.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::size_t kEventsPerPage = 1000, kPageDefault = 100;
constexpr std::size_t kStreamPage = 256;
constexpr std::size_t kStreamBufferMax = 512 * 1024;  // what a reader may be behind before it is given no more
constexpr std::chrono::milliseconds kLookAgain{50};   // while a slow reader catches up

// An envelope with where it stands in the journal.
json::Value event_document(const journal::ReadEntry& entry) {
  json::Value document = *entry.value.find("event");
  document.as_object().set("position", entry.position.value());
  document.as_object().set("class", *entry.value.find("class"));
  return document;
}

void list_events(const ExchangePtr& exchange, RouteContext& context) {
  const auto after = exchange->query_number("after", 0, 0, UINT64_MAX);
  const auto limit = exchange->query_number("limit", kPageDefault, 1, kEventsPerPage);
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

// What a reader is told first: where it stands.
struct Resumption {
  std::string_view status;                         // replayed, up_to_date, gap, unknown_position
  Position at;                                     // from behind which it goes on
  log::Head head;                                  // of the journal it reads
  std::optional<std::uint64_t> missing_from = {};  // of a gap: what follows is lost, or cannot be proven
};

json::Value document(const Resumption& resumption) {
  json::Object data{{"status", resumption.status},
                    {"after", resumption.at.value()},
                    {"head", resumption.head.size},
                    {"log_id", resumption.head.log_id}};
  if (resumption.missing_from) data.set("missing", json::Object{{"from", *resumption.missing_from}});
  return data;
}

// Where the request says its reader stands; nothing: it has not read yet. What is no position is beyond every head.
std::optional<std::uint64_t> position_asked(const Exchange& exchange) {
  const std::optional<std::string_view> last = exchange.request().header("last-event-id");
  const std::optional<std::string_view> text = last ? last : exchange.query("after");
  if (!text) return std::nullopt;
  std::uint64_t position = 0;
  const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), position);
  return fault == std::errc() && end == text->data() + text->size() ? position : UINT64_MAX;
}

Resumption resume(const Exchange& exchange, const log::Log& log) {
  const log::Head head = log.head();
  const std::optional<std::uint64_t> asked = position_asked(exchange);
  const bool other_log = exchange.query("log_id").value_or(head.log_id) != head.log_id;
  if (!asked && !other_log) return {"up_to_date", Position(head.size), head};
  if (other_log) return {"unknown_position", Position(head.size), head};
  // A damaged journal may have lost its end, and with it the reader's own position.
  if (const log::Condition condition = log.condition(); condition.damaged)
    return {"gap", Position(std::min(*asked, head.size)), head, condition.first_affected};
  if (*asked > head.size) return {"unknown_position", Position(head.size), head};
  return {*asked == head.size ? "up_to_date" : "replayed", Position(*asked), head};
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

  // Answers the resumption, then sends what there is and what comes.
  void start(const Resumption& resumption) {
    const std::string id = std::to_string(at_.value()), data = json::serialize(document(resumption));
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
    if (context_.closing) return stream_.end();
    context_.workspace.log().wait(at_, [weak = weak_from_this(), post = context_.post] {
      post([weak] {
        if (const auto self = weak.lock()) self->pump();
      });
    });
  }

  Status still_allowed() const { return still_counts(*credential_, context_.workspace.kernel(), context_.clock); }

  // The connection keeps the stream alive until it closes.
  void keep_alive() {
    if (std::exchange(kept_, true)) return;
    stream_.on_close([self = shared_from_this()]() mutable { self.reset(); });
  }

  void beat() {
    context_.after(context_.heartbeat, [weak = weak_from_this()] {
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
  if (exchange->query("after"))
    if (const auto after = exchange->query_number("after", 0, 0, UINT64_MAX); !after.ok())
      return exchange->fail(after.error());
  const Resumption resumption = resume(*exchange, context.workspace.log());
  const std::shared_ptr<http::BodyStream> body = exchange->stream(http::sse_head());
  const auto stream = std::make_shared<LiveStream>(context, exchange->credential, body,
                                                   exchange->query("kind").value_or(""), resumption.at);
  stream->start(resumption);
}

}  // namespace

void add_event_routes(Routes& routes, RouteContext& context) {
  routes.add({.pattern = "/events",
              .scope = "events:read",
              .id = "list_events",
              .summary = "A page of events",
              .answers = {{200, "EventPage"}},
              .parameters = {{"kind", "string", "only events of this kind"},
                             {"after", "integer", "from behind this position; 0 is the start"},
                             {"limit", "integer", "at most so many, 1 to 1000"}}},
             [&context](const ExchangePtr& exchange) { list_events(exchange, context); });
  routes.add({.pattern = "/events/stream",
              .scope = "events:read",
              .id = "stream_events",
              .summary = "Events as they come, resumable by position",
              .stream_item = "StreamEvent",
              .parameters = {{"kind", "string", "only events of this kind"},
                             {"after", "integer", "from behind this position; 0 is the start, none is now"},
                             {"log_id", "string", "the journal that the position is of, as the last resume said"},
                             {"Last-Event-ID", "string", "the position to resume from; goes before `after`", true}},
              .media_type = "text/event-stream"},
             [&context](const ExchangePtr& exchange) { stream_events(exchange, context); });
}

}  // namespace lumenflow::sidecar
