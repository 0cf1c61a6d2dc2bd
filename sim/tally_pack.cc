#include "tally_pack.h"

#include "journal/tables.h"

namespace lumenflow::sim {
namespace {

using pack::ToolContext;
using pack::ToolError;
using pack::ToolOutput;
using pack::ToolResult;

constexpr std::string_view kManifest = R"(
id: tally
version: 1.0.0
runtime: {type: builtin}
emitted_event_kinds: ["tally:noted", "tally:slowed", "tally:seen", "tally:asked", "tally:heard"]
backpressure_policy: {"tally:noted": queue, "tally:slowed": queue, "tally:seen": ephemeral,
                      "tally:asked": queue, "tally:heard": queue}
subscribed_event_kinds: ["tally:noted", "tally:slowed"]
required_approvals: ["tally:ask"]
tools:
  - name: tally:note
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema: {type: object, properties: {n: {type: integer}}}
  - name: tally:slow
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema: {type: object, properties: {n: {type: integer}}}
  - name: tally:see
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema: {type: object, properties: {n: {type: integer}}}
  - name: tally:ask
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    required_approvals: ["tally:ask"]
    input_schema: {type: object, properties: {n: {type: integer}}}
)";

constexpr std::string_view kList = "list";

template <class Context>
Status append_to(Context& context, std::string_view key, std::int64_t n) {
  LUMENFLOW_TRY_ASSIGN(const std::optional<json::Value> before, context.store().get(key));
  json::Array list = before ? *before->if_array() : json::Array();
  list.push_back(n);
  return context.store().put(std::string(key), std::move(list));
}

ToolResult answer(const Status& status) {
  if (!status.ok()) return ToolError{"REFUSED", status.error().to_string(), {}};
  return ToolOutput{json::Object{}, {}};
}

json::Object payload_of(const json::Value& input) { return json::Object{{"n", *input.find("n")}}; }

ToolResult note(ToolContext& context, const json::Value& input) {
  if (const Status put = append_to(context, kList, input.find("n")->as_integer()); !put.ok()) return answer(put);
  return answer(context.emit(kNoted, payload_of(input), {}));
}

ToolResult slow(ToolContext& context, const json::Value& input) {
  const auto emitted = context.emit_now(kSlowed, payload_of(input), {});
  if (!emitted.ok()) return answer(emitted.error());
  return answer({});
}

ToolResult see(ToolContext& context, const json::Value& input) {
  return answer(context.emit(kSeen, payload_of(input), {}));
}

ToolResult ask(ToolContext& context, const json::Value& input) {
  return answer(context.emit(kAsked, payload_of(input), {}));
}

Status hear(pack::HandlerContext& context, const pack::Event& event) {
  const std::int64_t n = event.payload.find("n")->as_integer();
  LUMENFLOW_TRY(context.emit(kHeard, json::Object{{"n", n}, {"of", event.kind}}));
  return append_to(context, event.kind, n);
}

void register_tally(pack::Registration& registration) {
  constexpr pack::ToolTraits kStrand{.store_only = true, .bounded = true};
  registration.tool(std::string(kNote), kStrand, note);
  registration.tool(std::string(kSlow), {}, slow);
  registration.tool(std::string(kSee), kStrand, see);
  registration.tool(std::string(kAsk), kStrand, ask);
  registration.handler(std::string(kNoted), {.idempotent = true, .store_only = true, .bounded = true}, hear);
  registration.handler(std::string(kSlowed), {.idempotent = false, .store_only = true, .bounded = false}, hear,
                       [](const pack::Event& event) { return event.event_id; });
}

Result<std::vector<std::int64_t>> numbers_at(const log::TableReader& tables, std::string_view key) {
  LUMENFLOW_TRY_ASSIGN(const auto text, tables.get(journal::kStoreTable, journal::store_key("tally", key)));
  std::vector<std::int64_t> numbers;
  if (!text) return numbers;
  LUMENFLOW_TRY_ASSIGN(const json::Value list, json::parse(*text));
  for (const json::Value& n : *list.if_array()) numbers.push_back(n.as_integer());
  return numbers;
}

}  // namespace

const pack::BuiltinPack& tally_pack() {
  static const pack::BuiltinPack pack{"tally", {{"manifest.yaml", kManifest}}, register_tally};
  return pack;
}

Result<std::vector<std::int64_t>> noted(const log::TableReader& tables) { return numbers_at(tables, kList); }
Result<std::vector<std::int64_t>> heard_of(const log::TableReader& tables, std::string_view kind) {
  return numbers_at(tables, kind);
}

}  // namespace lumenflow::sim
