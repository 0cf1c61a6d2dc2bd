// GET /approvals, GET and POST /approvals/{id}: calls that wait for an approval, and decisions on them.
#include "base/encoding.h"
#include "journal/approvals.h"
#include "sidecar/routes.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::size_t kApprovalsPageMax = 1'000;

Error no_approval() { return Error(ErrorCode::kNotFound, "no call waits for an approval of this id"); }

// What a decision is bound to is all there is to see: `call` is what `call_digest` is the hash of.
json::Object document_of(const journal::ParkedCall& parked) {
  json::Array decisions;
  for (const journal::ApprovalDecision& decision : parked.decisions)
    decisions.push_back(json::Object{{"decision", decision.approve ? "approve" : "deny"},
                                     {"decided_by", decision.decided_by},
                                     {"reason", decision.reason},
                                     {"decided_at", format_rfc3339(decision.decided_at)}});
  return {{"approval_id", parked.approval_id()},
          {"receipt_id", parked.receipt.str()},
          {"state", journal::name(parked.state)},
          {"tool", parked.tool},
          {"requested_by", parked.subject},
          {"requested_at", format_rfc3339(parked.requested_at)},
          {"expires_at", format_rfc3339(parked.expires_at)},
          {"approvals_needed", parked.approvals_needed},
          {"decisions", std::move(decisions)},
          {"call_digest", parked.digest},
          {"call", parked.covered}};
}

Result<json::Value> list(const Exchange& exchange, RouteContext& context) {
  LUMENFLOW_TRY_ASSIGN(const std::uint64_t limit, exchange.query_number("limit", 100, 1, kApprovalsPageMax));
  std::string after;
  if (const auto cursor = exchange.query("after"); cursor && *cursor != "0") {
    const std::optional<std::string> bytes = from_hex(*cursor);
    if (!bytes) return Error(ErrorCode::kInvalidRequest, "'after' must be the 'next' of a page");
    after = *bytes;
  }
  LUMENFLOW_TRY_ASSIGN(const auto snapshot, context.workspace.log().snapshot());
  LUMENFLOW_TRY_ASSIGN(const journal::OpenApprovals open, journal::open_approvals(*snapshot, after, limit));
  json::Array items;
  for (const journal::ParkedCall& parked : open.items) items.push_back(document_of(parked));
  return json::Value(
      json::Object{{"items", std::move(items)},
                   {"next", open.next.empty() ? json::Value() : json::Value(to_hex(as_bytes(open.next)))}});
}

// Also what is decided already; `decider` is whom a decision of this caller's would name.
Result<json::Value> show(const Exchange& exchange, RouteContext& context) {
  const auto receipt = journal::receipt_of_approval(exchange.path("id"));
  if (!receipt) return no_approval();
  LUMENFLOW_TRY_ASSIGN(const auto snapshot, context.workspace.log().snapshot());
  LUMENFLOW_TRY_ASSIGN(const auto parked, journal::find_parked(*snapshot, *receipt));
  if (!parked) return no_approval();
  json::Object document = document_of(*parked);
  document.set("decider", exchange.credential->subject.str());
  return json::Value(std::move(document));
}

void answer(const ExchangePtr& exchange, Result<json::Value> document) {
  document.ok() ? exchange->send_json(*document) : exchange->fail(document.error());
}

void decide(const ExchangePtr& exchange, RouteContext& context) {
  Result<json::Value> body = json::parse(exchange->request().body);
  if (!body.ok()) return exchange->fail(body.error());
  const std::string_view decision = json::string_or(*body, "decision", "");
  if (decision != "approve" && decision != "deny")
    return exchange->fail(Error(ErrorCode::kInvalidInput, "'decision' is 'approve' or 'deny'"));
  json::Object input{{"approval_id", std::string(exchange->path("id"))}};
  for (const json::Member& member : body->as_object())
    if (member.key != "decision" && member.key != "approval_id") input.set(member.key, member.value);
  make_call(exchange, context,
            call_by(*exchange, decision == "approve" ? "kernel:approve" : "kernel:deny", std::move(input)));
}

}  // namespace

void add_approval_routes(Routes& routes, RouteContext& context) {
  routes.add({.pattern = "/approvals",
              .scope = "approvals:read",
              .id = "list_approvals",
              .summary = "Calls that wait for an approval, the soonest to expire first",
              .answers = {{200, "ApprovalPage"}},
              .parameters = {{"after", "string", "the 'next' of the page before"},
                             {"limit", "integer", "at most so many, up to 1000"}}},
             [&context](const ExchangePtr& exchange) { answer(exchange, list(*exchange, context)); });
  routes.add({.pattern = "/approvals/{id}",
              .scope = "approvals:read",
              .id = "show_approval",
              .summary = "One approval, open or decided, with all that its digest covers",
              .answers = {{200, "Approval"}}},
             [&context](const ExchangePtr& exchange) { answer(exchange, show(*exchange, context)); });
  routes.add({.method = http::Method::kPost,
              .pattern = "/approvals/{id}",
              .id = "decide_approval",
              .summary = "Approve or deny, signed by a key that the workspace has pinned; needs approvals:decide",
              .request = "ApprovalDecision",
              .answers = {{200, "ToolResult"}, {202, "PendingCall"}},
              .refusal = "Refusal"},
             [&context](const ExchangePtr& exchange) { decide(exchange, context); });
}

}  // namespace lumenflow::sidecar
