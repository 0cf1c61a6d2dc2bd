// GET /audit, /audit/head, /audit/{position}, /audit/{position}/proof.
#include <charconv>

#include "base/encoding.h"
#include "log/checkpoint.h"
#include "log/merkle.h"
#include "sidecar/routes.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::string_view kProofFormat = "lumenflow-proof/1";

json::Value hex_list(const std::vector<Hash256>& hashes) {
  json::Array list;
  for (const Hash256& hash : hashes) list.push_back(to_hex(hash));
  return list;
}

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

void list_entries(const ExchangePtr& exchange, RouteContext& context) {
  const auto after = exchange->query_number("after", 0, 0, UINT64_MAX);
  const auto limit = exchange->query_number("limit", 100, 1, 1000);
  if (!after.ok()) return exchange->fail(after.error());
  if (!limit.ok()) return exchange->fail(limit.error());
  const Result<journal::Page> page =
      context.workspace.kernel().reader().page(Position(*after), *limit, journal::Reader::Filter());
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

// Self-contained: the signed head, the entry's bytes, and the path between them.
Result<json::Value> inclusion_document(Workspace& workspace, Position position) {
  LUMENFLOW_TRY_ASSIGN(const journal::ReadEntry entry, workspace.kernel().reader().entry(position));
  const log::Head head = workspace.log().head();
  LUMENFLOW_TRY_ASSIGN(const std::vector<Hash256> proof, workspace.log().inclusion_proof(position, head.size));
  const log::Checkpoint checkpoint = log::sign_checkpoint(head, workspace.keys().log_key);
  return json::Value(json::Object{{"format", kProofFormat},
                                  {"checkpoint", checkpoint.note},
                                  {"origin", log::checkpoint_origin(head.log_id)},
                                  {"tree_size", head.size},
                                  {"root", to_hex(head.root)},
                                  {"leaf_index", position.value() - 1},
                                  {"entry", to_base64(entry.bytes)},
                                  {"leaf_hash", to_hex(log::leaf_hash(entry.bytes))},
                                  {"proof", hex_list(proof)}});
}

void prove_entry(const ExchangePtr& exchange, RouteContext& context) {
  const Result<Position> position = position_of(*exchange);
  if (!position.ok()) return exchange->fail(position.error());
  const Result<json::Value> document = inclusion_document(context.workspace, *position);
  if (!document.ok()) return exchange->fail(document.error());
  exchange->send_json(*document);
}

Result<json::Value> consistency_document(Workspace& workspace, std::uint64_t from, std::uint64_t to) {
  if (from > to) return Error(ErrorCode::kInvalidRequest, "'from' is beyond 'to'");
  LUMENFLOW_TRY_ASSIGN(const Hash256 from_root, workspace.log().root_at(from));
  LUMENFLOW_TRY_ASSIGN(const Hash256 to_root, workspace.log().root_at(to));
  LUMENFLOW_TRY_ASSIGN(const std::vector<Hash256> proof, workspace.log().consistency_proof(from, to));
  const log::Head head{workspace.log().head().log_id, to, to_root};
  return json::Value(json::Object{{"format", kProofFormat},
                                  {"checkpoint", log::sign_checkpoint(head, workspace.keys().log_key).note},
                                  {"origin", log::checkpoint_origin(head.log_id)},
                                  {"tree_size", to},
                                  {"root", to_hex(to_root)},
                                  {"from_size", from},
                                  {"from_root", to_hex(from_root)},
                                  {"proof", hex_list(proof)}});
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
  const Result<json::Value> document = consistency_document(workspace, *from, *to);
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
              .parameters = {{"after", "integer", "from behind this position; 0 is the start"},
                             {"limit", "integer", "at most so many, 1 to 1000"}}},
             [&context](const ExchangePtr& exchange) { list_entries(exchange, context); });
  routes.add({.pattern = "/audit/head",
              .scope = kScope,
              .id = "show_head",
              .summary = "The signed head; with `from`, the proof that the journal only grew",
              .parameters = {{"from", "integer", "the earlier size"}, {"to", "integer", "the later one"}}},
             [&context](const ExchangePtr& exchange) { show_head(exchange, context); });
  routes.add({.pattern = "/audit/{position}", .scope = kScope, .id = "show_entry", .summary = "One entry"},
             [&context](const ExchangePtr& exchange) { show_entry(exchange, context); });
  routes.add({.pattern = "/audit/{position}/proof",
              .scope = kScope,
              .id = "prove_entry",
              .summary = "A self-contained proof that the entry is in the journal"},
             [&context](const ExchangePtr& exchange) { prove_entry(exchange, context); });
}

}  // namespace lumenflow::sidecar
