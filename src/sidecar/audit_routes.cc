// GET /audit, /audit/head, /audit/{position}, /audit/{position}/proof.
#include <charconv>

#include "base/encoding.h"
#include "journal/proof.h"
#include "journal/tables.h"
#include "log/checkpoint.h"
#include "log/merkle.h"
#include "sidecar/routes.h"

namespace lumenflow::sidecar {
namespace {

json::Value entry_document(const journal::ReadEntry& entry) {
  return json::Object{
      {"position", entry.position.value()}, {"leaf_hash", to_hex(log::leaf_hash(entry.bytes))}, {"entry", entry.value}};
}

Result<Position> position_of(const Exchange& exchange) {
  const std::string_view text = exchange.path("position");
  std::uint64_t position = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), position);
  if (fault != std::errc() || end != text.data() + text.size() || position == 0)
    return Error(ErrorCode::kNotFound, "a position is a whole number from 1");
  return Position(position);
}

// Those of one call begin where its record begins: `from` moves there.
Result<journal::Reader::Filter> filter_of(const Exchange& exchange, RouteContext& context, Position& from) {
  journal::Reader::Filter filter;
  const auto asked = exchange.query("receipt_id");
  if (!asked) return filter;
  const ReceiptId receipt{std::string(*asked)};
  const auto key = journal::call_key(receipt);
  LUMENFLOW_TRY_ASSIGN(const auto snapshot, context.workspace.log().snapshot());
  std::optional<std::string> found;
  if (key) {
    LUMENFLOW_TRY_ASSIGN(found, snapshot->get(journal::kCallsTable, *key));
  }
  const auto places = found ? journal::decode_call_places(*found) : std::nullopt;
  if (!places) return Error(ErrorCode::kNotFound, "no call has this receipt");
  if (from.value() + 1 < places->requested.value()) from = Position(places->requested.value() - 1);
  filter.texts = {receipt.str()};
  filter.matches = [text = receipt.str()](const json::Value& entry) {
    return json::string_or(entry, "receipt_id", "") == text;
  };
  return filter;
}

void list_entries(const ExchangePtr& exchange, RouteContext& context) {
  const auto after = exchange->query_number("after", 0, 0, UINT64_MAX);
  const auto limit = exchange->query_number("limit", 100, 1, 1000);
  if (!after.ok()) return exchange->fail(after.error());
  if (!limit.ok()) return exchange->fail(limit.error());
  Position from(*after);
  const Result<journal::Reader::Filter> filter = filter_of(*exchange, context, from);
  if (!filter.ok()) return exchange->fail(filter.error());
  const Result<journal::Page> page = context.workspace.kernel().reader().page(from, *limit, *filter);
  if (!page.ok()) return exchange->fail(page.error());
  json::Array items;
  for (const journal::ReadEntry& entry : page->items) items.push_back(entry_document(entry));
  exchange->send_json(json::Object{{"items", std::move(items)},
                                   {"next", page->next ? json::Value(page->next->value()) : json::Value()}});
}

void show_entry(const ExchangePtr& exchange, RouteContext& context) {
  const Result<Position> position = position_of(*exchange);
  if (!position.ok()) return exchange->fail(position.error());
  const Result<journal::ReadEntry> entry = context.workspace.kernel().reader().entry(*position);
  if (!entry.ok()) return exchange->fail(entry.error());
  exchange->send_json(entry_document(*entry));
}

void prove_entry(const ExchangePtr& exchange, RouteContext& context) {
  const Result<Position> position = position_of(*exchange);
  if (!position.ok()) return exchange->fail(position.error());
  Workspace& workspace = context.workspace;
  const Result<json::Value> document =
      journal::prove_entry(workspace.log(), *position, workspace.log().head().size, workspace.keys().log_key);
  if (!document.ok()) return exchange->fail(document.error());
  exchange->send_json(*document);
}

// The signed head; with ?from=A[&to=B] the proof that the journal only grew between them.
void show_head(const ExchangePtr& exchange, RouteContext& context) {
  Workspace& workspace = context.workspace;
  const log::Head head = workspace.log().head();
  if (!exchange->query("from")) {
    return exchange->send_json(json::Object{{"log_id", head.log_id},
                                            {"tree_size", head.size},
                                            {"root", to_hex(head.root)},
                                            {"checkpoint", log::sign_checkpoint(head, workspace.keys().log_key).note},
                                            {"public_key", to_base64(workspace.keys().log_key.public_key)}});
  }
  const auto to = exchange->query_number("to", head.size, 0, head.size);
  const auto from = exchange->query_number("from", 0, 0, head.size);
  if (!to.ok()) return exchange->fail(to.error());
  if (!from.ok()) return exchange->fail(from.error());
  if (*from > *to) return exchange->fail(Error(ErrorCode::kInvalidRequest, "'from' is beyond 'to'"));
  const Result<json::Value> document = journal::prove_growth(workspace.log(), *from, *to, workspace.keys().log_key);
  if (!document.ok()) return exchange->fail(document.error());
  exchange->send_json(*document);
}

}  // namespace

void add_audit_routes(Routes& routes, RouteContext& context) {
  constexpr std::string_view kScope = "audit:read";
  routes.add({.pattern = "/audit",
              .scope = kScope,
              .id = "list_entries",
              .summary = "A page of the journal's entries",
              .answers = {{200, "AuditPage"}},
              .parameters = {{"after", "integer", "from behind this position; 0 is the start"},
                             {"limit", "integer", "at most so many, 1 to 1000"},
                             {"receipt_id", "string", "those of this call alone"}}},
             [&context](const ExchangePtr& exchange) { list_entries(exchange, context); });
  routes.add({.pattern = "/audit/head",
              .scope = kScope,
              .id = "show_head",
              .summary = "The signed head; with `from`, the proof that the journal only grew",
              .answers = {{200, "HeadOrGrowth"}},
              .parameters = {{"from", "integer", "the earlier size"}, {"to", "integer", "the later one"}}},
             [&context](const ExchangePtr& exchange) { show_head(exchange, context); });
  routes.add({.pattern = "/audit/{position}",
              .scope = kScope,
              .id = "show_entry",
              .summary = "One entry",
              .answers = {{200, "AuditItem"}}},
             [&context](const ExchangePtr& exchange) { show_entry(exchange, context); });
  routes.add({.pattern = "/audit/{position}/proof",
              .scope = kScope,
              .id = "prove_entry",
              .summary = "A self-contained proof that the entry is in the journal",
              .answers = {{200, "EntryProof"}}},
             [&context](const ExchangePtr& exchange) { prove_entry(exchange, context); });
}

}  // namespace lumenflow::sidecar
