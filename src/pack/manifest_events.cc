// What a pack emits and handles, and how it travels.
#include <algorithm>
#include <set>

#include "pack/manifest_parts.h"
#include "pack/names.h"

namespace lumenflow::pack::manifest_parts {
namespace {

using event::EventClass;
constexpr std::string_view kClasses[] = {"ephemeral", "queue"};

// Kinds whose class is fixed by the reference (02-events, First-party packs' kinds).
struct FixedClass {
  std::string_view prefix, name_begins;
  EventClass event_class;
};
constexpr FixedClass kFixedClasses[] = {
    {"sidekick", "routine_due", EventClass::kQueue},        {"sidekick", "message_sent", EventClass::kEphemeral},
    {"agent-runtime", "turn_", EventClass::kEphemeral},     {"software-delivery", "wu_", EventClass::kEphemeral},
    {"software-delivery", "gate_", EventClass::kEphemeral},
};

std::string_view event_name_of(std::string_view kind) {
  const std::size_t colon = kind.find(':');
  return colon == std::string_view::npos ? kind : kind.substr(colon + 1);
}

std::optional<EventClass> fixed_class(std::string_view kind) {
  const std::string_view name = event_name_of(kind);
  if (name == "approval_requested") return EventClass::kQueue;
  for (const FixedClass& fixed : kFixedClasses)
    if (prefix_of(kind) == fixed.prefix && name.starts_with(fixed.name_begins)) return fixed.event_class;
  return std::nullopt;
}

// The nearest well-formed event name: "JobDone", "job-done" -> "job_done".
std::string snake_case(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z', word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if ((upper || !word) && !out.empty() && out.back() != '_') out += '_';
    if (upper) out += static_cast<char>(c + 32);
    if (word) out += c;
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return is_event_name(out) ? out : "something_happened";
}

bool is_event_kind(std::string_view kind) {
  return kind.find(':') != std::string_view::npos && is_event_name(event_name_of(kind));
}

void check_event_name(Context& context, const std::string& kind, const std::string& pointer, std::string_view prefix) {
  if (is_event_kind(kind)) return;
  const bool has_colon = kind.find(':') != std::string::npos;
  const std::string why = has_colon ? "the part behind the colon is not snake_case" : "it has no colon";
  context.report.at("LF1011", pointer, shown(json::Value(kind)) + " is no event kind: " + why,
                    "write '" + std::string(prefix) + ":" + snake_case(event_name_of(kind)) + "'");
}

bool belongs_to_kernel(std::string_view kind) {
  return event::find_kernel_kind(kind) != nullptr || kind.starts_with("kernel:");
}

void check_emitted(Context& context, const std::string& kind, const std::string& pointer) {
  if (belongs_to_kernel(kind))
    return context.report.at("LF1015", pointer, "'" + kind + "' belongs to the kernel",
                             "packs may subscribe to it, not emit it");
  const std::string& slug = context.manifest.slug;
  const bool has_colon = kind.find(':') != std::string::npos;
  if (has_colon && !slug.empty() && prefix_of(kind) != slug)
    context.report.at("LF1010", pointer,
                      "Pack slug prefix mismatch: " + shown(json::Value(kind)) + " does not begin with '" + slug + ":'",
                      "write '" + slug + ":" + snake_case(event_name_of(kind)) + "'");
  check_event_name(context, kind, pointer, slug.empty() ? "slug" : slug);
}

// The kernel's kind without a colon that was meant; empty when there is none, or the kind has a colon.
std::string nearest_flat_kind(std::string_view kind) {
  std::vector<std::string_view> flat;
  for (const event::KernelKind& known : event::kernel_kinds())
    if (known.kind.find(':') == std::string_view::npos) flat.push_back(known.kind);
  return kind.find(':') == std::string_view::npos ? nearest(kind, flat).value_or("") : "";
}

void check_subscribed(Context& context, const std::string& kind, const std::string& pointer) {
  if (event::find_kernel_kind(kind) != nullptr) return;
  if (const std::string meant = nearest_flat_kind(kind); !meant.empty())
    return context.report.at("LF1011", pointer, shown(json::Value(kind)) + " is no event kind: it has no colon",
                             "did you mean '" + meant + "'?");
  check_event_name(context, kind, pointer, kind.find(':') == std::string::npos ? "slug" : prefix_of(kind));
  if (kind.find(':') != std::string::npos && !is_slug(prefix_of(kind)))
    context.report.at("LF1011", pointer,
                      shown(json::Value(kind)) + " is no event kind: the part before the colon is no pack slug");
}

template <class Check>
std::vector<std::string> read_kinds(Context& context, std::string_view key, Check check) {
  std::vector<std::string> out;
  const json::Array* list = context.root.list(key);
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const std::string pointer = child_pointer(context.root.pointer_to(key), i);
    const std::string* kind = (*list)[i].if_string();
    if (kind == nullptr) {
      context.report.wrong_type(pointer, "a string", (*list)[i]);
    } else if (std::ranges::find(out, *kind) != out.end()) {
      context.report.at("LF1012", pointer, shown(json::Value(*kind)) + " is listed twice in " + std::string(key),
                        "remove one of the two");
    } else {
      check(context, *kind, pointer);
      out.push_back(*kind);
    }
  }
  return out;
}

bool emits(const Manifest& manifest, std::string_view kind) {
  return std::ranges::find(manifest.emitted_event_kinds, kind) != manifest.emitted_event_kinds.end();
}

std::string did_you_mean(std::string_view kind, const std::vector<std::string>& kinds) {
  const std::vector<std::string_view> candidates(kinds.begin(), kinds.end());
  const auto meant = nearest(kind, candidates);
  return meant ? "did you mean '" + *meant + "'?" : "";
}

void check_fixed_class(Context& context, const std::string& kind, EventClass event_class, const std::string& pointer) {
  const auto fixed = fixed_class(kind);
  if (!fixed || *fixed == event_class || event::find_kernel_kind(kind) != nullptr) return;
  context.report.at("LF1017", pointer, "'" + kind + "' must be " + std::string(event::name(*fixed)),
                    "write '" + kind + ": " + std::string(event::name(*fixed)) + "'");
}

void read_class(Context& context, const std::string& kind, const json::Value& value, const std::string& pointer) {
  const std::string* word = value.if_string();
  if (word == nullptr) return context.report.wrong_type(pointer, "a string", value);
  const auto found = std::ranges::find(kClasses, *word);
  if (found == std::end(kClasses)) return context.report.not_one_of("LF1013", pointer, *word, kClasses);
  const auto event_class = static_cast<EventClass>(found - std::begin(kClasses));
  context.manifest.backpressure_policy.emplace(kind, event_class);
  if (emits(context.manifest, kind)) check_fixed_class(context, kind, event_class, pointer);
}

void read_backpressure(Context& context) {
  Manifest& manifest = context.manifest;
  const json::Object* policies = context.root.map("backpressure_policy");
  static const json::Object kNone;
  if (policies == nullptr) policies = &kNone;
  for (const json::Member& member : *policies) {
    const std::string pointer = child_pointer(context.root.pointer_to("backpressure_policy"), member.key);
    if (!emits(manifest, member.key))
      context.report.at_key("LF1014", pointer,
                            shown(json::Value(member.key)) + " has a backpressure policy but is not emitted",
                            did_you_mean(member.key, manifest.emitted_event_kinds));
    read_class(context, member.key, member.value, pointer);
  }
  for (std::size_t i = 0; i < manifest.emitted_event_kinds.size(); ++i) {
    const std::string& kind = manifest.emitted_event_kinds[i];
    // What no pack can emit, or nobody could name, is to go: to ask for its class as well would mislead.
    if (policies->contains(kind) || belongs_to_kernel(kind) || !is_event_kind(kind)) continue;
    context.report.at("LF1013", child_pointer(context.root.pointer_to("emitted_event_kinds"), i),
                      "Missing backpressure_policy entry for " + shown(json::Value(kind)),
                      "add '" + kind + ": ephemeral' or '" + kind + ": queue' to backpressure_policy");
  }
}

void read_event_schemas(Context& context) {
  const json::Object* schemas = context.root.map("event_schemas");
  if (schemas == nullptr) return;
  for (const json::Member& member : *schemas) {
    const std::string pointer = child_pointer(context.root.pointer_to("event_schemas"), member.key);
    if (!emits(context.manifest, member.key))
      context.report.at_key(context.report.codes().bad, pointer,
                            shown(json::Value(member.key)) + " has a schema but is not emitted",
                            did_you_mean(member.key, context.manifest.emitted_event_kinds));
    if (auto schema = read_schema(context, member.value, pointer, true))
      context.manifest.event_schemas.emplace(member.key, std::move(schema->schema));
  }
}

void read_approvals(Context& context) {
  Manifest& manifest = context.manifest;
  manifest.required_approvals = context.root.texts("required_approvals");
  for (std::size_t i = 0; i < manifest.required_approvals.size(); ++i) {
    const std::string& surface = manifest.required_approvals[i];
    if (is_surface_id(surface) && (manifest.slug.empty() || prefix_of(surface) == manifest.slug)) continue;
    context.report.bad(
        child_pointer(context.root.pointer_to("required_approvals"), i),
        shown(json::Value(surface)) + " is no approval surface of this pack",
        "write '" + (manifest.slug.empty() ? std::string("<slug>") : manifest.slug) + ":<name>' in lower case");
  }
}

void read_handler_approvals(Context& context) {
  const json::Object* approvals = context.root.map("handler_approvals");
  if (approvals == nullptr) return;
  const auto& subscribed = context.manifest.subscribed_event_kinds;
  const auto& declared = context.manifest.required_approvals;
  for (const json::Member& member : *approvals) {
    const std::string pointer = child_pointer(context.root.pointer_to("handler_approvals"), member.key);
    if (std::ranges::find(subscribed, member.key) == subscribed.end())
      context.report.at_key(context.report.codes().bad, pointer,
                            shown(json::Value(member.key)) + " is not in subscribed_event_kinds",
                            did_you_mean(member.key, subscribed));
    const std::string* surface = member.value.if_string();
    if (surface == nullptr) {
      context.report.wrong_type(pointer, "a string", member.value);
    } else if (std::ranges::find(declared, *surface) == declared.end()) {
      context.report.at("LF1025", pointer,
                        "the handler asks for the approval " + shown(member.value) + ", which the pack does not list",
                        "add it to the pack's required_approvals");
    } else {
      context.manifest.handler_approvals.emplace(member.key, *surface);
    }
  }
}

}  // namespace

void read_events(Context& context) {
  context.manifest.emitted_event_kinds = read_kinds(context, "emitted_event_kinds", check_emitted);
  context.manifest.subscribed_event_kinds = read_kinds(context, "subscribed_event_kinds", check_subscribed);
  read_backpressure(context);
  read_event_schemas(context);
  read_approvals(context);
  read_handler_approvals(context);
}

}  // namespace lumenflow::pack::manifest_parts
