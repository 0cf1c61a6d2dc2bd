#include "catalogue/compatibility.h"

#include <algorithm>
#include <set>

#include "catalogue/schema_plain.h"
#include "catalogue/schema_sample.h"

namespace lumenflow::catalogue {

const std::vector<std::string> kCompatibilityModes = {
    "backward", "backward-transitive", "forward", "forward-transitive", "full", "full-transitive", "none"};

std::optional<CompatibilityMode> parse_compatibility_mode(std::string_view text) {
  static constexpr std::string_view kTransitive = "-transitive";
  CompatibilityMode mode;
  mode.transitive = text.ends_with(kTransitive);
  if (mode.transitive) text.remove_suffix(kTransitive.size());
  if (text == "none" && mode.transitive) return std::nullopt;
  if (text != "backward" && text != "forward" && text != "full" && text != "none") return std::nullopt;
  mode.backward = text == "backward" || text == "full";
  mode.forward = text == "forward" || text == "full";
  return mode;
}

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kCompatible:
      return "compatible";
    case Verdict::kBreaking:
      return "breaking";
    case Verdict::kUndecided:
      break;
  }
  return "undecided";
}

Verdict verdict_of(const std::vector<CompatibilityFinding>& findings) {
  if (findings.empty()) return Verdict::kCompatible;
  const bool shown = std::ranges::any_of(findings, [](const auto& finding) { return finding.witness.has_value(); });
  return shown ? Verdict::kBreaking : Verdict::kUndecided;
}

std::vector<CompatibilityFinding> compare_schemas(const json::Value* before, const json::Value* now,
                                                  CompatibilityMode mode) {
  std::vector<CompatibilityFinding> out;
  if (mode.backward)
    for (SchemaBreak& found : not_taken(before, now))
      out.push_back({std::move(found.rule), std::move(found.what), false, std::move(found.from_pointer),
                     std::move(found.by_pointer), std::move(found.witness)});
  if (mode.forward)
    for (SchemaBreak& found : not_taken(now, before))
      out.push_back({std::move(found.rule), std::move(found.what), true, std::move(found.by_pointer),
                     std::move(found.from_pointer), std::move(found.witness)});
  return out;
}

namespace {

void compare_with_earlier(const LockedEvent& was, const LockedEvent& is, CompatibilityMode mode,
                          TypeCompatibility& out) {
  std::set<std::string> seen{was.event.schema_digest, is.event.schema_digest};
  for (const LockedEvent* locked : {&was, &is})
    for (const EarlierSchema& earlier : locked->earlier) {
      if (earlier.version != is.event.version || !seen.insert(earlier.digest).second) continue;
      for (CompatibilityFinding& found : compare_schemas(earlier.schema.get(), is.event.schema.get(), mode))
        out.findings.push_back(std::move(found));
    }
}

TypeCompatibility gone(const LockedEvent& was) {
  TypeCompatibility out{was.event.type, Verdict::kBreaking, was.event.version, 0, {}, 0};
  const json::Value anything = true;
  const PlainSchema schema = plain(was.event.schema == nullptr ? anything : *was.event.schema);
  out.findings.push_back({"removed", "the type is gone", false, "", "", sample(schema.schema, 0)});
  return out;
}

}  // namespace

std::vector<TypeCompatibility> compare(const Lock& before, const Lock& now, CompatibilityMode mode) {
  std::vector<TypeCompatibility> out;
  for (const LockedEvent& was : before.events) {
    const LockedEvent* is = now.find(was.event.type);
    if (is == nullptr) {
      if (mode.backward) out.push_back(gone(was));
      continue;
    }
    TypeCompatibility each{was.event.type, Verdict::kCompatible, was.event.version, is->event.version, {}, 0};
    if (is->event.version < was.event.version && (mode.backward || mode.forward)) {
      each.findings.push_back({"version", "the version is lower than before", false, "", "", std::nullopt});
      each.verdict = Verdict::kBreaking;
      each.legal_version = was.event.version;
    } else if (is->event.version == was.event.version) {
      if (was.event.schema_digest != is->event.schema_digest)
        each.findings = compare_schemas(was.event.schema.get(), is->event.schema.get(), mode);
      if (mode.transitive) compare_with_earlier(was, *is, mode, each);
      each.verdict = verdict_of(each.findings);
      if (each.verdict != Verdict::kCompatible) each.legal_version = was.event.version + 1;
    }
    if (was.event.version != is->event.version || was.event.schema_digest != is->event.schema_digest ||
        !each.findings.empty())
      out.push_back(std::move(each));
  }
  std::ranges::sort(out, {}, &TypeCompatibility::type);
  return out;
}

}  // namespace lumenflow::catalogue
