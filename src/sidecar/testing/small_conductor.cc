#include "sidecar/testing/small_conductor.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/encoding.h"
#include "base/time.h"
#include "event/event.h"
#include "log/checkpoint.h"
#include "log/memory_log.h"
#include "log/witness.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::chrono::seconds kConductorPatience{20};

std::string plain(const http::Request& request) {
  if (request.header("content-encoding") != "gzip") return request.body;
  std::string out(8 << 20, '\0');
  z_stream stream{};
  LUMENFLOW_CHECK(inflateInit2(&stream, 15 + 16) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(request.body.data()));
  stream.avail_in = static_cast<uInt>(request.body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int ended = inflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  inflateEnd(&stream);
  LUMENFLOW_CHECK(ended == Z_STREAM_END);
  return out;
}

http::Response json_answer(int status, const json::Value& value) {
  http::Response response;
  response.status = status;
  response.body = json::serialize(value);
  return response;
}

http::Response refuse(int status, const char* code) {
  return json_answer(status, json::Object{{"code", code}, {"detail", "no"}});
}

std::uint64_t number(const json::Value& value, std::string_view name) {
  return static_cast<std::uint64_t>(json::integer_or(value, name, 0));
}

}  // namespace

SmallConductor::SmallConductor()
    : server_([this](http::Request request, auto responder) { take(std::move(request), std::move(responder)); },
              {.body_bytes = 4 << 20}) {
  own_ = log::make_memory_log("down");
  url_ = "http://127.0.0.1:" + std::to_string(server_.listen());
}

std::string SmallConductor::enrollment(std::chrono::milliseconds life) const {
  const Timestamp now = SystemClock().now();
  const json::Value jwks =
      *json::parse(R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                   R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
  return json::serialize(json::Object{
      {"format", 1},
      {"conductor_url", url_},
      {"workspace_id", "ws-42"},
      {"subject", "ws-42"},
      {"token", "ZA.ZQ.Zg"},
      {"issued_at", format_rfc3339(now - std::chrono::hours(1))},
      {"expires_at", format_rfc3339(now + life)},
      {"conductor_jwks", jwks},
      {"conductor_log", json::Object{{"origin", "lumenflow/down"}, {"public_key", to_base64(log_key_.public_key)}}},
      {"witness_key", log::witness_key("small.example", witness_key_.public_key)}});
}

std::vector<json::Value> SmallConductor::renewals() {
  const std::lock_guard lock(mutex_);
  return renewals_;
}

std::vector<json::Value> SmallConductor::forks() {
  const std::lock_guard lock(mutex_);
  return forks_;
}

void SmallConductor::hears_clone(std::uint64_t events) {
  const std::lock_guard lock(mutex_);
  event::StreamPlace& place = places_["sidecar"];
  place = {place.seq + events, place.queue_seq + events};
  ++session_;
}

void SmallConductor::knows_journal(const std::string& log_public_key) {
  const std::lock_guard lock(mutex_);
  journal_key_ = log_public_key;
}

void SmallConductor::grow(const std::string& entry) {
  LUMENFLOW_CHECK(own_->append({{entry}, {}}).ok() && own_->commit().ok());
}

void SmallConductor::rewrite_history() {
  const std::lock_guard lock(mutex_);
  const std::uint64_t size = own_->head().size;
  own_ = log::make_memory_log("down");
  for (std::uint64_t i = 0; i <= size; ++i) grow("another history " + std::to_string(i));
}

void SmallConductor::witness(const json::Value& body, json::Object& answer) {
  const json::Value* head = body.find("head");
  if (head == nullptr || journal_key_.empty()) return;
  const auto checkpoint = log::parse_checkpoint(json::string_or(*head, "checkpoint", ""), journal_key_);
  LUMENFLOW_CHECK(checkpoint.ok());
  std::vector<Hash256> proof;
  for (const json::Value& item : head->find("consistency_proof")->as_array())
    std::ranges::copy(as_bytes(*from_base64(item.as_string())), proof.emplace_back().begin());
  const auto note = log::cosign(*checkpoint, cosigned_, proof, "small.example", witness_key_, SystemClock().now());
  LUMENFLOW_CHECK(note.ok());
  cosigned_ = checkpoint->head;
  answer.set("cosigned_head", *note);
  grow("witnessed");
  const log::Head own = own_->head();
  const std::uint64_t known = number(body, "conductor_head_known");
  json::Array hashes;
  const auto own_proof = own_->consistency_proof(known == 0 ? own.size : known, own.size);
  LUMENFLOW_CHECK(own_proof.ok());
  for (const Hash256& hash : *own_proof) hashes.push_back(to_base64(as_chars(hash)));
  answer.set("conductor_head", json::Object{{"checkpoint", log::sign_checkpoint(own, log_key_).note},
                                            {"consistency_proof", std::move(hashes)},
                                            {"from", known}});
}

void SmallConductor::take(http::Request request, std::unique_ptr<http::Responder> responder) {
  const std::lock_guard lock(mutex_);
  if (away_) return responder->send(refuse(503, "UNREACHABLE"));
  if (request.target != "/v2/tokens/renew" && request.header("authorization") != "Bearer ZA.ZQ.Zg")
    return responder->send(refuse(401, "UNAUTHENTICATED"));
  if (request.target.starts_with("/v2/commands?")) {
    const std::size_t at = request.target.find("&after=") + 7;
    std::from_chars(request.target.data() + at, request.target.data() + request.target.size(), waiting_after_);
    if (waiting_) std::exchange(waiting_, nullptr)->send(refuse(409, "CONFLICT"));
    waiting_ = std::move(responder);
    return answer_waiting();
  }
  const std::string text = plain(request);
  const Result<json::Value> body = json::parse(text, {.depth_max = 512});
  responder->send(body.ok() ? answer(request, *body) : refuse(400, "MALFORMED_JSON"));
}

http::Response SmallConductor::answer(const http::Request& request, const json::Value& body) {
  if (request.target == "/v2/heartbeat" && body.find("hello") != nullptr) return hello(body);
  if (request.target == "/v2/tokens/renew") {
    renewals_.push_back(body);
    const Timestamp now = SystemClock().now();
    return json_answer(200, json::Object{{"token", "ZA.ZQ.Zg"},
                                         {"issued_at", format_rfc3339(now)},
                                         {"expires_at", format_rfc3339(now + std::chrono::hours(24))}});
  }
  if (request.target == "/v2/heartbeat" && body.find("forked") != nullptr) {
    forks_.push_back(*body.find("forked"));
    return json_answer(200, json::Object{{"registry_wanted", false}});
  }
  if (request.target == "/v2/heartbeat") {
    heartbeat_ = body;
    return number(body, "session") == session_
               ? json_answer(200, json::Object{{"registry_wanted", registry_.is_null()}})
               : refuse(409, "CONFLICT");
  }
  if (request.target == "/v2/events") return intake(body);
  if (request.target == "/v2/registry") {
    registry_ = body;
    return json_answer(200, json::Object{});
  }
  if (request.target == "/v2/rebind") {
    log_id_.clear();
    places_.clear();
    return json_answer(200, json::Object{});
  }
  const std::string prefix = "/v2/commands/", suffix = "/result";
  if (!request.target.starts_with(prefix) || !request.target.ends_with(suffix)) return refuse(404, "NOT_FOUND");
  results_[request.target.substr(prefix.size(), request.target.size() - prefix.size() - suffix.size())].push_back(body);
  return json_answer(200, json::Object{});
}

http::Response SmallConductor::hello(const json::Value& body) {
  const json::Value& said = *body.find("hello");
  ++hellos_;
  if (log_id_.empty()) log_id_ = json::string_or(said, "log_id", "");
  if (json::string_or(said, "log_id", "") != log_id_) return refuse(409, "LOG_FORKED");
  for (const json::Value& base : said.find("bases")->as_array()) {
    const std::string stream(json::string_or(base, "stream", ""));
    if (!places_.contains(stream)) places_[stream] = {number(base, "seq"), number(base, "queue_seq")};
  }
  json::Array streams;
  for (const auto& [stream, place] : places_)
    streams.push_back(json::Object{{"stream", stream}, {"seq", place.seq}, {"queue_seq", place.queue_seq}});
  json::Object welcome{{"session", ++session_},
                       {"log_id", log_id_},
                       {"streams", std::move(streams)},
                       {"commands", json::Object{{"log_id", "down"}, {"head", commands_.size()}}}};
  if (cosigned_) welcome.set("head", json::Object{{"size", cosigned_->size}, {"root", to_hex(cosigned_->root)}});
  return json_answer(200, json::Value(std::move(welcome)));
}

http::Response SmallConductor::intake(const json::Value& body) {
  if (number(body, "session") != session_) return refuse(409, "CONFLICT");
  std::vector<std::string> texts;
  for (const json::Value& event : body.find("events")->as_array()) texts.push_back(json::serialize(event));
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const std::string stream(json::string_or(body, "channel", ""));
  const json::Value& after = *body.find("after");
  event::Intake taken = event::take_batch(
      {log_id_, "ws-42"}, places_[stream],
      {json::string_or(body, "log_id", ""), stream, {number(after, "seq"), number(after, "queue_seq")}, views});
  if (taken.refused) return refuse(409, std::string(name(taken.refused->code())).c_str());
  places_[stream] = taken.place;
  for (const event::TakenEvent& event : taken.taken)
    if (event.kind == event::TakenEvent::Kind::kEvent) events_.push_back(*json::parse(event.text));
  json::Object answer{{"accepted", taken.accepted},
                      {"duplicates", taken.duplicates},
                      {"rejected", json::Array{}},
                      {"acked_seq", taken.place.seq}};
  witness(body, answer);
  return json_answer(200, json::Value(std::move(answer)));
}

json::Value SmallConductor::commands_after(std::uint64_t after) const {
  json::Array items;
  for (std::uint64_t i = after; i < commands_.size() && items.size() < 256; ++i)
    items.push_back(json::Object{{"position", i + 1}, {"event", *json::parse(commands_[i])}});
  return json::Object{{"log_id", "down"}, {"items", std::move(items)}};
}

void SmallConductor::answer_waiting() {
  if (!waiting_ || waiting_after_ >= commands_.size()) return;
  std::exchange(waiting_, nullptr)->send(json_answer(200, commands_after(waiting_after_)));
}

std::string SmallConductor::say(const std::string& kind, json::Value payload, const std::string& from,
                                const std::string& stream) {
  std::string id;
  {
    const std::lock_guard lock(mutex_);
    event::BuildOptions options;
    options.timestamp = SystemClock().now();
    for (std::size_t i = 0; i < 8; ++i) options.entropy[i] = static_cast<std::uint8_t>(commands_.size() >> (8 * i));
    const event::Event event = *event::build_kernel_event_v2(kind, std::move(payload), options);
    const std::uint64_t seq = ++command_seqs_[stream];
    event::Stamp stamp{from, stream, seq, seq, options.timestamp, {}, {}, {}};
    stamp.expires_at = options.timestamp + std::chrono::minutes(10);
    std::string text;
    event::append_envelope(event, stamp, text);
    commands_.push_back(std::move(text));
    id = event.event_id;
  }
  server_.on_thread([this] {
    const std::lock_guard lock(mutex_);
    answer_waiting();
  });
  return id;
}

json::Value SmallConductor::result_of(const std::string& command_id, bool running) {
  const auto give_up = std::chrono::steady_clock::now() + kConductorPatience;
  while (std::chrono::steady_clock::now() < give_up) {
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = results_.find(command_id); found != results_.end())
        for (const json::Value& said : found->second)
          if ((json::string_or(said, "state", "") == "running") == running) return said;
    }
    std::this_thread::yield();
  }
  return {};
}

std::vector<json::Value> SmallConductor::events(std::string_view kind) {
  const std::lock_guard lock(mutex_);
  std::vector<json::Value> found;
  for (const json::Value& event : events_)
    if (kind.empty() || json::string_or(event, "kind", "") == kind) found.push_back(event);
  return found;
}

json::Value SmallConductor::registry() {
  const std::lock_guard lock(mutex_);
  return registry_;
}

json::Value SmallConductor::last_heartbeat() {
  const std::lock_guard lock(mutex_);
  return heartbeat_;
}

std::uint64_t SmallConductor::hellos() {
  const std::lock_guard lock(mutex_);
  return hellos_;
}

std::map<std::string, std::vector<json::Value>> SmallConductor::results() {
  const std::lock_guard lock(mutex_);
  return results_;
}

void SmallConductor::away(bool is_away) {
  const std::lock_guard lock(mutex_);
  away_ = is_away;
  ++session_;
}

}  // namespace lumenflow::sidecar
