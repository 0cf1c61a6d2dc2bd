#include "pack/automations.h"

#include <algorithm>
#include <vector>

#include "catalogue/catalogue.h"
#include "event/event.h"

namespace lumenflow::pack {
namespace {

// Whether it says by its prefix that it is this pack's.
bool is_own(const Manifest& manifest, const KnownEvents& own, std::string_view on) {
  const std::string_view prefix = catalogue::namespace_of(on);
  return prefix == manifest.slug || std::ranges::any_of(own.types, [prefix](const std::string& type) {
           return catalogue::namespace_of(type) == prefix;
         });
}

}  // namespace

void KnownEvents::add_core() {
  for (const catalogue::Declaration& declared : catalogue::core_declarations()) types.insert(declared.event.type);
  for (const event::KnownKind& kind : event::kernel_kinds()) kinds.emplace(kind.kind);
}

void KnownEvents::add(const Manifest& manifest) {
  kinds.insert(manifest.emitted_event_kinds.begin(), manifest.emitted_event_kinds.end());
  for (std::string& type : event_types_of(manifest)) types.insert(std::move(type));
}

std::vector<std::string> event_types_of(const Manifest& manifest) {
  std::vector<std::string> out;
  if (manifest.event_types == nullptr) return out;
  for (const catalogue::Declaration& declared : *manifest.event_types) out.push_back(declared.event.type);
  return out;
}

const catalogue::EventType* find_event_type(const Manifest& manifest, std::string_view type) {
  if (manifest.event_types == nullptr) return nullptr;
  for (const catalogue::Declaration& declared : *manifest.event_types)
    if (declared.event.type == type) return &declared.event;
  return nullptr;
}

void check_automations(const Manifest& manifest, const KnownEvents& known, bool all_packs_known, Report& report) {
  const json::Value* written = manifest.raw.find("automations");
  const json::Array* list = written == nullptr ? nullptr : written->if_array();
  if (list == nullptr) return;
  KnownEvents own;
  own.add(manifest);
  for (std::size_t i = 0; i < list->size(); ++i) {
    const json::Value* value = (*list)[i].is_object() ? (*list)[i].find("on") : nullptr;
    const std::string* on = value == nullptr ? nullptr : value->if_string();
    if (on == nullptr) continue;  // which has been said
    if (own.types.contains(*on) || own.kinds.contains(*on)) continue;
    if (known.types.contains(*on) || known.kinds.contains(*on)) continue;
    if (!all_packs_known && !is_own(manifest, own, *on)) continue;
    std::vector<std::string_view> names;
    for (const KnownEvents* some : std::initializer_list<const KnownEvents*>{&own, &known}) {
      names.insert(names.end(), some->types.begin(), some->types.end());
      names.insert(names.end(), some->kinds.begin(), some->kinds.end());
    }
    const auto meant = nearest(*on, names);
    report.at("LF1078", child_pointer(child_pointer("/automations", i), "on"),
              "there is no event type '" + *on + "' in the catalogue",
              (meant ? "did you mean '" + *meant + "'? Else " : std::string()) +
                  "declare it in the pack's content/event-types.json and run `lumenflow generate`");
  }
}

}  // namespace lumenflow::pack
