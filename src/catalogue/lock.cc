#include "catalogue/lock.h"

#include <algorithm>
#include <unordered_set>

#include "catalogue/digest.h"
#include "catalogue/text_parts.h"
#include "json/places.h"

namespace lumenflow::catalogue {
namespace {

constexpr std::int64_t kFormat = 1;

void append_text_or_null(std::string_view key, const std::string& text, std::string& out) {
  append(out, ",\"", key, "\":");
  if (text.empty())
    append(out, "null");
  else
    append(out, Quoted{text});
}

void append_schema(const std::string& digest, const std::shared_ptr<const json::Value>& schema, std::string& out) {
  append_text_or_null("schemaDigest", digest, out);
  append(out, ",\"definition\":");
  if (schema == nullptr)
    append(out, "null");
  else
    json::serialize_to(*schema, out);
}

// A line of the file; written as it goes, for there may be thousands.
void append_entry(const EventType& event, std::optional<std::size_t> channel, const std::vector<EarlierSchema>& earlier,
                  std::string& out) {
  append(out, "{\"channel\":");
  if (channel)
    append(out, *channel);
  else
    append(out, "null");
  append_text_or_null("type", event.type, out);
  append(out, ",\"version\":", event.version);
  append_text_or_null("packSlug", event.pack_slug, out);
  append(out, ",\"capacity\":", event.capacity, ",\"softLimit\":", event.soft_limit);
  append_text_or_null("kind", event.kind, out);
  append_text_or_null("schema", event.schema_path, out);
  append_schema(event.schema_digest, event.schema, out);
  append(out, ",\"earlier\":[");
  for (const EarlierSchema& each : earlier) {
    append(out, &each == earlier.data() ? "" : ",", "{\"version\":", each.version);
    append_schema(each.digest, each.schema, out);
    append(out, "}");
  }
  append(out, "]}");
}

std::vector<EarlierSchema> earlier_of(const EventType& event, const Lock* before) {
  const LockedEvent* locked = before == nullptr ? nullptr : before->find_or_removed(event.type);
  if (locked == nullptr) return {};
  std::vector<EarlierSchema> out = locked->earlier;
  if (locked->event.version != event.version || locked->event.schema_digest != event.schema_digest)
    out.push_back({locked->event.version, locked->event.schema_digest, locked->event.schema});
  return out;
}

// Packs' types that the lock file knows and the catalogue has not, in byte order.
std::vector<const LockedEvent*> removed_of(const Catalogue& catalogue, const Lock* before) {
  std::vector<const LockedEvent*> out;
  if (before == nullptr) return out;
  std::unordered_set<std::string_view> there;
  for (const EventType& event : catalogue.events) there.insert(event.type);
  const auto add = [&](const LockedEvent& each) {
    if (!there.contains(each.event.type)) out.push_back(&each);
  };
  std::ranges::for_each(before->events.begin() + static_cast<std::ptrdiff_t>(before->core_count), before->events.end(),
                        add);
  std::ranges::for_each(before->removed, add);
  std::ranges::sort(out, {}, [](const LockedEvent* each) { return each->event.type; });
  return out;
}

// Taken out of the entry: it is the most of the file.
std::shared_ptr<const json::Value> take_definition(json::Value& entry) {
  json::Object* members = entry.if_object();
  json::Value* definition = members == nullptr ? nullptr : members->find("definition");
  if (definition == nullptr || definition->is_null()) return nullptr;
  return std::make_shared<const json::Value>(std::move(*definition));
}

// A schema that was exchanged by hand would be believed to be the one that was checked.
bool is_its_digest(const std::string& digest, const std::shared_ptr<const json::Value>& schema) {
  if (schema == nullptr) return digest.empty();
  const Result<std::string> own = schema_digest(*schema);
  return own.ok() && *own == digest;
}

// Takes the entry apart.
std::optional<LockedEvent> take_event(json::Value& entry) {
  const json::Value* version = entry.find("version");
  json::Value* earlier = entry.if_object() == nullptr ? nullptr : entry.if_object()->find("earlier");
  if (version == nullptr || version->if_integer() == nullptr || earlier == nullptr || !earlier->is_array())
    return std::nullopt;
  LockedEvent out;
  EventType& event = out.event;
  event.type = json::string_or(entry, "type", "");
  event.version = *version->if_integer();
  event.pack_slug = json::string_or(entry, "packSlug", "");
  event.capacity = static_cast<std::uint32_t>(json::integer_or(entry, "capacity", 0));
  event.soft_limit = static_cast<std::uint32_t>(json::integer_or(entry, "softLimit", 0));
  event.kind = json::string_or(entry, "kind", "");
  event.schema_path = json::string_or(entry, "schema", "");
  event.schema_digest = json::string_or(entry, "schemaDigest", "");
  event.schema = take_definition(entry);
  if (event.type.empty() || !is_its_digest(event.schema_digest, event.schema)) return std::nullopt;
  for (json::Value& each : earlier->as_array()) {
    out.earlier.push_back({json::integer_or(each, "version", 1), std::string(json::string_or(each, "schemaDigest", "")),
                           take_definition(each)});
    if (!is_its_digest(out.earlier.back().digest, out.earlier.back().schema)) return std::nullopt;
  }
  return out;
}

}  // namespace

const LockedEvent* Lock::find(std::string_view type) const {
  const auto found = by_type_.find(type);
  return found == by_type_.end() ? nullptr : &events[found->second];
}

const LockedEvent* Lock::find_or_removed(std::string_view type) const {
  if (const LockedEvent* there = find(type); there != nullptr) return there;
  const auto gone = std::ranges::find(removed, type, [](const LockedEvent& each) { return each.event.type; });
  return gone == removed.end() ? nullptr : &*gone;
}

Catalogue Lock::catalogue() const {
  Catalogue out;
  for (const LockedEvent& each : events) out.events.push_back(each.event);
  out.core_count = core_count;
  out.hash = hash;
  out.contract_digest = contract_digest;
  return out;
}

std::optional<Lock> read_lock(const SourceText& source, Faults& faults) {
  const auto refuse = [&](std::string_view pointer, std::string message) {
    faults.at(
        "LF1077", source, pointer, std::move(message),
        "take the file from the last commit; where there is none, remove it and what is beside it, and generate anew");
    return std::nullopt;
  };
  Result<json::Value> value = json::parse(source.text, {.depth_max = 200});
  if (!value.ok()) {
    json::TextPlace place = json::place_of_error(source.text, value.error());
    faults.add({"LF1077", source.file, place.line, place.column,
                "the lock file is not JSON: " + json::reason_of_error(value.error()), "take it from the last commit",
                std::move(place.snippet)});
    return std::nullopt;
  }
  if (json::integer_or(*value, "format", 0) > kFormat)
    return refuse("/format", "the lock file was written by a later lumenflow");
  json::Value* events = value->if_object() == nullptr ? nullptr : value->if_object()->find("events");
  if (json::integer_or(*value, "format", 0) != kFormat || events == nullptr || !events->is_array())
    return refuse("", "this is no lock file of a catalogue");
  Lock out;
  out.hash = json::string_or(*value, "hash", "");
  out.contract_digest = json::string_or(*value, "contract_digest", "");
  out.core_count = static_cast<std::size_t>(json::integer_or(*value, "core", 0));
  const auto take_list = [&refuse](json::Value& list, const std::string& pointer, std::vector<LockedEvent>& to) {
    to.reserve(list.as_array().size());
    for (json::Value& entry : list.as_array()) {
      std::optional<LockedEvent> event = take_event(entry);
      if (!event) refuse(pointer + "/" + std::to_string(to.size()), "the entry is not as it was generated");
      if (!event) return false;
      to.push_back(*std::move(event));
    }
    return true;
  };
  if (!take_list(*events, "/events", out.events)) return std::nullopt;
  if (json::Value* removed = value->as_object().find("removed"); removed != nullptr) {
    if (!removed->is_array()) return refuse("/removed", "this is no list of types");
    if (!take_list(*removed, "/removed", out.removed)) return std::nullopt;
  }
  EventPointers all;
  for (const LockedEvent& each : out.events) all.push_back(&each.event);
  if (out.core_count > all.size() || manifest_hash(all) != out.hash || contract_digest(all) != out.contract_digest)
    return refuse("/contract_digest", "the lock file is not as it was generated");
  for (std::size_t i = 0; i < out.events.size(); ++i) out.by_type_.emplace(out.events[i].event.type, i);
  return out;
}

std::string render_lock(const Catalogue& catalogue, const Lock* before) {
  std::string out;
  out.reserve(catalogue.events.size() * 600);
  append(out, "{\n  \"format\": ", kFormat, ",\n  \"hash\": \"", catalogue.hash, "\",\n  \"contract_digest\": \"",
         catalogue.contract_digest, "\",\n  \"core\": ", catalogue.core_count, ",\n  \"events\": [");
  for (std::size_t i = 0; i < catalogue.events.size(); ++i) {
    append(out, i == 0 ? "\n    " : ",\n    ");
    append_entry(catalogue.events[i], i, earlier_of(catalogue.events[i], before), out);
  }
  append(out, catalogue.events.empty() ? "]" : "\n  ]");
  const std::vector<const LockedEvent*> removed = removed_of(catalogue, before);
  for (const LockedEvent* each : removed) {
    out += each == removed.front() ? ",\n  \"removed\": [\n    " : ",\n    ";
    append_entry(each->event, std::nullopt, each->earlier, out);
  }
  append(out, removed.empty() ? "\n}\n" : "\n  ]\n}\n");
  return out;
}

}  // namespace lumenflow::catalogue
