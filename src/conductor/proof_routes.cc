// GET /v2/audit/{position}/proof: that an entry is in the conductor's own Log, for whoever has its key.
#include <charconv>
#include <utility>

#include "base/encoding.h"
#include "conductor/context.h"
#include "log/checkpoint.h"
#include "log/merkle.h"

namespace lumenflow::conductor {
namespace {

// As docs/formats/proof.md has it.
Result<json::Value> prove(Context& context, const Principal& principal, std::string_view named) {
  std::uint64_t number = 0;
  const auto [end, fault] = std::from_chars(named.data(), named.data() + named.size(), number);
  if (fault != std::errc() || end != named.data() + named.size() || number == 0)
    return Error(ErrorCode::kInvalidRequest, "the position is a whole number from 1 on");
  LUMENFLOW_TRY_ASSIGN(const log::Checkpoint signed_head, context.ledger.sign_head());
  const log::Head& head = signed_head.head;
  if (number > head.size)
    return Error(ErrorCode::kNotFound, "the log has " + std::to_string(head.size) + " entries so far");
  const log::Log& log = context.ledger.log();
  LUMENFLOW_TRY_ASSIGN(const log::StoredRow row, log.row_at(Position(number)));
  const std::string& entry = row.entries.at(number - row.first.value());
  // What is of no workspace (operators, keys) is an admin's to read, as in GET /v2/audit.
  LUMENFLOW_TRY_ASSIGN(const json::Value value, json::parse(entry));
  if (value.find("workspace") == nullptr && principal.role < Role::kAdmin)
    return Error(ErrorCode::kTokenScopeDenied, "this entry is of no workspace: reading it is for an admin");
  LUMENFLOW_TRY_ASSIGN(const std::vector<Hash256> path, log.inclusion_proof(Position(number), head.size));
  json::Array hashes;
  for (const Hash256& hash : path) hashes.push_back(to_hex(hash));
  return json::Value(json::Object{{"format", "lumenflow-proof/1"},
                                  {"checkpoint", signed_head.note},
                                  {"origin", log::checkpoint_origin(head.log_id)},
                                  {"tree_size", head.size},
                                  {"root", to_hex(head.root)},
                                  {"leaf_index", number - 1},
                                  {"entry", to_base64(entry)},
                                  {"leaf_hash", to_hex(log::leaf_hash(entry))},
                                  {"proof", std::move(hashes)}});
}

}  // namespace

void add_proof_routes(Routes& routes, Context& context) {
  routes.add({.pattern = "/v2/audit/{position}/proof",
              .id = "prove_entry",
              .summary = "A self-contained proof that the entry at this position is in the conductor's own log",
              .answers = {{200, "EntryProof"}},
              .who = kOperators},
             [&context](const ExchangePtr& exchange) {
               const auto proof = prove(context, exchange->principal, exchange->path("position"));
               if (!proof.ok()) return refuse(context, exchange, proof.error());
               exchange->send_json(*proof);
             });
}

}  // namespace lumenflow::conductor
