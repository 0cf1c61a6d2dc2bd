// GET /recoveries, GET /recoveries/{id}, POST /recoveries/{id}/confirm: what calls left behind, and consents to what is
// proposed.
#include "base/encoding.h"
#include "journal/recoveries.h"
#include "sidecar/routes.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::size_t kRecoveriesPageMax = 1'000;

Result<json::Value> list_recoveries(const Exchange& exchange, RouteContext& context) {
  LUMENFLOW_TRY_ASSIGN(const std::uint64_t limit, exchange.query_number("limit", 100, 1, kRecoveriesPageMax));
  const std::string_view state = exchange.query("state").value_or("open");
  if (state != "open" && state != "all") return Error(ErrorCode::kInvalidRequest, "'state' is 'open' or 'all'");
  std::string after;
  if (const auto cursor = exchange.query("after"); cursor && *cursor != "0") {
    const std::optional<std::string> bytes = from_hex(*cursor);
    if (!bytes) return Error(ErrorCode::kInvalidRequest, "'after' must be the 'next' of a page");
    after = *bytes;
  }
  LUMENFLOW_TRY_ASSIGN(const auto snapshot, context.workspace.log().snapshot());
  LUMENFLOW_TRY_ASSIGN(const auto page, journal::list_recoveries(*snapshot, state == "all", after, limit));
  json::Array items;
  for (const journal::Recovery& recovery : page.items) items.push_back(journal::document_of(recovery));
  return json::Value(
      json::Object{{"items", std::move(items)},
                   {"next", page.next.empty() ? json::Value() : json::Value(to_hex(as_bytes(page.next)))}});
}

// `decider` is whom a consent of this caller's would name.
Result<json::Value> show_recovery(const Exchange& exchange, RouteContext& context) {
  const auto receipt = journal::receipt_of_recovery(exchange.path("id"));
  std::optional<journal::Recovery> recovery;
  if (receipt) {
    LUMENFLOW_TRY_ASSIGN(const auto snapshot, context.workspace.log().snapshot());
    LUMENFLOW_TRY_ASSIGN(recovery, journal::find_recovery(*snapshot, *receipt));
  }
  if (!recovery) return Error(ErrorCode::kNotFound, "there is no recovery of this id");
  json::Object document = journal::document_of(*recovery);
  document.set("decider", exchange.credential->subject.str());
  return json::Value(std::move(document));
}

void answer_read(const ExchangePtr& exchange, const Result<json::Value>& document) {
  document.ok() ? exchange->send_json(*document) : exchange->fail(document.error());
}

void confirm_recovery(const ExchangePtr& exchange, RouteContext& context) {
  Result<json::Value> body = json::parse(exchange->request().body);
  if (!body.ok()) return exchange->fail(body.error());
  if (!body->is_object()) return exchange->fail(Error(ErrorCode::kInvalidInput, "the body is a JSON object"));
  const json::Value* named = body->find("recovery_id");
  if (named != nullptr && *named != json::Value(std::string(exchange->path("id"))))
    return exchange->fail(Error(ErrorCode::kInvalidInput, "the body names another recovery than the path",
                                {{"/recovery_id", "is not the one of the path; leave it out"}}));
  body->as_object().set("recovery_id", std::string(exchange->path("id")));
  make_call(exchange, context, call_by(*exchange, "kernel:confirm", *std::move(body)));
}

}  // namespace

void add_recovery_routes(Routes& routes, RouteContext& context) {
  routes.add({.pattern = "/recoveries",
              .scope = "audit:read",
              .id = "list_recoveries",
              .summary = "What calls left behind that did not end as they should, oldest first",
              .answers = {{200, "RecoveryPage"}},
              .parameters = {{"state", "string", "'open' (as without) or 'all'"},
                             {"after", "string", "the 'next' of the page before"},
                             {"limit", "integer", "at most so many, up to 1000"}}},
             [&context](const ExchangePtr& exchange) { answer_read(exchange, list_recoveries(*exchange, context)); });
  routes.add({.pattern = "/recoveries/{id}",
              .scope = "audit:read",
              .id = "show_recovery",
              .summary = "One of them, open or confirmed",
              .answers = {{200, "Recovery"}}},
             [&context](const ExchangePtr& exchange) { answer_read(exchange, show_recovery(*exchange, context)); });
  routes.add({.method = http::Method::kPost,
              .pattern = "/recoveries/{id}/confirm",
              .id = "confirm_recovery",
              .summary = "Call what it proposes, once, as whoever consents, signed by a key that the workspace has "
                         "pinned; needs recovery:confirm",
              .request = "RecoveryConsent",
              .answers = {{200, "ToolResult"}, {202, "PendingCall"}},
              .refusal = "Refusal"},
             [&context](const ExchangePtr& exchange) { confirm_recovery(exchange, context); });
}

}  // namespace lumenflow::sidecar
