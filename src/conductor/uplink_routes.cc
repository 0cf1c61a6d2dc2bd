// What a workspace says besides its events: hello and heartbeat, another journal, the registry of its tools.
#include <utility>

#include "base/encoding.h"
#include "base/sha256.h"
#include "conductor/authenticator.h"
#include "conductor/commands.h"
#include "conductor/context.h"
#include "conductor/uplinks.h"
#include "event/envelope_reader.h"

namespace lumenflow::conductor {
namespace {

constexpr std::size_t kBasesMax = 1000, kNameBytesMax = 128;
constexpr std::size_t kStatusBytesMax = 64 * 1024;

std::optional<std::uint64_t> count_of(const json::Value& object, std::string_view member) {
  const std::int64_t value = json::integer_or(object, member, -1);
  if (value < 0 || static_cast<std::uint64_t>(value) > event::kSeqMax) return std::nullopt;
  return static_cast<std::uint64_t>(value);
}

Result<std::vector<StreamBase>> bases_of(const json::Value& hello) {
  std::vector<StreamBase> bases;
  const json::Value* list = hello.find("bases");
  if (list == nullptr) return bases;
  const Error wrong(ErrorCode::kInvalidRequest, "'bases' must be a list of {stream, seq, queue_seq}");
  if (!list->is_array() || list->as_array().size() > kBasesMax) return wrong;
  for (const json::Value& item : list->as_array()) {
    const std::string_view stream = json::string_or(item, "stream", "");
    const auto seq = count_of(item, "seq"), queue_seq = count_of(item, "queue_seq");
    if (!event::is_stream_name(stream) || stream.starts_with("phone:") || !seq || !queue_seq || *queue_seq > *seq)
      return wrong;
    bases.push_back({std::string(stream), {*seq, *queue_seq}});
  }
  return bases;
}

void keep_status(Uplink& uplink, const json::Value& said, Timestamp now) {
  uplink.seen = now;
  const auto keep = [&](std::string_view member, json::Value& place) {
    const json::Value* value = said.find(member);
    if (value != nullptr && json::serialize(*value).size() <= kStatusBytesMax) place = *value;
  };
  keep("status", uplink.status);
  keep("versions", uplink.versions);
  keep("lag", uplink.lag);
}

Result<json::Value> welcome(Context& context, const std::string& workspace, const std::string& log_id,
                            std::uint64_t session) {
  LUMENFLOW_TRY_ASSIGN(const auto streams, context.ingest->streams(workspace, log_id));
  json::Array list;
  for (const StreamBase& stream : streams)
    list.push_back(
        json::Object{{"stream", stream.stream}, {"seq", stream.place.seq}, {"queue_seq", stream.place.queue_seq}});
  const log::Head own = context.ledger.head();
  json::Object answer{{"session", session},
                      {"log_id", log_id},
                      {"streams", std::move(list)},
                      {"commands", json::Object{{"log_id", own.log_id}, {"head", own.size}}}};
  LUMENFLOW_TRY_ASSIGN(const auto head, context.ingest->head(workspace, log_id));
  if (head) answer.set("head", json::Object{{"size", head->size}, {"root", to_hex(head->root)}});
  return json::Value(std::move(answer));
}

void say_hello(Context& context, const ExchangePtr& exchange, const json::Value& body) {
  const json::Value hello = *body.find("hello");
  const std::string log_id(json::string_or(hello, "log_id", "")), workspace = exchange->principal.workspace;
  const auto bases = bases_of(hello);
  if (log_id.empty() || log_id.size() > kNameBytesMax || log_id.find('\0') != std::string::npos)
    return refuse(context, exchange, Error(ErrorCode::kInvalidRequest, "'log_id' must name the journal"));
  if (!bases.ok()) return refuse(context, exchange, bases.error());
  // A fork must not take the lease from the one that is known.
  const auto known = context.ingest->bound(workspace);
  if (!known.ok()) return exchange->fail(known.error());
  if (!known->empty() && *known != log_id)
    return refuse(context, exchange, context.ingest->begin(workspace, log_id, {}).error());
  context.uplinks->take_lease(
      workspace, [&context, exchange, body, workspace, log_id, bases = *bases](const Result<std::uint64_t>& session) {
        if (!session.ok()) return refuse(context, exchange, session.error());
        keep_status(context.uplinks->of(workspace), body, context.clock.now());
        if (const Status begun = context.ingest->begin(workspace, log_id, bases); !begun.ok())
          return refuse(context, exchange, begun.error());
        context.ledger.when_durable([&context, exchange, workspace, log_id, session = *session](const Status& done) {
          if (!done.ok()) return exchange->fail(done.error());
          const Result<json::Value> answer = welcome(context, workspace, log_id, session);
          if (!answer.ok()) return exchange->fail(answer.error());
          exchange->send_json(*answer);
        });
      });
}

void beat(Context& context, const ExchangePtr& exchange, const json::Value& body) {
  const std::string& workspace = exchange->principal.workspace;
  if (const Status live = context.uplinks->check(workspace, body); !live.ok())
    return refuse(context, exchange, live.error());
  Uplink& uplink = context.uplinks->of(workspace);
  keep_status(uplink, body, context.clock.now());
  const std::string said(json::string_or(body, "registry_hash", ""));
  const auto kept = context.store.records->get(kRegistriesTable, workspace);
  if (!kept.ok()) return exchange->fail(kept.error());
  const std::string have(*kept ? json::string_or(parsed(**kept), "registry_hash", "") : "");
  exchange->send_json(json::Object{{"registry_wanted", !said.empty() && said != have}});
}

void heartbeat(const ExchangePtr& exchange, Context& context) {
  const auto body = body_of(context, exchange);
  if (!body) return;
  if (body->find("hello") != nullptr) return say_hello(context, exchange, *body);
  beat(context, exchange, *body);
}

void rebind(const ExchangePtr& exchange, Context& context) {
  const auto body = body_of(context, exchange);
  if (!body) return;
  const std::string log_id(json::string_or(*body, "log_id", "")), workspace = exchange->principal.workspace;
  if (log_id.empty() || log_id.size() > kNameBytesMax || log_id.find('\0') != std::string::npos)
    return refuse(context, exchange, Error(ErrorCode::kInvalidRequest, "'log_id' must name the new journal"));
  const auto before = context.ingest->bound(workspace);
  if (!before.ok()) return exchange->fail(before.error());
  if (const Status bound = context.ingest->rebind(workspace, log_id); !bound.ok())
    return refuse(context, exchange, bound.error());
  Act act{"conductor.rebound", exchange->principal.subject, workspace, {}};
  act.details = {{"log_id", log_id}, {"former_log_id", *before}};
  if (const Status recorded = context.acts.record(act); !recorded.ok()) return exchange->fail(recorded.error());
  context.ledger.when_durable([exchange, log_id](const Status& done) {
    if (!done.ok()) return exchange->fail(done.error());
    exchange->send_json(json::Object{{"log_id", log_id}});
  });
}

void put_registry(const ExchangePtr& exchange, Context& context) {
  const auto body = body_of(context, exchange);
  if (!body) return;
  const std::string& workspace = exchange->principal.workspace;
  const json::Value* tools = body->find("tools");
  const std::string registry_hash(json::string_or(*body, "registry_hash", ""));
  if (tools == nullptr || !tools->is_array() || registry_hash.empty() || registry_hash.size() > kNameBytesMax ||
      json::string_or(*body, "workspace_id", "") != workspace)
    return refuse(context, exchange,
                  Error(ErrorCode::kInvalidRequest, "send what GET /tools of this workspace's sidecar answers"));
  const std::string& text = exchange->request().body;
  const std::string hash = sha256_hex(text), etag = "\"" + hash + "\"";
  Records& records = *context.store.records;
  const auto there = records.get(kRegistriesTable, workspace);
  if (!there.ok()) return exchange->fail(there.error());
  const auto answer = [exchange, etag](int status) {
    http::Response response;
    response.status = status;
    response.headers.emplace_back("ETag", etag);
    response.body = status == 304 ? "" : R"({"stored":true})";
    exchange->send(std::move(response));
  };
  if (*there && json::string_or(parsed(**there), "sha256", "") == hash) return answer(200);
  const json::Object record{{"sha256", hash}, {"registry_hash", registry_hash}, {"document", text}};
  std::vector<RecordChange> changes{
      {kRegistriesTable, workspace, *there ? (*there)->version : 0, json::serialize(record)}};
  Act act{"conductor.registry_changed", exchange->principal.subject, workspace, {}};
  act.details = {{"sha256", hash}, {"registry_hash", registry_hash}};
  context.acts.change(std::move(changes), act, [&context, exchange, answer](const Status& done) {
    if (!done.ok()) return refuse(context, exchange, done.error());
    answer(200);
  });
}

}  // namespace

void add_uplink_routes(Routes& routes, Context& context) {
  routes.add({.method = http::Method::kPost,
              .pattern = "/v2/heartbeat",
              .id = "heartbeat",
              .summary = "A workspace says hello, or that it is there",
              .who = kWorkspaces},
             [&context](const ExchangePtr& exchange) { heartbeat(exchange, context); });
  routes.add({.method = http::Method::kPost,
              .pattern = "/v2/rebind",
              .id = "rebind",
              .summary = "A workspace goes on with another journal, its operator consenting",
              .who = kWorkspaces},
             [&context](const ExchangePtr& exchange) { rebind(exchange, context); });
  routes.add({.method = http::Method::kPut,
              .pattern = "/v2/registry",
              .id = "put_registry",
              .summary = "The tools of a workspace, as its sidecar lists them",
              .who = kWorkspaces},
             [&context](const ExchangePtr& exchange) { put_registry(exchange, context); });
}

}  // namespace lumenflow::conductor
