// The kernel's own kinds as one table, members written as in the reference: "reason?" is optional.
#include <algorithm>
#include <array>
#include <vector>

#include "event/event.h"

namespace lumenflow::event {
namespace {

constexpr int kFlat = 1, kPrefixed = 2;
constexpr bool kEmitted = false, kInbound = true;

struct Row {
  std::string_view kind;
  int schema_version;
  EventClass event_class;
  bool inbound;
  std::string_view members;  // of the payload
};

// In byte order of the kind, because it is searched by halves.
constexpr auto kRows = std::to_array<Row>({
    {"agent-runtime:tool_called", kPrefixed, EventClass::kEphemeral, kEmitted,
     "receipt_id tool_name envelope_hash outcome code? duration_ms turn_id?"},
    {"checkpoint", kFlat, EventClass::kEphemeral, kEmitted, "task_id run_id? note progress?"},
    {"conductor:approval_resolved", kPrefixed, EventClass::kQueue, kInbound,
     "approval_id decision decided_by reason? signature"},
    {"conductor:command_cancelled", kPrefixed, EventClass::kQueue, kInbound, "command_id reason"},
    {"conductor:device_requested", kPrefixed, EventClass::kQueue, kInbound, "device_id name? public_key?"},
    {"conductor:device_revoked", kPrefixed, EventClass::kQueue, kInbound, "device_id name? public_key?"},
    {"conductor:recovery_confirmed", kPrefixed, EventClass::kQueue, kInbound, "recovery_id decided_by signature"},
    {"conductor:recovery_requested", kPrefixed, EventClass::kQueue, kInbound,
     "target_pack target_id turn_id? reason requested_by"},
    {"conductor:stop_requested", kPrefixed, EventClass::kQueue, kInbound, "target resume? signature?"},
    {"conductor:tool_requested", kPrefixed, EventClass::kQueue, kInbound, "tool input idempotency_key?"},
    {"run_failed", kFlat, EventClass::kEphemeral, kEmitted, "task_id run_id reason evidence_refs?"},
    {"run_paused", kFlat, EventClass::kEphemeral, kEmitted, "task_id run_id reason"},
    {"run_started", kFlat, EventClass::kEphemeral, kEmitted, "task_id run_id by session_id"},
    {"run_succeeded", kFlat, EventClass::kEphemeral, kEmitted, "task_id run_id evidence_refs?"},
    {"sidekick:approval_requested", kPrefixed, EventClass::kQueue, kEmitted,
     "approval_id receipt_id surface tool_name call_digest preview requested_by expires_at"},
    {"sidekick:command_received", kPrefixed, EventClass::kQueue, kInbound, "sidekick_channel sender text tool? input?"},
    {"spec_tampered", kFlat, EventClass::kQueue, kEmitted, "spec id expected_hash actual_hash"},
    {"task_blocked", kFlat, EventClass::kQueue, kEmitted, "task_id reason"},
    {"task_claimed", kFlat, EventClass::kQueue, kEmitted, "task_id by session_id domain_data?"},
    {"task_completed", kFlat, EventClass::kQueue, kEmitted, "task_id evidence_refs?"},
    {"task_created", kFlat, EventClass::kQueue, kEmitted, "task_id spec_hash"},
    {"task_delegated", kFlat, EventClass::kQueue, kEmitted, "task_id parent_task_id delegation_id"},
    {"task_released", kFlat, EventClass::kQueue, kEmitted, "task_id reason"},
    {"task_resumed", kFlat, EventClass::kQueue, kEmitted, "task_id"},
    {"task_unblocked", kFlat, EventClass::kQueue, kEmitted, "task_id"},
    {"task_waiting", kFlat, EventClass::kQueue, kEmitted, "task_id reason wait_for?"},
    {"workspace_updated", kFlat, EventClass::kEphemeral, kEmitted, "config_hash changes_summary"},
    {"workspace_warning", kFlat, EventClass::kEphemeral, kEmitted, "message"},
});

struct Members {
  std::array<std::string_view, 8> required, optional;
  std::size_t required_size = 0, optional_size = 0;
};

constexpr Members split(std::string_view text) {
  Members members;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    std::string_view name = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (name.back() == '?') {
      name.remove_suffix(1);
      members.optional[members.optional_size++] = name;
    } else {
      members.required[members.required_size++] = name;
    }
  }
  return members;
}

constexpr auto kMembers = [] {
  std::array<Members, kRows.size()> out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = split(kRows[i].members);
  return out;
}();

constexpr auto kKinds = [] {
  std::array<KernelKind, kRows.size()> out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    const Row& row = kRows[i];
    const Members& members = kMembers[i];
    out[i] = {row.kind,
              row.schema_version,
              row.event_class,
              row.inbound,
              std::span(members.required.data(), members.required_size),
              std::span(members.optional.data(), members.optional_size)};
  }
  return out;
}();

constexpr bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What the envelope itself uses; a flat member of the same name would be lost.
constexpr auto kEnvelopeMembers =
    std::to_array<std::string_view>({"channel", "emitted_at", "event_id", "from", "kind", "on_behalf_of", "payload",
                                     "queue_seq", "schema_version", "seq", "timestamp", "trace"});

constexpr bool no_flat_member_hides_the_envelope() {
  for (const KernelKind& kind : kKinds)
    for (const std::string_view name : kEnvelopeMembers)
      if (kind.schema_version == kFlat && (contains(kind.required, name) || contains(kind.optional, name)))
        return false;
  return true;
}

static_assert(std::ranges::is_sorted(kRows, {}, &Row::kind));
static_assert(no_flat_member_hides_the_envelope());

constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_lower_or_digit(char c) { return is_lower(c) || (c >= '0' && c <= '9'); }

}  // namespace

std::string_view name(EventClass event_class) { return event_class == EventClass::kQueue ? "queue" : "ephemeral"; }

// ^[a-z][a-z0-9-]*:[a-z][a-z0-9]*(_[a-z0-9]+)*$
bool is_well_formed_kind(std::string_view kind) {
  const std::size_t colon = kind.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view slug = kind.substr(0, colon), event_name = kind.substr(colon + 1);
  if (slug.empty() || !is_lower(slug[0]) || event_name.empty() || !is_lower(event_name[0]) || event_name.back() == '_')
    return false;
  for (const char c : slug)
    if (!is_lower_or_digit(c) && c != '-') return false;
  for (std::size_t i = 0; i < event_name.size(); ++i)
    if (!is_lower_or_digit(event_name[i]) && (event_name[i] != '_' || event_name[i - 1] == '_')) return false;
  return true;
}

bool is_flat_kernel_kind(std::string_view kind) {
  const KernelKind* found = find_kernel_kind(kind);
  return found != nullptr && found->schema_version == kFlat;
}

std::span<const KernelKind> kernel_kinds() { return kKinds; }

const KernelKind* find_kernel_kind(std::string_view kind) {
  const auto found = std::ranges::lower_bound(kKinds, kind, {}, &KernelKind::kind);
  return found != kKinds.end() && found->kind == kind ? &*found : nullptr;
}

Status validate_kernel_payload(std::string_view kind, const json::Value& payload) {
  const KernelKind* found = find_kernel_kind(kind);
  if (found == nullptr)
    return Error(ErrorCode::kUnknownKind, "the kernel has no event kind '" + std::string(kind) + "'");
  const json::Object* object = payload.if_object();
  if (object == nullptr)
    return Error(ErrorCode::kInvalidPayload, "the payload of " + std::string(kind) + " must be a JSON object",
                 {{"", "must be an object"}});

  std::vector<ErrorDetail> faults;
  for (const std::string_view member : found->required)
    if (!object->contains(member)) faults.push_back({"", "needs the member '" + std::string(member) + "'"});
  for (const json::Member& member : *object)
    if (!contains(found->required, member.key) && !contains(found->optional, member.key))
      faults.push_back({"/" + json::escape_pointer_token(member.key), "is no member of this kind"});
  if (faults.empty()) return {};
  std::string message = "the payload of " + std::string(kind) + " is wrong: ";
  for (const ErrorDetail& fault : faults) {
    if (&fault != &faults.front()) message += "; ";
    message += fault.pointer.empty() ? fault.reason : fault.pointer + " " + fault.reason;
  }
  return Error(ErrorCode::kInvalidPayload, std::move(message), std::move(faults));
}

}  // namespace lumenflow::event
