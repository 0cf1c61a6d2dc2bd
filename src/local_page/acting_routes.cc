// What a page does: calls, and what is decided in the operator's name.
#include <utility>

#include "local_page/documents.h"
#include "local_page/routes.h"

namespace lumenflow::local_page {
namespace {

constexpr std::chrono::milliseconds kWaitMax{30'000};
constexpr std::size_t kDepthMax = 64;

Error locked() {
  return Error(
      ErrorCode::kTokenScopeDenied,
      "the operator key of this workspace is locked, and the page cannot sign; decide at the console, or start "
      "with `lumenflow up --ui --passphrase-file FILE`");
}

// As a segment of a path (RFC 3986 3.3).
std::string segment(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~:").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.append(1, '%').append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
  }
  return out;
}

std::optional<json::Value> body_of(const ExchangePtr& exchange) {
  Result<json::Value> body = http::json_body(exchange->request(), kDepthMax);
  if (body.ok() && !body->is_object()) body = Error(ErrorCode::kInvalidRequest, "the body must be a JSON object");
  if (body.ok()) return *std::move(body);
  exchange->fail(body.error());
  return std::nullopt;
}

// A call: its end, or where it can be asked about once the caller's patience is over.
class Calling : public std::enable_shared_from_this<Calling> {
 public:
  Calling(ExchangePtr exchange, Context& context) : exchange_(std::move(exchange)), context_(context) {}

  void start(const json::Value& input, std::chrono::milliseconds wait) {
    Ask question{http::Method::kPost, "/tools/" + segment(exchange_->path("name")), input, {}};
    question.headers.emplace_back("accept", "text/event-stream");
    if (const auto key = exchange_->request().header("idempotency-key"))
      question.headers.emplace_back("idempotency-key", std::string(*key));
    Inner::Listener listener;
    listener.event = [self = shared_from_this()](std::string_view event, std::string_view data) {
      self->hear(event, data);
    };
    listener.told = [self = shared_from_this()](Told told) { self->answer(std::move(told)); };
    listener.over = [self = shared_from_this()] { self->broke_off(); };
    context_.grant.with(std::move(question), [self = shared_from_this(), listener](Ask granted) {
      self->context_.inner.listen(std::move(granted), listener);
    });
    context_.after(wait, [self = shared_from_this()] {
      self->impatient_ = true;
      self->answer_pending();
    });
  }

 private:
  void hear(std::string_view event, std::string_view data) {
    Result<json::Value> document = json::parse(data, {.depth_max = 512});
    if (!document.ok() || !document->is_object()) return;
    if (event == "started") {
      receipt_ = json::string_or(*document, "receipt_id", "");
      answer_pending();
    }
    if (event == "result" && !std::exchange(answered_, true)) exchange_->send_json(outcome(*std::move(document), 200));
  }
  // At once: refused, or one that waits for an approval.
  void answer(Told told) {
    if (std::exchange(answered_, true)) return;
    if (!told.body.is_object() || told.body.find("success") == nullptr) return exchange_->fail(error_of(told));
    const std::string receipt = receipt_of(told.body);
    if (told.response.status == 202)
      return exchange_->send_json(202, json::serialize(queued(receipt, "running", context_.clock.now())));
    exchange_->send_json(told.response.status, json::serialize(outcome(std::move(told.body), told.response.status)));
  }
  void answer_pending() {
    if (!impatient_ || receipt_.empty() || std::exchange(answered_, true)) return;
    exchange_->send_json(202, json::serialize(queued(receipt_, "running", context_.clock.now())));
  }
  void broke_off() {
    if (!std::exchange(answered_, true))
      exchange_->fail(Error(ErrorCode::kInternal, "the sidecar ended the answer before the call's result"));
  }

  const ExchangePtr exchange_;
  Context& context_;
  std::string receipt_;
  bool impatient_ = false, answered_ = false;
};

void call(const ExchangePtr& exchange, Context& context) {
  const auto body = body_of(exchange);
  if (!body) return;
  const auto wait = parse_duration(exchange->query("wait").value_or("30s"));
  if (!wait.ok() || *wait > kWaitMax)
    return exchange->fail(Error(ErrorCode::kInvalidRequest, "'wait' must be a duration up to 30s"));
  std::make_shared<Calling>(exchange, context)->start(*body, *wait);
}

void command(const ExchangePtr& exchange, const Context& context, http::Method method) {
  const std::string target = "/calls/" + segment(exchange->path("command_id"));
  context.inner.ask({.method = method, .target = target}, [exchange, &context](Told told) {
    if (!told.ok() || !told.body.is_object()) return exchange->fail(error_of(told));
    exchange->send_json(command_of_call(told.body, context.options.workspace_id, context.clock.now()));
  });
}

// A kernel tool that decides: what it refuses is a problem, what it did can be asked about by its receipt.
void decide(const ExchangePtr& exchange, const Context& context, const std::string& tool, json::Value input,
            bool prove = false) {
  Ask question{http::Method::kPost, "/kernel/" + tool, std::move(input), {}};
  if (prove) {
    const Result<std::string> proof = context.hand.prove("kernel:" + tool);
    if (!proof.ok()) return exchange->fail(proof.error());
    question.headers.emplace_back("lumenflow-operator", *proof);
  }
  context.inner.ask(std::move(question), [exchange, &context](Told told) {
    if (!told.body.is_object() || !json::boolean_or(told.body, "success", false)) return exchange->fail(error_of(told));
    exchange->send_json(202, json::serialize(queued(receipt_of(told.body), "done", context.clock.now())));
  });
}

// What is signed is what was shown: another digest than the page's is another decision.
void with_shown(const ExchangePtr& exchange, const Context& context, const std::string& target, const json::Value& body,
                std::function<void(const json::Value& shown)> then) {
  if (!context.hand.is_there()) return exchange->fail(locked());
  const std::string digest(json::string_or(body, "call_digest", ""));
  context.inner.ask({.target = target}, [exchange, digest, then = std::move(then)](Told told) {
    if (!told.ok() || !told.body.is_object()) return exchange->fail(error_of(told));
    if (digest.empty() || json::string_or(told.body, "call_digest", "") != digest)
      return exchange->fail(
          Error(ErrorCode::kConflict, "'call_digest' is not that of what waits now; look at it again"));
    then(told.body);
  });
}

void decide_approval(const ExchangePtr& exchange, const Context& context) {
  const auto body = body_of(exchange);
  if (!body) return;
  const std::string decision(json::string_or(*body, "decision", "")), reason(json::string_or(*body, "reason", ""));
  if (decision != "approve" && decision != "deny")
    return exchange->fail(Error(ErrorCode::kInvalidRequest, "'decision' is 'approve' or 'deny'"));
  with_shown(exchange, context, "/approvals/" + segment(exchange->path("approval_id")), *body,
             [exchange, &context, decision, reason](const json::Value& shown) {
               Result<json::Value> input = context.hand.decide(shown, decision == "approve", reason);
               if (!input.ok()) return exchange->fail(input.error());
               decide(exchange, context, decision, *std::move(input));
             });
}

void confirm_recovery(const ExchangePtr& exchange, const Context& context) {
  const auto body = body_of(exchange);
  if (!body) return;
  const std::string reason(json::string_or(*body, "reason", ""));
  with_shown(exchange, context, "/recoveries/" + segment(exchange->path("recovery_id")), *body,
             [exchange, &context, reason](const json::Value& shown) {
               Result<json::Value> input = context.hand.consent(shown, reason);
               if (!input.ok()) return exchange->fail(input.error());
               decide(exchange, context, "confirm", *std::move(input));
             });
}

void stop(const ExchangePtr& exchange, const Context& context) {
  const auto body = body_of(exchange);
  if (!body) return;
  const std::string target(json::string_or(*body, "target", "")), &id = context.options.workspace_id;
  const bool resume = json::boolean_or(*body, "resume", false);
  if (target.empty())
    return exchange->fail(Error(ErrorCode::kInvalidRequest, "'target' is a tool, a subject or 'all'"));
  if (resume && !context.hand.is_there()) return exchange->fail(locked());
  json::Object input;
  if (target == "all")
    input.set("all", true);
  else
    input.set(target == id || target.starts_with(id + ":") ? "subject" : "tool", target);
  decide(exchange, context, resume ? "resume" : "stop", json::Value(std::move(input)), resume);
}

}  // namespace

void add_acting_routes(Routes& routes, Context& context) {
  const std::string of = "/v2/workspaces/{id}";
  const auto add = [&](http::Method method, std::string pattern, Routes::Handler handler) {
    routes.add(method, std::move(pattern), std::move(handler));
  };
  add(http::Method::kPost, of + "/tools/{name}", [&context](const ExchangePtr& exchange) { call(exchange, context); });
  add(http::Method::kGet, of + "/commands", [](const ExchangePtr& exchange) {
    exchange->send_json(
        json::Object{{"items", json::Array{}}, {"next", json::Value()}});  // calls go straight to the kernel
  });
  for (const http::Method method : {http::Method::kGet, http::Method::kDelete})
    add(method, of + "/commands/{command_id}",
        [&context, method](const ExchangePtr& exchange) { command(exchange, context, method); });
  add(http::Method::kPost, of + "/stop", [&context](const ExchangePtr& exchange) { stop(exchange, context); });
  add(http::Method::kPost, "/v2/approvals/{approval_id}",
      [&context](const ExchangePtr& exchange) { decide_approval(exchange, context); });
  add(http::Method::kPost, "/v2/recoveries/{recovery_id}/confirm",
      [&context](const ExchangePtr& exchange) { confirm_recovery(exchange, context); });
}

}  // namespace lumenflow::local_page
