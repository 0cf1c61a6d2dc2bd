#include "ledger_pack.h"

#include "journal/tables.h"

namespace lumenflow::crash {
namespace {

using pack::ToolContext;
using pack::ToolError;
using pack::ToolOutput;
using pack::ToolResult;

constexpr std::string_view kManifest = R"(
id: ledger
version: 1.0.0
runtime: {type: builtin}
emitted_event_kinds: ["ledger:posted", "ledger:billed", "ledger:seen", "ledger:echoed"]
backpressure_policy: {"ledger:posted": queue, "ledger:billed": queue, "ledger:seen": ephemeral, "ledger:echoed": queue}
subscribed_event_kinds: ["ledger:posted", "ledger:billed", "ledger:seen", "conductor:command_cancelled"]
tools:
  - name: ledger:post
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema: {type: object, properties: {n: {type: integer}, key: {type: string}}}
  - name: ledger:bill
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema: {type: object, properties: {n: {type: integer}, key: {type: string}}}
  - name: ledger:see
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema: {type: object, properties: {n: {type: integer}, key: {type: string}}}
  - name: ledger:book
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema: {type: object, properties: {n: {type: integer}, key: {type: string}}}
)";

pack::EmitOptions options_of(const json::Value& input) {
  pack::EmitOptions options;
  if (const json::Value* key = input.find("key")) options.idempotency_key = key->as_string();
  return options;
}

json::Object payload_of(const json::Value& input) { return json::Object{{"n", *input.find("n")}}; }

ToolResult answer(const Status& status) {
  if (!status.ok()) return ToolError{"REFUSED", status.error().to_string(), {}};
  return ToolOutput{json::Object{}, {}};
}

pack::ToolHandler emits(std::vector<std::string_view> kinds) {
  return [kinds](ToolContext& context, const json::Value& input) -> ToolResult {
    for (const std::string_view kind : kinds)
      if (Status status = context.emit(kind, payload_of(input), options_of(input)); !status.ok()) return answer(status);
    return answer({});
  };
}

ToolResult bill(ToolContext& context, const json::Value& input) {
  const auto emitted = context.emit_now(kBilled, payload_of(input), options_of(input));
  if (!emitted.ok()) return answer(emitted.error());
  ledger_memory().promises.push_back({input.find("n")->as_integer(), emitted->event_id});
  return ToolOutput{json::Object{{"event_id", emitted->event_id}, {"timestamp", emitted->timestamp}}, {}};
}

std::int64_t number_of(const pack::Event& event) {
  if (const json::Value* n = event.payload.find("n")) return n->as_integer();
  return std::stoll(event.payload.find("command_id")->as_string());
}

// Done twice it shows.
Status note(pack::HandlerContext& context, const pack::Event& event) {
  const std::int64_t n = number_of(event);
  if (n % 7 == 3 && ledger_memory().failed_once.insert(event.kind + std::to_string(n)).second)
    return Error(ErrorCode::kUnreachable, "not at the first try");
  LUMENFLOW_TRY_ASSIGN(const std::optional<json::Value> before, context.store().get(event.kind));
  json::Array list = before ? *before->if_array() : json::Array();
  list.push_back(n);
  if (event.kind != kSeen && event.kind != kAsked)
    LUMENFLOW_TRY(context.emit(kEchoed, json::Object{{"n", n}, {"of", event.kind}}));
  return context.store().put(event.kind, std::move(list));
}

std::string number_key(const pack::Event& event) {
  return replay_key(event.kind, event.event_id, event.payload.find("n")->as_integer());
}

void register_ledger(pack::Registration& registration) {
  constexpr pack::ToolTraits kStrand{.store_only = true, .bounded = true};
  registration.tool(std::string(kPost), kStrand, emits({kPosted}));
  registration.tool(std::string(kSee), kStrand, emits({kSeen}));
  registration.tool(std::string(kBook), kStrand, emits({kPosted, kSeen, kBilled}));
  registration.tool(std::string(kBill), {}, bill);
  registration.handler(std::string(kPosted), {.idempotent = true, .store_only = true, .bounded = true}, note);
  registration.handler(std::string(kAsked), {.idempotent = true, .store_only = true, .bounded = true}, note);
  registration.handler(std::string(kBilled), {.idempotent = false, .store_only = false, .bounded = false}, note,
                       number_key);
  registration.handler(std::string(kSeen), {.idempotent = true, .store_only = true, .bounded = false}, note);
}

}  // namespace

const pack::BuiltinPack& ledger_pack() {
  static const pack::BuiltinPack pack{"ledger", {{"manifest.yaml", kManifest}}, register_ledger};
  return pack;
}

LedgerMemory& ledger_memory() {
  static LedgerMemory memory;
  return memory;
}

Result<std::vector<std::int64_t>> applied(const log::TableReader& tables, std::string_view kind) {
  LUMENFLOW_TRY_ASSIGN(const auto text, tables.get(journal::kStoreTable, journal::store_key("ledger", kind)));
  std::vector<std::int64_t> numbers;
  if (!text) return numbers;
  LUMENFLOW_TRY_ASSIGN(const json::Value list, json::parse(*text));
  for (const json::Value& n : *list.if_array()) numbers.push_back(n.as_integer());
  return numbers;
}

std::string replay_key(std::string_view kind, std::string_view event_id, std::int64_t n) {
  return kind == kBilled ? "bill " + std::to_string(n) : std::string(event_id);
}

}  // namespace lumenflow::crash
