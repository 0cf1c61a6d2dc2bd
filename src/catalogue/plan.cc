#include "catalogue/plan.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "catalogue/compatibility.h"

namespace lumenflow::catalogue {
namespace {

using Declarations = std::vector<const Declaration*>;
using ByType = std::unordered_map<std::string_view, const Declaration*>;

bool is_removed(const PlanInput& input, const std::string& type) {
  return std::ranges::find(input.remove, type) != input.remove.end();
}

void add_at(std::string_view code, const Fault& place, std::string message, std::string help, Faults& faults) {
  faults.add(
      {std::string(code), place.file, place.line, place.column, std::move(message), std::move(help), place.snippet});
}

// The types of each pack that the lock file knows and that do not go for good, in words.
std::map<std::string, std::string> locked_types(const PlanInput& input, const Lock* lock) {
  std::map<std::string, std::string> out;
  for (std::size_t i = lock == nullptr ? 0 : lock->core_count; lock != nullptr && i < lock->events.size(); ++i) {
    const EventType& event = lock->events[i].event;
    if (is_removed(input, event.type)) continue;
    std::string& types = out[event.pack_slug];
    types += (types.empty() ? "" : ", ") + event.type;
  }
  return out;
}

std::string shown_path(const PackInput& pack, std::string_view path) {
  return (pack.source.folder.empty() ? "" : pack.source.folder + "/") + std::string(path);
}

// A file that nobody reads would be silently without effect.
void check_unnamed_file(const PackInput& pack, Faults& faults) {
  if (pack.source.read(kEventTypesPath).ok())
    add_at("LF1074", pack.place,
           "the pack has " + shown_path(pack, kEventTypesPath) + ", and its manifest does not name it",
           "add 'event_types: " + std::string(kEventTypesPath) + "' to the manifest, or remove the file", faults);
}

// The manifest names no event types: then nothing may be left of any. Whether something was said.
bool check_left_over(const PackInput& pack, const std::string& locked, Faults& faults) {
  const std::string file = shown_path(pack, kEventTypesPath);
  if (!locked.empty()) {
    add_at("LF1074", pack.place,
           "the manifest has no event_types any more, and the lock file names " + locked + "; " + file + " is missing",
           "put back the key and the file, or remove each type with `lumenflow generate --remove TYPE`", faults);
    return true;
  }
  for (const auto& [type, place] : pack.automations)
    add_at("LF1074", place,
           "an automation runs on '" + type + "', and the pack has no event types; " + file + " is missing",
           "declare the type there and name the file in event_types", faults);
  return !pack.automations.empty();
}

void check_against_lock(const Declaration& declared, const Lock& lock, Faults& faults) {
  const EventType& event = declared.event;
  const LockedEvent* locked = lock.find_or_removed(event.type);
  if (locked == nullptr) return;
  const EventType& was = locked->event;
  if (event.version < was.version)
    faults.at("LF1072", *declared.source, declared.pointer + "/version",
              "the version " + std::to_string(event.version) + " of '" + event.type + "' is lower than the locked " +
                  std::to_string(was.version),
              "a version never goes back: write " + std::to_string(was.version) + " or more");
  if (event.version != was.version || event.schema_digest == was.schema_digest) return;
  const auto findings = compare_schemas(was.schema.get(), event.schema.get(), CompatibilityMode{});
  if (findings.empty()) return;
  const auto shown = std::ranges::find_if(findings, [](const auto& each) { return each.witness.has_value(); });
  const CompatibilityFinding& first = shown == findings.end() ? findings.front() : *shown;
  const std::string undecided = "it cannot be told whether what was valid still is (" + first.rule + ")";
  faults.at("LF1073", *declared.source, declared.pointer + "/schema",
            "the schema of '" + event.type + "' changed without a new version: " + first.rule + " at '" +
                first.new_pointer + "': " + first.what + "; " +
                (first.witness ? "valid before and not now: " + json::serialize(*first.witness) : undecided),
            "write version " + std::to_string(was.version + 1) + ", or take back the change");
}

// Types of the lock that nobody declares any more. What a pack's missing file explains has been said.
void check_gone(const PlanInput& input, const SourceText& source, const Lock& lock, const ByType& declared,
                const std::vector<std::string>& explained, Faults& faults) {
  for (std::size_t i = lock.core_count; i < lock.events.size(); ++i) {
    const EventType& event = lock.events[i].event;
    if (declared.contains(event.type) || is_removed(input, event.type)) continue;
    if (std::ranges::find(explained, event.pack_slug) != explained.end()) continue;
    const auto pack =
        std::ranges::find_if(input.packs, [&](const PackInput& each) { return each.source.slug == event.pack_slug; });
    const std::string where =
        pack == input.packs.end()
            ? "the pack '" + event.pack_slug + "' with its " + std::string(kEventTypesPath) + " is missing"
            : shown_path(*pack, pack->source.event_types_path) + " does not declare it any more";
    faults.at("LF1074", source, "/events/" + std::to_string(i),
              "the event type '" + event.type + "' was generated before, and " + where,
              "put it back, or remove it for good with `lumenflow generate --remove " + event.type + "`");
  }
}

void check_removals(const PlanInput& input, const Lock* lock, const ByType& declared, Faults& faults) {
  for (const std::string& type : input.remove) {
    if (const auto found = declared.find(type); found != declared.end())
      faults.at("LF1076", *found->second->source, found->second->pointer,
                "'" + type + "' is to be removed, and is still declared", "take it out of this file first");
    else if (lock == nullptr || lock->find(type) == nullptr)
      faults.of_file("LF1076", input.lock ? input.lock->source.file : std::string(kLockFile),
                     "'" + type + "' is to be removed, and was never generated", "correct the name");
  }
}

}  // namespace

std::vector<Declaration> check_pack(const PackInput& pack, Faults& faults) {
  const PackSource& source = pack.source;
  if (source.event_types_path.empty()) {
    check_unnamed_file(pack, faults);
    return {};
  }
  const std::string within = path_within("", source.event_types_path), file = shown_path(pack, within);
  const Result<std::string> text =
      within.empty() ? Result<std::string>(Error(ErrorCode::kInvalidInput, "outside")) : source.read(within);
  if (text.ok()) {
    PackSource normal = source;
    normal.event_types_path = within;
    return read_event_types(normal, *text, faults);
  }
  if (text.error().code() == ErrorCode::kNotFound)
    add_at("LF1074", pack.place, file + " is missing, and the manifest names it",
           "put the file back; to remove types for good, run `lumenflow generate --remove TYPE`", faults);
  else if (text.error().code() == ErrorCode::kInvalidInput)
    add_at("LF1042", pack.place, "'" + source.event_types_path + "' lies outside the pack",
           "name a file inside the pack, relative to the manifest, that no symlink leads out of", faults);
  else
    add_at("LF1061", pack.place, file + " cannot be read", "make it a file of at most 1 MiB", faults);
  return {};
}

std::optional<Plan> plan(PlanInput input, Faults& faults) {
  if (input.lock) faults.append(input.lock->faults);
  // Without it nobody would see a version go back, or a type go.
  if (!input.lock && !input.generated.empty())
    faults.of_file("LF1077", input.lock_path,
                   "the lock file is missing, and " + input.generated + " was generated with it",
                   "take it from the last commit; to begin anew, remove " + input.generated + " and what is beside it");
  const Lock* before = input.lock && input.lock->lock ? &*input.lock->lock : nullptr;
  Declarations all;  // of the input, the core's first
  for (const Declaration& declared : input.core) all.push_back(&declared);
  std::vector<std::string> explained;  // packs whose missing file has been reported
  const std::map<std::string, std::string> locked = locked_types(input, before);
  for (PackInput& pack : input.packs) {
    const std::size_t faults_before = faults.items().size();
    if (pack.declared == nullptr)
      pack.declared = std::make_shared<const std::vector<Declaration>>(check_pack(pack, faults));
    bool said = pack.has_faults || faults.items().size() > faults_before;
    if (pack.source.event_types_path.empty() && !said) {
      const auto types = locked.find(pack.source.slug);
      said = check_left_over(pack, types == locked.end() ? std::string() : types->second, faults);
    }
    if (said) explained.push_back(pack.source.slug);
    for (const Declaration& declared : *pack.declared) all.push_back(&declared);
  }
  check_duplicates(all, faults);
  if (before != nullptr || !input.remove.empty()) {
    ByType by_type(all.size());
    for (const Declaration* declared : all) by_type.emplace(declared->event.type, declared);
    if (before != nullptr) {
      for (const Declaration* declared : all) check_against_lock(*declared, *before, faults);
      check_gone(input, input.lock->source, *before, by_type, explained, faults);
    }
    check_removals(input, before, by_type, faults);
  }
  const bool faulty = std::ranges::any_of(input.packs, [](const PackInput& pack) { return pack.has_faults; });
  if (!faults.empty() || faulty) return std::nullopt;
  std::vector<EventType> core, content;
  core.reserve(input.core.size());
  content.reserve(all.size() - input.core.size());
  for (const Declaration* declared : all) (core.size() < input.core.size() ? core : content).push_back(declared->event);
  Plan out{make_catalogue(std::move(core), std::move(content)), {}};
  if (input.lock) out.before = std::move(input.lock->lock);
  return out;
}

}  // namespace lumenflow::catalogue
