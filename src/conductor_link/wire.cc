#include "conductor_link/wire.h"

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "event/envelope_reader.h"
#include "json/canonical.h"

namespace lumenflow::conductor_link {
namespace {

constexpr std::size_t kNameMax = 200;
constexpr std::size_t kTextMax = 1'000;
constexpr std::size_t kStreamsMax = 10'000;
constexpr std::size_t kCommandsMax = 256;
constexpr std::size_t kProofHashesMax = 128;  // two paths of a tree of 2^63 leaves
constexpr std::size_t kNoteBytesMax = 16 * 1024;
constexpr std::int64_t kRetryAfterMaxS = 3'600;

Error wrong(std::string_view what) {
  return Error(ErrorCode::kInvalidOutput, "the conductor's answer is malformed: " + std::string(what));
}

Result<json::Value> object_of(std::string_view body) {
  Result<json::Value> value = json::parse(body);
  if (!value.ok() || !value->is_object()) return wrong("it is no JSON object");
  return value;
}

Result<std::string> text_member(const json::Value& value, std::string_view name, std::size_t bytes_max) {
  const json::Value* found = value.find(name);
  const std::string* text = found == nullptr ? nullptr : found->if_string();
  if (text == nullptr || text->empty() || text->size() > bytes_max)
    return wrong("'" + std::string(name) + "' is no text");
  return *text;
}

Result<std::uint64_t> count_member(const json::Value& value, std::string_view name) {
  const json::Value* found = value.find(name);
  const std::int64_t* number = found == nullptr ? nullptr : found->if_integer();
  if (number == nullptr || *number < 0 || static_cast<std::uint64_t>(*number) > event::kSeqMax)
    return wrong("'" + std::string(name) + "' is no count");
  return static_cast<std::uint64_t>(*number);
}

Result<const json::Array*> array_member(const json::Value& value, std::string_view name, std::size_t count_max) {
  const json::Value* found = value.find(name);
  const json::Array* array = found == nullptr ? nullptr : found->if_array();
  if (array == nullptr || array->size() > count_max) return wrong("'" + std::string(name) + "' is no such list");
  return array;
}

Result<std::vector<Hash256>> proof_member(const json::Value& value) {
  LUMENFLOW_TRY_ASSIGN(const json::Array* items, array_member(value, "consistency_proof", kProofHashesMax));
  std::vector<Hash256> proof;
  for (const json::Value& item : *items) {
    const std::string* text = item.if_string();
    const auto bytes = text == nullptr ? std::nullopt : from_base64(*text);
    if (!bytes || bytes->size() != Hash256().size()) return wrong("a hash of 'consistency_proof' is none");
    std::ranges::copy(as_bytes(*bytes), proof.emplace_back().begin());
  }
  return proof;
}

void append_place(std::string& out, std::string_view stream, event::StreamPlace place) {
  out += R"({"queue_seq":)" + std::to_string(place.queue_seq) + R"(,"seq":)" + std::to_string(place.seq);
  if (!stream.empty()) json::append_canonical_string(stream, out += R"(,"stream":)");
  out += '}';
}

void append_vitals(json::Object& body, const Vitals& vitals) {
  body.set("status", vitals.status);
  if (!vitals.lag.is_null()) body.set("lag", vitals.lag);
  if (!vitals.versions.is_null()) body.set("versions", vitals.versions);
  if (!vitals.registry_hash.empty()) body.set("registry_hash", vitals.registry_hash);
}

std::string printable(std::string_view text, std::size_t bytes_max) {
  std::string out(clip_utf8(text, bytes_max));
  std::erase_if(out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return out;
}

std::optional<std::chrono::milliseconds> retry_after_of(const http::ClientResponse& response) {
  const std::optional<std::string_view> text = response.header("retry-after");
  std::int64_t seconds = 0;
  if (!text) return std::nullopt;
  const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (fault != std::errc() || end != text->data() + text->size() || seconds < 0) return std::nullopt;
  return std::chrono::seconds(std::min(seconds, kRetryAfterMaxS));
}

// What a status means where nothing else is said.
ErrorCode code_of_status(int status) {
  switch (status) {
    case 401:
      return ErrorCode::kUnauthenticated;
    case 403:
      return ErrorCode::kTokenScopeDenied;
    case 413:
      return ErrorCode::kBodyTooLarge;
    case 429:
      return ErrorCode::kRateLimited;
    default:
      return ErrorCode::kUnreachable;
  }
}

}  // namespace

// --- requests ---

std::string write_hello(const uplink::Hello& hello, const Vitals& vitals, const SidecarPlace& place) {
  json::Array bases;
  for (const uplink::StreamAt& base : hello.bases)
    bases.push_back(
        json::Object{{"stream", base.stream}, {"seq", base.place.seq}, {"queue_seq", base.place.queue_seq}});
  json::Object body{{"hello", json::Object{{"log_id", hello.log_id}, {"bases", std::move(bases)}}}};
  append_vitals(body, vitals);
  body.set("sidecar_url", place.url);
  body.set("sidecar_url_proof", place.proof);
  return json::serialize(json::Value(std::move(body)));
}

std::string write_heartbeat(std::uint64_t session, const Vitals& vitals) {
  json::Object body{{"session", session}};
  append_vitals(body, vitals);
  return json::serialize(json::Value(std::move(body)));
}

std::string write_forked(const std::string& log_id, const std::string& reason) {
  return json::serialize(json::Value(json::Object{{"forked", json::Object{{"log_id", log_id}, {"reason", reason}}}}));
}

std::string write_rebind(const std::string& log_id) {
  return json::serialize(json::Value(json::Object{{"log_id", log_id}}));
}

std::string write_batch(const uplink::Batch& batch, const std::optional<HeadOffer>& head) {
  std::size_t bytes = 1'024;
  for (const std::string& event : batch.events) bytes += event.size() + 1;
  std::string out;
  out.reserve(bytes);
  append_place(out += R"({"after":)", {}, batch.after);
  json::append_canonical_string(batch.stream, out += R"(,"channel":)");
  if (head && head->conductor_known > 0) out += R"(,"conductor_head_known":)" + std::to_string(head->conductor_known);
  out += R"(,"events":[)";
  for (const std::string& event : batch.events) {
    if (&event != &batch.events.front()) out += ',';
    out += event;
  }
  out += ']';
  if (head) {
    json::Array proof;
    for (const Hash256& hash : head->consistency_proof) proof.push_back(to_base64(as_chars(hash)));
    json::Object offer{{"checkpoint", head->checkpoint}, {"consistency_proof", std::move(proof)}, {"from", head->from}};
    out += R"(,"head":)" + json::serialize(json::Value(std::move(offer)));
  }
  json::append_canonical_string(batch.log_id, out += R"(,"log_id":)");
  return out += R"(,"session":)" + std::to_string(batch.session) + "}";
}

// --- answers ---

uplink::Refusal refusal_of(const http::ClientResponse& response) {
  const auto retry_after = retry_after_of(response);
  const Result<json::Value> body = json::parse(response.body);
  const json::Value nothing;
  const json::Value* error = body.ok() ? body->find("error") : nullptr;
  const json::Value& source = error != nullptr ? *error : body.ok() ? *body : nothing;
  const auto code = error_code_from_name(json::string_or(source, "code", ""));
  if (!code || response.status < 400)
    return {Error(code_of_status(response.status),
                  "the conductor answered with status " + std::to_string(response.status) + " and no code"),
            retry_after};
  const std::string_view detail = json::string_or(source, "detail", json::string_or(source, "message", ""));
  return {Error(*code, "the conductor refused: " + printable(detail, kTextMax)), retry_after};
}

Result<uplink::Welcome> read_welcome(std::string_view body) {
  LUMENFLOW_TRY_ASSIGN(const json::Value value, object_of(body));
  uplink::Welcome welcome;
  LUMENFLOW_TRY_ASSIGN(welcome.log_id, text_member(value, "log_id", kNameMax));
  LUMENFLOW_TRY_ASSIGN(welcome.session, count_member(value, "session"));
  if (welcome.session == 0) return wrong("'session' is 0");
  LUMENFLOW_TRY_ASSIGN(const json::Array* streams, array_member(value, "streams", kStreamsMax));
  std::set<std::string_view> seen;
  for (const json::Value& item : *streams) {
    uplink::StreamAt at;
    LUMENFLOW_TRY_ASSIGN(at.stream, text_member(item, "stream", kNameMax));
    LUMENFLOW_TRY_ASSIGN(at.place.seq, count_member(item, "seq"));
    LUMENFLOW_TRY_ASSIGN(at.place.queue_seq, count_member(item, "queue_seq"));
    if (!event::is_stream_name(at.stream) || at.place.queue_seq > at.place.seq) return wrong("'streams' has none such");
    if (!seen.insert(item.find("stream")->as_string()).second) return wrong("'streams' has one twice");
    welcome.streams.push_back(std::move(at));
  }
  if (const json::Value* head = value.find("head"); head != nullptr && !head->is_null()) {
    uplink::TreeHead& seen_head = welcome.head.emplace();
    LUMENFLOW_TRY_ASSIGN(seen_head.size, count_member(*head, "size"));
    LUMENFLOW_TRY_ASSIGN(const std::string root, text_member(*head, "root", 64));
    const auto bytes = from_hex(root);
    if (!bytes || bytes->size() != seen_head.root.size()) return wrong("'root' is no hash");
    std::ranges::copy(as_bytes(*bytes), seen_head.root.begin());
  }
  return welcome;
}

Result<BeatAnswer> read_heartbeat(std::string_view body) {
  LUMENFLOW_TRY_ASSIGN(const json::Value value, object_of(body));
  BeatAnswer answer;
  if (const json::Value* wanted = value.find("registry_wanted")) {
    if (wanted->if_boolean() == nullptr) return wrong("'registry_wanted' is neither true nor false");
    answer.registry_wanted = *wanted->if_boolean();
  }
  return answer;
}

Result<BatchReply> read_batch_answer(std::string_view body, const uplink::Batch& sent) {
  LUMENFLOW_TRY_ASSIGN(const json::Value value, object_of(body));
  BatchReply reply;
  LUMENFLOW_TRY_ASSIGN(reply.answer.accepted, count_member(value, "accepted"));
  LUMENFLOW_TRY_ASSIGN(reply.answer.duplicates, count_member(value, "duplicates"));
  LUMENFLOW_TRY_ASSIGN(reply.answer.acked_seq, count_member(value, "acked_seq"));
  LUMENFLOW_TRY_ASSIGN(const json::Array* rejected, array_member(value, "rejected", sent.events.size()));
  if (reply.answer.accepted + reply.answer.duplicates > sent.events.size())
    return wrong("it speaks of more events than were sent");
  for (const json::Value& item : *rejected) {
    event::RejectedEvent& event = reply.answer.rejected.emplace_back();
    LUMENFLOW_TRY_ASSIGN(event.seq, count_member(item, "seq"));
    event.event_id = printable(json::string_or(item, "event_id", ""), kNameMax);
    event.code = error_code_from_name(json::string_or(item, "code", "")).value_or(ErrorCode::kInvalidRequest);
    event.message = printable(json::string_or(item, "message", ""), kTextMax);
  }
  if (const json::Value* head = value.find("cosigned_head"); head != nullptr && !head->is_null()) {
    LUMENFLOW_TRY_ASSIGN(reply.cosigned_head, text_member(value, "cosigned_head", kNoteBytesMax));
  }
  if (const json::Value* head = value.find("conductor_head"); head != nullptr && !head->is_null()) {
    ConductorHead& theirs = reply.conductor_head.emplace();
    LUMENFLOW_TRY_ASSIGN(theirs.checkpoint, text_member(*head, "checkpoint", kNoteBytesMax));
    LUMENFLOW_TRY_ASSIGN(theirs.consistency_proof, proof_member(*head));
    if (head->find("from") != nullptr) {
      LUMENFLOW_TRY_ASSIGN(theirs.from, count_member(*head, "from"));
    }
  }
  return reply;
}

Result<journal::InboundBatch> read_commands(std::string_view body, const journal::InboundAt& after) {
  LUMENFLOW_TRY_ASSIGN(const json::Value value, object_of(body));
  journal::InboundBatch batch;
  LUMENFLOW_TRY_ASSIGN(batch.log_id, text_member(value, "log_id", kNameMax));
  LUMENFLOW_TRY_ASSIGN(const json::Array* items, array_member(value, "items", kCommandsMax));
  std::uint64_t last = batch.log_id == after.log_id ? after.position : 0;
  for (const json::Value& item : *items) {
    journal::InboundItem& command = batch.items.emplace_back();
    LUMENFLOW_TRY_ASSIGN(command.position, count_member(item, "position"));
    if (command.position <= last) return wrong("the positions of 'items' do not ascend");
    last = command.position;
    const json::Value* event = item.find("event");
    if (event == nullptr || !event->is_object()) return wrong("an item has no 'event'");
    command.text = json::serialize(*event);
  }
  return batch;
}

Result<ReportVerdicts> read_report_answer(std::string_view body, const std::set<std::string>& sent) {
  LUMENFLOW_TRY_ASSIGN(const json::Value value, object_of(body));
  LUMENFLOW_TRY_ASSIGN(const json::Array* reported, array_member(value, "reported", sent.size()));
  LUMENFLOW_TRY_ASSIGN(const json::Array* rejected, array_member(value, "rejected", sent.size()));
  ReportVerdicts verdicts;
  for (const json::Value& item : *reported) verdicts.reported.emplace(json::string_or(item, "command_id", ""));
  for (const json::Value& item : *rejected) {
    const ErrorCode code = error_code_from_name(json::string_or(item, "code", "")).value_or(ErrorCode::kInvalidRequest);
    verdicts.rejected.emplace(std::string(json::string_or(item, "command_id", "")),
                              Error(code, printable(json::string_or(item, "message", ""), kTextMax)));
  }
  const auto was_sent = [&](const std::string& id) { return sent.contains(id); };
  if (!std::ranges::all_of(verdicts.reported, was_sent) ||
      !std::ranges::all_of(verdicts.rejected, was_sent, &std::map<std::string, Error>::value_type::first))
    return wrong("it speaks of a report that was not sent");
  return verdicts;
}

Result<RenewedToken> read_renewal(std::string_view body) {
  LUMENFLOW_TRY_ASSIGN(const json::Value value, object_of(body));
  RenewedToken renewed;
  LUMENFLOW_TRY_ASSIGN(renewed.token, text_member(value, "token", 8 * 1024));
  LUMENFLOW_TRY_ASSIGN(const std::string issued, text_member(value, "issued_at", 64));
  LUMENFLOW_TRY_ASSIGN(const std::string expires, text_member(value, "expires_at", 64));
  const Result<Timestamp> issued_at = parse_rfc3339(issued), expires_at = parse_rfc3339(expires);
  if (!issued_at.ok() || !expires_at.ok() || *expires_at <= *issued_at) return wrong("the token's life is none");
  renewed.issued_at = *issued_at;
  renewed.expires_at = *expires_at;
  if (const json::Value* jwks = value.find("conductor_jwks")) renewed.conductor_jwks = *jwks;
  return renewed;
}

}  // namespace lumenflow::conductor_link
