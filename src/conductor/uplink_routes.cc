// What a workspace says besides its events: hello and heartbeat, another journal, the registry of its tools.
#include <utility>

#include "base/encoding.h"
#include "conductor/authenticator.h"
#include "conductor/commands.h"
#include "conductor/context.h"
#include "conductor/registry.h"
#include "conductor/sidecar_url.h"
#include "conductor/sidecars.h"
#include "conductor/uplinks.h"
#include "event/envelope_reader.h"

namespace lumenflow::conductor {
namespace {

constexpr std::size_t kBasesMax = 1000, kNameBytesMax = 128;
constexpr std::size_t kStatusBytesMax = 64 * 1024, kReasonBytesMax = 1000;

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
  LUMENFLOW_TRY_ASSIGN(const std::string commands, context.commands->log_id(workspace));
  json::Object answer{{"session", session},
                      {"log_id", log_id},
                      {"streams", std::move(list)},
                      {"commands", json::Object{{"log_id", commands}, {"head", own.size}}}};
  LUMENFLOW_TRY_ASSIGN(const auto head, context.ingest->head(workspace, log_id));
  if (head) answer.set("head", json::Object{{"size", head->size}, {"root", to_hex(head->root)}});
  return json::Value(std::move(answer));
}

struct Greeting {
  std::string workspace, log_id;
  std::vector<StreamBase> bases;
};

void take_lease(Context& context, const ExchangePtr& exchange, const json::Value& body, const Greeting& from) {
  context.uplinks->take_lease(from.workspace, [&context, exchange, body, from](const Result<std::uint64_t>& session) {
    if (!session.ok()) return refuse(context, exchange, session.error());
    keep_status(context.uplinks->of(from.workspace), body, context.clock.now());
    if (const Status begun = context.ingest->begin(from.workspace, from.log_id, from.bases); !begun.ok())
      return refuse(context, exchange, begun.error());
    if (const Status reminded = context.commands->remind(from.workspace); !reminded.ok())
      return exchange->fail(reminded.error());
    context.ledger.when_durable([&context, exchange, from, session = *session](const Status& done) {
      if (!done.ok()) return exchange->fail(done.error());
      const Result<json::Value> answer = welcome(context, from.workspace, from.log_id, session);
      if (!answer.ok()) return exchange->fail(answer.error());
      exchange->send_json(*answer);
    });
  });
}

// Two journals say that they are this workspace's: whoever watches the fleet is to see it.
Status note_fork(Context& context, const Exchange& exchange, const std::string& log_id, std::string_view reason) {
  const std::string& workspace = exchange.principal.workspace;
  LUMENFLOW_TRY_ASSIGN(const bool news, context.ingest->note_fork(workspace, log_id, reason));
  if (!news) return {};
  Act act{"conductor.workspace_forked", exchange.principal.subject, workspace, {}};
  act.details = {{"log_id", log_id}, {"reason", std::string(reason)}};
  return context.acts.record(act);
}

bool is_log_id(std::string_view log_id) {
  return !log_id.empty() && log_id.size() <= kNameBytesMax && log_id.find('\0') == std::string::npos;
}

void hear_fork(Context& context, const ExchangePtr& exchange, const json::Value& body) {
  const json::Value& said = *body.find("forked");
  const std::string log_id(json::string_or(said, "log_id", ""));
  const std::string_view reason = json::string_or(said, "reason", "");
  if (!is_log_id(log_id) || reason.empty() || reason.size() > kReasonBytesMax)
    return refuse(
        context, exchange,
        Error(ErrorCode::kInvalidRequest, "'forked' must be {log_id, reason}, the reason of at most 1000 bytes"));
  if (const Status noted = note_fork(context, *exchange, log_id, reason); !noted.ok())
    return exchange->fail(noted.error());
  context.ledger.when_durable([exchange](const Status& done) {
    if (!done.ok()) return exchange->fail(done.error());
    exchange->send_json(json::Object{{"registry_wanted", false}});
  });
}

void say_hello(Context& context, const ExchangePtr& exchange, const json::Value& body) {
  const json::Value hello = *body.find("hello");
  const std::string log_id(json::string_or(hello, "log_id", "")), workspace = exchange->principal.workspace;
  const auto bases = bases_of(hello);
  if (!is_log_id(log_id))
    return refuse(context, exchange, Error(ErrorCode::kInvalidRequest, "'log_id' must name the journal"));
  if (!bases.ok()) return refuse(context, exchange, bases.error());
  const auto moved = sidecar_url_change(context, workspace, body);
  if (!moved.ok()) return refuse(context, exchange, moved.error());
  // A fork must not take the lease from the one that is known.
  const auto known = context.ingest->bound(workspace);
  if (!known.ok()) return exchange->fail(known.error());
  if (!known->empty() && *known != log_id) {
    const Error why = context.ingest->begin(workspace, log_id, {}).error();
    if (const Status noted = note_fork(context, *exchange, log_id, why.message()); !noted.ok())
      return exchange->fail(noted.error());
    return refuse(context, exchange, why);
  }
  const auto greet = [&context, exchange, body, workspace, log_id, bases = *bases] {
    take_lease(context, exchange, body, {workspace, log_id, bases});
  };
  if (!*moved) return greet();
  context.acts.change({(*moved)->record}, (*moved)->act, [&context, exchange, greet](const Status& done) {
    if (!done.ok()) return refuse(context, exchange, done.error());
    greet();
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
  const auto answer = [exchange](bool wanted) { exchange->send_json(json::Object{{"registry_wanted", wanted}}); };
  if (said.empty() || said == have) return answer(false);
  const auto sidecar = context.sidecars->find(workspace);
  if (!sidecar) return answer(true);
  fetch_registry(context, *sidecar, [answer](const Status& fetched) { answer(!fetched.ok()); });
}

void heartbeat(const ExchangePtr& exchange, Context& context) {
  const auto body = body_of(context, exchange);
  if (!body) return;
  if (body->find("hello") != nullptr) return say_hello(context, exchange, *body);
  if (body->find("forked") != nullptr) return hear_fork(context, exchange, *body);
  beat(context, exchange, *body);
}

void rebind(const ExchangePtr& exchange, Context& context) {
  const auto body = body_of(context, exchange);
  if (!body) return;
  const std::string log_id(json::string_or(*body, "log_id", "")), workspace = exchange->principal.workspace;
  if (!is_log_id(log_id))
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
  keep_registry(context, exchange->principal.workspace, exchange->request().body,
                [&context, exchange](const Result<std::string>& hash) {
                  if (!hash.ok()) return refuse(context, exchange, hash.error());
                  http::Response response;
                  response.headers.emplace_back("ETag", "\"" + *hash + "\"");
                  response.body = R"({"stored":true})";
                  exchange->send(std::move(response));
                });
}

}  // namespace

void add_uplink_routes(Routes& routes, Context& context) {
  routes.add({.method = http::Method::kPost,
              .pattern = "/v2/heartbeat",
              .id = "heartbeat",
              .summary = "A workspace says hello, that it is there, or that another history goes by its name",
              .request = "Heartbeat",
              .answers = {{200, "HeartbeatAnswer"}},
              .who = kWorkspaces},
             [&context](const ExchangePtr& exchange) { heartbeat(exchange, context); });
  routes.add({.method = http::Method::kPost,
              .pattern = "/v2/rebind",
              .id = "rebind",
              .summary = "A workspace goes on with another journal, its operator consenting",
              .request = "Rebind",
              .answers = {{200, "Rebound"}},
              .who = kWorkspaces},
             [&context](const ExchangePtr& exchange) { rebind(exchange, context); });
  routes.add({.method = http::Method::kPut,
              .pattern = "/v2/registry",
              .id = "put_registry",
              .summary = "The tools of a workspace, as its sidecar lists them",
              .request = "ToolRegistry",
              .answers = {{200, "Stored"}},
              .who = kWorkspaces},
             [&context](const ExchangePtr& exchange) { put_registry(exchange, context); });
}

}  // namespace lumenflow::conductor
