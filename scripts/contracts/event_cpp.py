"""The kinds as C++: a struct for each payload, their tagged union, and the event around it."""

from contracts import cpp

NAMESPACE = "events"
NOTE = "// Generated from schemas/events/ by scripts/contract; change those instead.\n"


def header(events):
    out = NOTE + f"""//
// The {len(events.kinds)} kinds of events that the kernel and the first-party packs emit or receive, as types: for those who read events
// of a workspace. What makes events is the kernel; nothing written here is an event that happened.
//
// Value types without threading rules of their own. What is optional may be left out, or was. Times are RFC 3339.
// Reading refuses, with INVALID_INPUT and the place, what lacks a required member or has one of another type; members
// that are not known here are skipped, so that a newer workspace is understood. Lengths and patterns are the schemas'.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lumenflow/json.h"
#include "lumenflow/result.h"

// clang-format off
namespace lumenflow::{NAMESPACE} {{

"""
    out += cpp.enumerations(events.enumerations)
    kinds = {kind.record: kind for kind in events.kinds}
    for record in events.records:
        kind = kinds.get(record.name)
        first = f'  static constexpr std::string_view kKind = "{kind.kind}";\n  static constexpr int kSchemaVersion = {kind.schema_version};\n' if kind else ""
        out += "\n" + cpp.record(record, f"{kind.kind}: {kind.description}" if kind else record.description, first)
    union = ",\n".join(f"    {kind.record}" for kind in events.kinds)
    out += f"""
// In byte order of their kinds.
using Payload = std::variant<
{union}>;

std::string_view kind_of(const Payload& payload);
// UNKNOWN_KIND for what is none of these kinds; INVALID_INPUT. Of a flat kind (kSchemaVersion 1) its members as an
// object.
Result<Payload> parse_payload(std::string_view kind, const json::Value& payload);
json::Value to_json(const Payload& payload);

{cpp.record(events.stamp, events.stamp.description)}
struct Event {{
  Envelope envelope;
  Payload payload;
}};

// An envelope as it travels, flat kinds included. UNKNOWN_KIND, INVALID_INPUT as above, the payload's places under
// /payload.
Result<Event> parse_event(const json::Value& envelope);
// The same envelope again, without what parsing skipped.
json::Value to_json(const Event& event);

}}  // namespace lumenflow::{NAMESPACE}
// clang-format on
"""
    return out


_REST = """
namespace {

template <class T>
Result<Payload> parse_as(const json::Value& json) {
  T payload;
  LUMENFLOW_TRY(from_json(json, payload));
  return Payload(std::move(payload));
}

struct Reader {
  std::string_view kind;
  int schema_version;
  Result<Payload> (*parse)(const json::Value&);
};

template <class... T>
constexpr std::array<Reader, sizeof...(T)> readers_of(const std::variant<T...>*) {
  return {Reader{T::kKind, T::kSchemaVersion, &parse_as<T>}...};
}

constexpr auto kReaders = readers_of(static_cast<const Payload*>(nullptr));

const Reader* find_reader(std::string_view kind) {
  const auto found = std::ranges::lower_bound(kReaders, kind, {}, &Reader::kind);
  return found != kReaders.end() && found->kind == kind ? &*found : nullptr;
}

Error unknown_kind(std::string_view kind) {
  return Error(ErrorCode::kUnknownKind, "no event kind '" + std::string(kind) + "' is known here");
}

Error invalid(std::string pointer, std::string reason) {
  std::string message = pointer + " " + reason;
  return Error(ErrorCode::kInvalidInput, std::move(message), {{std::move(pointer), std::move(reason)}});
}

}  // namespace

std::string_view kind_of(const Payload& payload) { return kReaders.at(payload.index()).kind; }

Result<Payload> parse_payload(std::string_view kind, const json::Value& payload) {
  const Reader* reader = find_reader(kind);
  return reader == nullptr ? unknown_kind(kind) : reader->parse(payload);
}

json::Value to_json(const Payload& payload) {
  return std::visit([](const auto& each) { return to_json(each); }, payload);
}

Result<Event> parse_event(const json::Value& envelope) {
  const std::string_view kind = json::string_or(envelope, "kind", "");
  const Reader* reader = find_reader(kind);
  if (reader == nullptr) return unknown_kind(kind);
  if (json::integer_or(envelope, "schema_version", 0) != reader->schema_version)
    return invalid("/schema_version", "must be " + std::to_string(reader->schema_version));
  Event event;
  LUMENFLOW_TRY(from_json(envelope, event.envelope));
  if (reader->schema_version == 1) {
    LUMENFLOW_TRY_ASSIGN(event.payload, reader->parse(envelope));
    return event;
  }
  const json::Value* payload = envelope.find("payload");
  if (payload == nullptr) return invalid("/payload", "is required");
  Result<Payload> parsed = reader->parse(*payload);
  if (!parsed.ok()) {
    std::vector<ErrorDetail> faults = parsed.error().details();
    for (ErrorDetail& fault : faults) fault.pointer.insert(0, "/payload");
    std::string message = faults.front().pointer + " " + faults.front().reason;
    return Error(ErrorCode::kInvalidInput, std::move(message), std::move(faults));
  }
  event.payload = *std::move(parsed);
  return event;
}

json::Value to_json(const Event& event) {
  const Reader& reader = kReaders.at(event.payload.index());
  json::Value out = to_json(event.envelope);
  json::Object& members = out.as_object();
  members.append("kind", reader.kind);
  members.append("schema_version", reader.schema_version);
  json::Value payload = to_json(event.payload);
  if (reader.schema_version == 1) {
    for (json::Member& member : payload.as_object()) members.append(std::move(member.key), std::move(member.value));
  } else {
    members.append("payload", std::move(payload));
  }
  return out;
}
"""


def body(events):
    return NOTE + f"""#include "lumenflow/events.h"

#include <algorithm>
#include <utility>

#include "json/record_codec.h"

// clang-format off
namespace lumenflow {{

{"".join(cpp.words(each, NAMESPACE) for each in events.enumerations)}namespace {NAMESPACE} {{

{cpp.codecs(events.enumerations, [*events.records, events.stamp])}{_REST}
}}  // namespace {NAMESPACE}
}}  // namespace lumenflow
// clang-format on
"""
