// The kinds that are known by name, from the table that schemas/events/ is compiled into; their payloads' validators.
#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <vector>

#include "base/check.h"
#include "event/event.h"
#include "event/kinds_table.h"
#include "json/schema.h"

namespace lumenflow::event {
namespace {

static_assert(std::ranges::is_sorted(kKernelKinds, {}, &KnownKind::kind));
static_assert(std::ranges::is_sorted(kFirstPartyKinds, {}, &KnownKind::kind));

const KnownKind* find_in(std::span<const KnownKind> kinds, std::string_view kind) {
  const auto found = std::ranges::lower_bound(kinds, kind, {}, &KnownKind::kind);
  return found != kinds.end() && found->kind == kind ? &*found : nullptr;
}

// Compiled when a kind is first used, once: most processes use a few of them.
const json::Schema& validator_of(const KnownKind& kind) {
  struct Slot {
    std::once_flag once;
    std::optional<json::Schema> schema;
  };
  static std::array<Slot, kKernelKinds.size()> slots;
  Slot& slot = slots[static_cast<std::size_t>(&kind - kKernelKinds.data())];
  std::call_once(slot.once, [&] {
    json::SchemaOptions options;
    options.assert_format = true;
    Result<json::Schema> compiled = json::Schema::compile(*json::parse(kind.payload_schema), options);
    LUMENFLOW_CHECK(compiled.ok());
    slot.schema.emplace(*std::move(compiled));
  });
  return *slot.schema;
}

}  // namespace

std::string_view name(EventClass event_class) { return event_class == EventClass::kQueue ? "queue" : "ephemeral"; }

bool is_flat_kernel_kind(std::string_view kind) {
  const KnownKind* found = find_kernel_kind(kind);
  return found != nullptr && found->schema_version == 1;
}

std::span<const KnownKind> kernel_kinds() { return kKernelKinds; }
std::span<const KnownKind> first_party_kinds() { return kFirstPartyKinds; }

const KnownKind* find_kernel_kind(std::string_view kind) { return find_in(kKernelKinds, kind); }
const KnownKind* find_first_party_kind(std::string_view kind) { return find_in(kFirstPartyKinds, kind); }

Status validate_kernel_payload(std::string_view kind, const json::Value& payload) {
  const KnownKind* found = find_kernel_kind(kind);
  if (found == nullptr)
    return Error(ErrorCode::kUnknownKind, "the kernel has no event kind '" + std::string(kind) + "'");
  const json::Schema& schema = validator_of(*found);
  if (schema.accepts(payload)) return {};
  std::vector<ErrorDetail> faults = schema.validate(payload);
  std::string message = "the payload of " + std::string(kind) + " is wrong: ";
  for (const ErrorDetail& fault : faults) {
    if (&fault != &faults.front()) message += "; ";
    message += fault.pointer.empty() ? fault.reason : fault.pointer + " " + fault.reason;
  }
  return Error(ErrorCode::kInvalidPayload, std::move(message), std::move(faults));
}

}  // namespace lumenflow::event
