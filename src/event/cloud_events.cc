#include "event/cloud_events.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

namespace lumenflow::event {
namespace {

enum class Form : std::uint8_t { kText, kCounter };

// What is the same value under another name; `from` and `channel` make the source, the rest is data.
struct Mapping {
  std::string_view member, attribute;
  Form form;
  bool required;
};
constexpr auto kMappings = std::to_array<Mapping>({
    {"event_id", "id", Form::kText, true},
    {"kind", "type", Form::kText, true},
    {"timestamp", "time", Form::kText, true},
    {"seq", "sequence", Form::kCounter, true},
    {"queue_seq", "queueseq", Form::kCounter, false},
    {"emitted_at", "emittedat", Form::kText, true},
    {"schema_version", "schemaversion", Form::kCounter, true},
    {"expires_at", "expiresat", Form::kText, false},
    {"on_behalf_of", "onbehalfof", Form::kText, false},
    {"trace", "traceparent", Form::kText, false},
    {"position", "position", Form::kCounter, false},
    {"class", "class", Form::kText, false},
});
constexpr std::string_view kSourceBegin = "/workspaces/";
constexpr std::int64_t kFlat = 1;

Error wrong(std::string_view member, std::string_view reason) {
  std::string pointer = "/" + json::escape_pointer_token(member);
  std::string message = pointer + " " + std::string(reason);
  return Error(ErrorCode::kInvalidInput, std::move(message), {{std::move(pointer), std::string(reason)}});
}

Result<std::string> text_of(const json::Value& object, std::string_view member) {
  const json::Value* value = object.find(member);
  if (value == nullptr) return wrong(member, "is required");
  if (!value->is_string()) return wrong(member, "must be a string");
  return value->as_string();
}

// RFC 3986, 3.3: what a path segment holds as it is.
bool is_segment_char(char c) {
  const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return alphanumeric || (c != '\0' && std::string_view("-._~!$&'()*+,;=:@").find(c) != std::string_view::npos);
}

void append_segment(std::string_view text, std::string& out) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_segment_char(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
  }
}

std::optional<std::string> decode_segment(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned byte = 0;
    const char* const first = text.data() + i + 1;
    if (text.size() - i < 3 || std::from_chars(first, first + 2, byte, 16).ptr != first + 2) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

Result<json::Value> converted_to(const Mapping& mapping, const json::Value& value) {
  if (mapping.form == Form::kText)
    return value.is_string() ? Result<json::Value>(value) : wrong(mapping.member, "must be a string");
  const std::int64_t* number = value.if_integer();
  if (number == nullptr || *number < 0) return wrong(mapping.member, "must be a count");
  return json::Value(std::to_string(*number));
}

Result<json::Value> converted_from(const Mapping& mapping, const json::Value& value) {
  if (!value.is_string()) return wrong(mapping.attribute, "must be a string");
  if (mapping.form == Form::kText) return value;
  const std::string& digits = value.as_string();
  std::int64_t number = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 0)
    return wrong(mapping.attribute, "must be a count in decimal digits");
  return json::Value(number);
}

bool is_of_the_envelope(std::string_view member) {
  return member == "from" || member == "channel" ||
         std::ranges::find(kMappings, member, &Mapping::member) != kMappings.end();
}

}  // namespace

Result<json::Value> to_cloud_event(const json::Value& envelope) {
  if (!envelope.is_object()) return Error(ErrorCode::kInvalidInput, "an event must be a JSON object");
  json::Object out{{"specversion", "1.0"}};
  for (const Mapping& mapping : kMappings) {
    const json::Value* value = envelope.find(mapping.member);
    if (value == nullptr && mapping.required) return wrong(mapping.member, "is required");
    if (value == nullptr) continue;
    LUMENFLOW_TRY_ASSIGN(json::Value converted, converted_to(mapping, *value));
    out.set(mapping.attribute, std::move(converted));
  }
  LUMENFLOW_TRY_ASSIGN(const std::string from, text_of(envelope, "from"));
  LUMENFLOW_TRY_ASSIGN(const std::string stream, text_of(envelope, "channel"));
  std::string source(kSourceBegin);
  append_segment(from, source);
  append_segment(stream, source += '/');
  out.set("source", std::move(source));

  const bool flat = json::integer_or(envelope, "schema_version", 0) == kFlat;
  json::Object members;
  for (const json::Member& member : envelope.as_object()) {
    if (is_of_the_envelope(member.key)) continue;
    if (!flat && member.key != "payload") return wrong(member.key, "has no place in a CloudEvent");
    members.append(member.key, member.value);
  }
  const json::Value* payload = envelope.find("payload");
  if (!flat && payload == nullptr) return wrong("payload", "is required");
  out.set("datacontenttype", "application/json");
  out.set("data", flat ? json::Value(std::move(members)) : *payload);
  return json::Value(std::move(out));
}

Result<json::Value> from_cloud_event(const json::Value& cloud_event) {
  if (!cloud_event.is_object()) return Error(ErrorCode::kInvalidInput, "a CloudEvent must be a JSON object");
  if (json::string_or(cloud_event, "specversion", "") != "1.0") return wrong("specversion", "must be 1.0");
  json::Object out;
  for (const Mapping& mapping : kMappings) {
    const json::Value* value = cloud_event.find(mapping.attribute);
    if (value == nullptr && mapping.required) return wrong(mapping.attribute, "is required");
    if (value == nullptr) continue;
    LUMENFLOW_TRY_ASSIGN(json::Value converted, converted_from(mapping, *value));
    out.set(mapping.member, std::move(converted));
  }
  LUMENFLOW_TRY_ASSIGN(const std::string source, text_of(cloud_event, "source"));
  const std::string_view rest = std::string_view(source).substr(std::min(kSourceBegin.size(), source.size()));
  const std::size_t slash = rest.find('/');
  if (!source.starts_with(kSourceBegin) || slash == std::string_view::npos)
    return wrong("source", "must be /workspaces/<from>/<channel>");
  std::optional<std::string> from = decode_segment(rest.substr(0, slash)),
                             stream = decode_segment(rest.substr(slash + 1));
  if (!from || !stream || stream->empty() || from->empty() || rest.find('/', slash + 1) != std::string_view::npos)
    return wrong("source", "must be /workspaces/<from>/<channel>");
  out.set("from", *std::move(from));
  out.set("channel", *std::move(stream));

  const json::Value* data = cloud_event.find("data");
  if (data == nullptr || !data->is_object()) return wrong("data", "must be an object");
  if (json::integer_or(out, "schema_version", 0) != kFlat) {
    out.set("payload", *data);
    return json::Value(std::move(out));
  }
  for (const json::Member& member : data->as_object()) {
    if (is_of_the_envelope(member.key)) return wrong("data", "has the envelope's member '" + member.key + "'");
    out.set(member.key, member.value);
  }
  return json::Value(std::move(out));
}

}  // namespace lumenflow::event
