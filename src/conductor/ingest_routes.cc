// POST /v2/events: a batch of events, and heads to witness.
#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "conductor/authenticator.h"
#include "conductor/context.h"
#include "conductor/enrollment.h"
#include "conductor/metrics.h"
#include "conductor/uplinks.h"
#include "event/envelope_reader.h"
#include "http/content_coding.h"
#include "log/checkpoint.h"

namespace lumenflow::conductor {
namespace {

constexpr std::size_t kProofMax = 128;

struct Batch {
  json::Value head;                // the request without its events
  std::vector<std::string> texts;  // of events, where they came as JSON
  std::string lines;               // or where they came as NDJSON
  std::vector<std::string_view> events;
};

bool is_ndjson(const http::Request& request) {
  const std::string_view type = request.header("content-type").value_or("");
  return type.starts_with("application/x-ndjson") || type.starts_with("application/ndjson");
}

// The first line is the request, each other one an event.
Status read_lines(std::string text, Batch& batch) {
  batch.lines = std::move(text);
  std::string_view rest = batch.lines;
  bool first = true;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (std::exchange(first, false)) {
      LUMENFLOW_TRY_ASSIGN(batch.head, json::parse(line));
    } else {
      batch.events.push_back(line);
    }
    if (batch.events.size() > event::kBatchEventsMax) break;
  }
  return {};
}

Status read_json(const std::string& text, Batch& batch) {
  LUMENFLOW_TRY_ASSIGN(batch.head, json::parse(text));
  const json::Value* events = batch.head.find("events");
  if (events == nullptr || !events->is_array())
    return Error(ErrorCode::kInvalidRequest, "'events' must be a list of envelopes and tombstones");
  for (const json::Value& item : events->as_array()) {
    if (batch.texts.size() > event::kBatchEventsMax) break;
    batch.texts.push_back(json::serialize(item));
  }
  batch.events.assign(batch.texts.begin(), batch.texts.end());
  return {};
}

Result<std::unique_ptr<Batch>> read_batch(http::Request& request) {
  auto batch = std::make_unique<Batch>();
  LUMENFLOW_TRY(http::unpack(request, kUnpackedMax));
  std::string text = std::move(request.body);
  if (is_ndjson(request)) {
    LUMENFLOW_TRY(read_lines(std::move(text), *batch));
  } else if (request.header("content-type").value_or("").starts_with("application/json")) {
    LUMENFLOW_TRY(read_json(text, *batch));
  } else {
    return Error(ErrorCode::kUnsupportedMediaType, "send application/json or application/x-ndjson");
  }
  if (!batch->head.is_object()) return Error(ErrorCode::kInvalidRequest, "the batch must be a JSON object");
  return batch;
}

Result<std::vector<Hash256>> proof_of(const json::Value& head) {
  std::vector<Hash256> proof;
  const json::Value* list = head.find("consistency_proof");
  if (list == nullptr) return proof;
  const Error wrong(ErrorCode::kInvalidRequest, "'consistency_proof' must be a list of base64 of 32 bytes each");
  if (!list->is_array() || list->as_array().size() > kProofMax) return wrong;
  for (const json::Value& item : list->as_array()) {
    const std::string* text = item.if_string();
    const auto bytes = text == nullptr ? std::nullopt : from_base64(*text);
    if (!bytes || bytes->size() != 32) return wrong;
    Hash256 hash{};
    std::ranges::copy(as_bytes(*bytes), hash.begin());
    proof.push_back(hash);
  }
  return proof;
}

// The workspace's head with the conductor's line; empty when it sent none.
Result<std::string> witness(Context& context, const std::string& workspace, const std::string& log_id,
                            const json::Value& request) {
  const json::Value* head = request.find("head");
  if (head == nullptr) return std::string();
  LUMENFLOW_TRY_ASSIGN(const auto record, context.store.records->get(kWorkspacesTable, workspace));
  if (!record) return Error(ErrorCode::kUnauthenticated, "the workspace is not enrolled");
  const auto log_key = from_base64(json::string_or(parsed(*record), "log_key", ""));
  LUMENFLOW_TRY_ASSIGN(const log::Checkpoint checkpoint,
                       log::parse_checkpoint(json::string_or(*head, "checkpoint", ""), log_key.value_or("")));
  LUMENFLOW_TRY_ASSIGN(const std::vector<Hash256> proof, proof_of(*head));
  return context.ingest->witness(workspace, log_id, checkpoint, proof, witness_name(context.ledger.head().log_id),
                                 context.store.keys.witness);
}

// This conductor's own head, with the proof from the size that the workspace says it knows.
Result<json::Value> own_head(Context& context, const json::Value& request) {
  LUMENFLOW_TRY_ASSIGN(const log::Checkpoint head, context.ledger.sign_head());
  const std::int64_t known = json::integer_or(request, "conductor_head_known", 0);
  const std::uint64_t from =
      known > 0 && static_cast<std::uint64_t>(known) <= head.head.size ? static_cast<std::uint64_t>(known) : 0;
  LUMENFLOW_TRY_ASSIGN(const auto proof, context.ledger.log().consistency_proof(from, head.head.size));
  json::Array list;
  for (const Hash256& hash : proof) list.push_back(to_base64(as_chars(hash)));
  return json::Value(json::Object{{"checkpoint", head.note}, {"consistency_proof", std::move(list)}, {"from", from}});
}

void refuse_batch(Context& context, const ExchangePtr& exchange, const event::Intake& intake) {
  if (intake.refused->code() != ErrorCode::kConflict) return refuse(context, exchange, *intake.refused);
  http::Response response = http::problem(*intake.refused);
  json::Value body = *json::parse(response.body);
  body.as_object().set("expected", json::Object{{"seq", intake.place.seq}, {"queue_seq", intake.place.queue_seq}});
  response.body = json::serialize(body);
  exchange->send(std::move(response));
}

json::Object answer_of(const event::Intake& intake) {
  json::Array rejected;
  for (const event::RejectedEvent& one : intake.rejected)
    rejected.push_back(
        json::Object{{"event_id", one.event_id}, {"seq", one.seq}, {"code", name(one.code)}, {"message", one.message}});
  return json::Object{{"accepted", intake.accepted},
                      {"duplicates", intake.duplicates},
                      {"rejected", std::move(rejected)},
                      {"acked_seq", intake.place.seq}};
}

std::optional<std::uint64_t> place_member(const json::Value& request, std::string_view member) {
  const json::Value* after = request.find("after");
  const std::int64_t value = after == nullptr ? -1 : json::integer_or(*after, member, -1);
  if (value < 0 || static_cast<std::uint64_t>(value) > event::kSeqMax) return std::nullopt;
  return static_cast<std::uint64_t>(value);
}

void take_events(const ExchangePtr& exchange, Context& context) {
  const std::string& workspace = exchange->principal.workspace;
  const auto batch = read_batch(exchange->request());
  if (!batch.ok()) return refuse(context, exchange, batch.error());
  const json::Value& request = (*batch)->head;
  if (const Status live = context.uplinks->check(workspace, request); !live.ok())
    return refuse(context, exchange, live.error());
  const std::string log_id(json::string_or(request, "log_id", "")), stream(json::string_or(request, "channel", ""));
  const auto seq = place_member(request, "seq"), queue_seq = place_member(request, "queue_seq");
  if (log_id.empty() || !seq || !queue_seq)
    return refuse(context, exchange,
                  Error(ErrorCode::kInvalidRequest, "a batch names its log_id, its channel and what it is after"));
  const auto cosigned = witness(context, workspace, log_id, request);
  if (!cosigned.ok()) return refuse(context, exchange, cosigned.error());
  const event::IntakeBatch asked{log_id, stream, {*seq, *queue_seq}, (*batch)->events};
  auto intake = context.ingest->take(workspace, asked);
  if (!intake.ok()) return exchange->fail(intake.error());
  if (intake->refused) return refuse_batch(context, exchange, *intake);
  Uplink& uplink = context.uplinks->of(workspace);
  uplink.seen = context.clock.now();
  context.metrics->count_events(intake->accepted, intake->duplicates, intake->rejected.size());
  json::Object answer = answer_of(*intake);
  const bool news = !intake->taken.empty();
  if (!cosigned->empty()) answer.set("cosigned_head", *cosigned);
  const bool with_head = !cosigned->empty() || request.find("conductor_head_known") != nullptr;
  const auto respond = [&context, exchange, workspace, answer, news, with_head, request](const Status& done) mutable {
    if (!done.ok()) return exchange->fail(done.error());
    if (with_head)
      if (auto head = own_head(context, request); head.ok()) answer.set("conductor_head", *std::move(head));
    exchange->send_json(json::Value(std::move(answer)));
    if (news) context.bells.ring(workspace);
  };
  // Also for duplicates alone: what they repeat may be on its way to the disk still.
  context.ledger.when_durable(respond);
}

}  // namespace

void add_ingest_routes(Routes& routes, Context& context) {
  routes.add({.method = http::Method::kPost,
              .pattern = "/v2/events",
              .id = "post_events",
              .summary = "A batch of a stream's events; answered when durable",
              .who = kWorkspaces},
             [&context](const ExchangePtr& exchange) { take_events(exchange, context); });
}

}  // namespace lumenflow::conductor
