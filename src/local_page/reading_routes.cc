// What a page looks at: the workspace, its tools, events, approvals, turns and record.
#include <algorithm>
#include <utility>

#include "local_page/documents.h"
#include "local_page/routes.h"

namespace lumenflow::local_page {
namespace {

constexpr std::uint64_t kTurnsBack = 50'000;  // entries of the journal that are looked at for turns
constexpr std::string_view kOf = "/v2/workspaces/{id}";

// The query as it came: it was checked when it was routed, and the sidecar reads it with the same eyes.
std::string query_of(const Exchange& exchange) {
  const std::string& target = exchange.request().target;
  const std::size_t begin = target.find('?');
  return begin == std::string::npos ? std::string() : target.substr(begin);
}

using Say = std::function<json::Value(const json::Value&)>;

// One question to the sidecar, and its document in a conductor's words.
void ask(const ExchangePtr& exchange, const Context& context, std::string target, Say say) {
  context.inner.ask({.target = std::move(target)}, [exchange, say = std::move(say)](Told told) {
    if (!told.ok() || !told.body.is_object()) return exchange->fail(error_of(told));
    exchange->send_json(say ? say(told.body) : told.body);
  });
}

void events(const ExchangePtr& exchange, Context& context) {
  const std::string_view accept = exchange->request().header("accept").value_or("");
  if (accept.find("text/event-stream") == std::string_view::npos)
    return ask(exchange, context, "/events" + query_of(*exchange),
               [&context](const json::Value& page) { return event_page(page, context.log_id); });
  Ask question{.target = "/events/stream" + query_of(*exchange)};
  if (const auto last = exchange->request().header("last-event-id"))
    question.headers.emplace_back("last-event-id", std::string(*last));
  context.inner.pass(std::move(question),
                     context.followers.follow(
                         exchange->cookie, context.log_id,
                         [exchange](http::Response head) { return exchange->stream(std::move(head)); },
                         [exchange](http::Response refusal) { exchange->send(std::move(refusal)); }));
}

// Reads what is new of each kind, one after the other, then answers.
class TurnReading : public std::enable_shared_from_this<TurnReading> {
 public:
  TurnReading(ExchangePtr exchange, Context& context) : exchange_(std::move(exchange)), context_(context) {}
  void start() {
    context_.inner.ask({.target = "/audit/head"}, [self = shared_from_this()](Told told) {
      if (!told.ok()) return self->exchange_->fail(error_of(told));
      self->head_ = static_cast<std::uint64_t>(json::integer_or(told.body, "tree_size", 0));
      self->read(0, self->begin());
    });
  }

 private:
  std::uint64_t begin() const { return std::max(context_.turns.read_to, head_ > kTurnsBack ? head_ - kTurnsBack : 0); }
  void read(std::size_t kind, std::uint64_t after) {
    if (kind == std::size(Turns::kKinds)) return answer();
    const std::string target =
        "/events?limit=1000&kind=" + std::string(Turns::kKinds[kind]) + "&after=" + std::to_string(after);
    context_.inner.ask({.target = target}, [self = shared_from_this(), kind](Told told) {
      if (!told.ok()) return self->exchange_->fail(error_of(told));
      if (const json::Value* items = told.body.find("items"); items != nullptr && items->is_array())
        for (const json::Value& item : items->as_array())
          self->context_.turns.take(item, self->context_.options.workspace_id);
      const std::int64_t next = json::integer_or(told.body, "next", 0);
      next > 0 ? self->read(kind, static_cast<std::uint64_t>(next)) : self->read(kind + 1, self->begin());
    });
  }
  void answer() {
    // Said again by another reading, an event changes nothing: so where readings cross, the further one counts.
    context_.turns.read_to = std::max(context_.turns.read_to, head_);
    const auto before = exchange_->query_number("before", 0, 0, UINT64_MAX),
               limit = exchange_->query_number("limit", 100, 1, 1000);
    if (!before.ok()) return exchange_->fail(before.error());
    if (!limit.ok()) return exchange_->fail(limit.error());
    exchange_->send_json(context_.turns.page(*before, *limit));
  }

  const ExchangePtr exchange_;
  Context& context_;
  std::uint64_t head_ = 0;
};

void workspace(const ExchangePtr& exchange, const Context& context, bool in_a_list) {
  ask(exchange, context, "/audit/head", [&context, in_a_list](const json::Value& head) -> json::Value {
    json::Value document = workspace_document(head, context.options.workspace_id, context.started, context.clock.now());
    if (!in_a_list) return document;
    for (const char* member : {"streams", "head"}) document.as_object().erase(member);
    return json::Object{{"items", json::Array{std::move(document)}}, {"next", json::Value()}};
  });
}

}  // namespace

void add_reading_routes(Routes& routes, Context& context) {
  const auto get = [&](std::string pattern, Routes::Handler handler) {
    routes.add(http::Method::kGet, std::move(pattern), std::move(handler));
  };
  const std::string of(kOf);
  get("/v2/workspaces", [&context](const ExchangePtr& exchange) { workspace(exchange, context, true); });
  get(of, [&context](const ExchangePtr& exchange) { workspace(exchange, context, false); });
  get(of + "/tools", [&context](const ExchangePtr& exchange) {
    context.grant.with({.target = "/tools"}, [exchange, &context](Ask granted) {
      context.inner.ask(std::move(granted), [exchange](Told told) {
        told.ok() ? exchange->send_json(told.body) : exchange->fail(error_of(told));
      });
    });
  });
  get(of + "/events", [&context](const ExchangePtr& exchange) { events(exchange, context); });
  get(of + "/audit",
      [&context](const ExchangePtr& exchange) { ask(exchange, context, "/audit" + query_of(*exchange), audit_page); });
  get(of + "/approvals", [&context](const ExchangePtr& exchange) {
    ask(exchange, context, "/approvals?limit=1000",
        [&context](const json::Value& page) { return approval_page(page, context.options.workspace_id); });
  });
  get(of + "/turns",
      [&context](const ExchangePtr& exchange) { std::make_shared<TurnReading>(exchange, context)->start(); });
  get("/v2/head", [&context](const ExchangePtr& exchange) { ask(exchange, context, "/audit/head", own_head); });
  get("/v2/audit/{position}/proof", [&context](const ExchangePtr& exchange) {
    ask(exchange, context, "/audit/" + std::string(exchange->path("position")) + "/proof", nullptr);
  });
}

}  // namespace lumenflow::local_page
