#include "catalogue/catalogue.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>

#include "base/check.h"
#include "catalogue/digest.h"
#include "lumenflow_catalogue_files.h"

namespace lumenflow::catalogue {

const EventType* Catalogue::find(std::string_view type) const {
  const auto found = std::ranges::find(events, type, &EventType::type);
  return found == events.end() ? nullptr : &*found;
}

Catalogue make_catalogue(std::vector<EventType> core, std::vector<EventType> content) {
  std::vector<EventType*> sorted;
  sorted.reserve(content.size());
  for (EventType& event : content) sorted.push_back(&event);
  std::ranges::sort(sorted, {}, [](const EventType* event) { return std::tie(event->pack_slug, event->type); });
  Catalogue out;
  out.core_count = core.size();
  out.events = std::move(core);
  out.events.reserve(out.core_count + content.size());
  for (EventType* event : sorted) out.events.push_back(std::move(*event));
  EventPointers by_channel;
  by_channel.reserve(out.events.size());
  for (const EventType& event : out.events) by_channel.push_back(&event);
  out.hash = manifest_hash(by_channel);
  out.contract_digest = contract_digest(by_channel);
  return out;
}

std::vector<Declaration> core_declarations() {
  const auto& files = embedded::lumenflow_catalogue_files();
  const ReadFile read = [&files](std::string_view path) -> Result<std::string> {
    const auto found = std::ranges::find(files, path, &pack::BuiltinPack::File::path);
    if (found == files.end()) return Error(ErrorCode::kNotFound, "no file " + std::string(path));
    return std::string(found->content);
  };
  Faults faults;
  std::vector<Declaration> core = read_base_list("core_event_types.json", *read("core_event_types.json"), read, faults);
  LUMENFLOW_CHECK(faults.empty());
  return core;
}

Catalogue core_catalogue() {
  std::vector<EventType> core;
  for (Declaration& declared : core_declarations()) core.push_back(std::move(declared.event));
  return make_catalogue(std::move(core), {});
}

namespace {

bool is_same(const EventType& one, const EventType& other) {
  const auto said = [](const EventType& event) {
    return std::tie(event.version, event.schema_digest, event.pack_slug, event.capacity, event.soft_limit, event.kind);
  };
  return said(one) == said(other);
}

std::unordered_map<std::string_view, const EventType*> by_type(const Catalogue& catalogue) {
  std::unordered_map<std::string_view, const EventType*> out;
  for (const EventType& event : catalogue.events) out.emplace(event.type, &event);
  return out;
}

}  // namespace

std::string why_not_generated(const Catalogue& active, const Catalogue& generated,
                              std::span<const std::string> active_slugs) {
  if (active.contract_digest == generated.contract_digest) return {};
  std::set<std::string> differing;
  const auto known = by_type(generated), there = by_type(active);
  for (const EventType& event : active.events)
    if (const auto same = known.find(event.type); same == known.end() || !is_same(event, *same->second))
      differing.insert(event.pack_slug.empty() ? "the core" : event.pack_slug);
  for (const EventType& event : generated.events)
    if (!there.contains(event.type) &&
        (event.pack_slug.empty() || std::ranges::find(active_slugs, event.pack_slug) != active_slugs.end()))
      differing.insert(event.pack_slug.empty() ? "the core" : event.pack_slug);
  if (differing.empty()) return {};
  std::string names;
  for (const std::string& pack : differing) names.append(names.empty() ? "" : ", ").append(pack);
  return "the runtime event types of the active packs (" + active.hash + ", " + active.contract_digest.substr(0, 12) +
         ") are not those that were generated (" + generated.hash + ", " + generated.contract_digest.substr(0, 12) +
         "): " + names + (differing.size() == 1 ? " differs" : " differ");
}

}  // namespace lumenflow::catalogue
