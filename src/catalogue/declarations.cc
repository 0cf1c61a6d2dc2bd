#include "catalogue/declarations.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "catalogue/entry_reader.h"
#include "json/places.h"

namespace lumenflow::catalogue {
namespace {

constexpr std::string_view kFileKeys[] = {"packSlug", "eventTypes"};
constexpr std::string_view kTypeKeys[] = {"namespace", "name", "version", "schema", "capacity", "softLimit", "kind"};
constexpr std::string_view kBaseKeys[] = {"type", "version", "packSlug", "schema"};
constexpr std::string_view kReserved = "kernel";

std::string folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(path.substr(0, slash));
}

std::string with_slash(std::string_view folder) { return folder.empty() ? std::string() : std::string(folder) + "/"; }

std::optional<json::Value> parsed(const SourceText& source, Faults& faults) {
  Result<json::Value> value = json::parse(source.text);
  if (value.ok()) return *std::move(value);
  json::TextPlace place = json::place_of_error(source.text, value.error());
  faults.add({"LF1061", source.file, place.line, place.column,
              "the file is not JSON: " + json::reason_of_error(value.error()),
              "nothing else of it is checked until it can be read", std::move(place.snippet)});
  return std::nullopt;
}

void check_word(const EntryReader& entry, std::string_view key, const std::string& word, bool (*is)(std::string_view),
                std::size_t characters_max) {
  if (is(word)) return;
  entry.at("LF1065", key, "'" + word + "' is no event " + std::string(key),
           "lower-case words joined by single dashes, at most " + std::to_string(characters_max) + " characters");
}

// Empty where it is not well-formed, which is reported. What may be a misspelling of case is kept for check_duplicates.
std::string read_type_id(const EntryReader& entry) {
  const std::string* space = entry.text("namespace", true);
  const std::string* name = entry.text("name", true);
  if (space != nullptr) check_word(entry, "namespace", *space, is_namespace, 32);
  if (name != nullptr) check_word(entry, "name", *name, is_event_name, 48);
  const bool reserved = space != nullptr && *space == kReserved;
  if (reserved) entry.at("LF1065", "namespace", "the namespace 'kernel' is reserved", "choose one of the pack's own");
  return space == nullptr || name == nullptr || reserved ? std::string() : *space + ":" + *name;
}

void read_limits(const EntryReader& entry, EventType& event) {
  if (const auto capacity = entry.integer("capacity", 1, kCapacityMax, false))
    event.capacity = static_cast<std::uint32_t>(*capacity);
  event.soft_limit = soft_limit_default(event.capacity);
  if (const auto limit = entry.integer("softLimit", 1, kCapacityMax, false)) {
    if (static_cast<std::uint32_t>(*limit) > event.capacity)
      entry.bad("softLimit",
                "'softLimit' " + std::to_string(*limit) + " is above the capacity of " + std::to_string(event.capacity),
                "write at most the capacity, or leave it out for three quarters of it");
    event.soft_limit = static_cast<std::uint32_t>(*limit);
  }
}

void read_kind(const EntryReader& entry, const PackSource& pack, EventType& event) {
  const std::string* kind = entry.text("kind", false);
  if (kind == nullptr) return;
  event.kind = *kind;
  if (std::ranges::find(pack.kinds, *kind) == pack.kinds.end())
    entry.at("LF1075", "kind", "the pack emits no event kind '" + *kind + "'",
             "list it in the manifest's emitted_event_kinds, with its backpressure_policy");
}

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

struct FoldedHash {
  std::size_t operator()(std::string_view text) const {
    std::size_t hash = 0xcbf29ce484222325u;  // FNV-1a
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(folded(c))) * 0x100000001b3u;
    return hash;
  }
};

struct FoldedEqual {
  bool operator()(std::string_view one, std::string_view other) const {
    return std::ranges::equal(one, other, {}, folded, folded);
  }
};

// Of one file, or over files.
void check_duplicates(const std::vector<const Declaration*>& declarations, bool within_a_file, Faults& faults) {
  std::unordered_map<std::string_view, const Declaration*, FoldedHash, FoldedEqual> seen(declarations.size());
  for (const Declaration* each : declarations) {
    const auto [first, is_new] = seen.emplace(each->event.type, each);
    if (is_new) continue;
    const Declaration &declared = *each, &other = *first->second;
    if ((other.source == declared.source) != within_a_file) continue;
    const bool same = other.event.type == declared.event.type;
    faults.at(
        "LF1066", *declared.source, declared.pointer,
        "the event type '" + declared.event.type + "' is declared at " +
            place_text(*declared.source, declared.pointer) + " and " + (same ? "" : "as '" + other.event.type + "' ") +
            "at " + place_text(*other.source, other.pointer),
        same ? "rename one of them, or remove it" : "types that only case tells apart are one: rename one of them");
  }
}

void check_duplicates_of_file(const std::vector<Declaration>& declarations, Faults& faults) {
  std::vector<const Declaration*> all;
  for (const Declaration& each : declarations) all.push_back(&each);
  check_duplicates(all, true, faults);
}

}  // namespace

std::vector<Declaration> read_event_types(const PackSource& pack, std::string text, Faults& faults) {
  const std::string root = with_slash(pack.folder);
  const auto source = std::make_shared<const SourceText>(SourceText{root + pack.event_types_path, std::move(text)});
  const std::optional<json::Value> value = parsed(*source, faults);
  if (!value) return {};
  const EntryReader file(*value, *source, "", "an event manifest", kFileKeys, faults);
  if (const std::string* slug = file.text("packSlug", true);
      slug != nullptr && !pack.slug.empty() && *slug != pack.slug)
    file.at("LF1071", "packSlug", "'" + *slug + "' is not the slug of this pack",
            "the manifest says '" + pack.slug + "'");
  const json::Value* types = file.require("eventTypes");
  if (types != nullptr && !types->is_array())
    file.bad("eventTypes", "'eventTypes' must be a list, not " + shown(*types), {});
  std::vector<Declaration> out;
  const json::Array* list = types == nullptr ? nullptr : types->if_array();
  const std::string folder = folder_of(pack.event_types_path);
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const std::string pointer = "/eventTypes/" + std::to_string(i);
    const EntryReader entry((*list)[i], *source, pointer, "an event type", kTypeKeys, faults);
    if (!entry.is_object()) continue;
    Declaration declared{{}, source, pointer};
    declared.event.pack_slug = pack.slug;
    declared.event.type = read_type_id(entry);
    declared.event.version = entry.integer("version", 1, kVersionMax, true).value_or(1);
    read_limits(entry, declared.event);
    read_kind(entry, pack, declared.event);
    if (const std::string* path = entry.text("schema", true))
      read_schema(entry, *path, folder, root, pack.read, declared.event, faults);
    if (!declared.event.type.empty()) out.push_back(std::move(declared));
  }
  check_duplicates_of_file(out, faults);
  return out;
}

std::vector<Declaration> read_base_list(std::string file, std::string text, const ReadFile& read, Faults& faults) {
  const auto source = std::make_shared<const SourceText>(SourceText{std::move(file), std::move(text)});
  const std::optional<json::Value> value = parsed(*source, faults);
  if (!value) return {};
  const json::Array* list = value->if_array();
  if (list == nullptr) {
    faults.at("LF1064", *source, "", "a base list must be a list, not " + shown(*value),
              "write a list of {type, version, packSlug?, schema?}");
    return {};
  }
  std::vector<Declaration> out;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string pointer = "/" + std::to_string(i);
    const EntryReader entry((*list)[i], *source, pointer, "a base event type", kBaseKeys, faults);
    if (!entry.is_object()) continue;
    Declaration declared{{}, source, pointer};
    const std::string* type = entry.text("type", true);
    if (type != nullptr && type->find(':') != std::string::npos && is_namespace(namespace_of(*type)) &&
        is_event_name(name_of(*type)))
      declared.event.type = *type;
    else if (type != nullptr)
      entry.at("LF1065", "type", "'" + *type + "' is no event type",
               "a namespace and a name, each of lower-case words joined by single dashes: 'sample:reactor-primed'");
    declared.event.version = entry.integer("version", 1, kVersionMax, true).value_or(1);
    const auto given = [&](std::string_view key) {
      const json::Value* member = entry.find(key);
      return member == nullptr || member->is_null() ? nullptr : entry.text(key, false);
    };
    if (const std::string* slug = given("packSlug")) {
      declared.event.pack_slug = *slug;
      if (!is_slug(*slug)) entry.bad("packSlug", "'" + *slug + "' is no pack's slug", {});
    }
    if (const std::string* path = given("schema"))
      read_schema(entry, *path, "", with_slash(folder_of(source->file)), read, declared.event, faults);
    if (!declared.event.type.empty()) out.push_back(std::move(declared));
  }
  check_duplicates_of_file(out, faults);
  return out;
}

void check_duplicates(const std::vector<const Declaration*>& declarations, Faults& faults) {
  check_duplicates(declarations, false, faults);
}

}  // namespace lumenflow::catalogue
