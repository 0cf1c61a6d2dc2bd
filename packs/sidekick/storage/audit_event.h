// One line of the pack's audit trail: which write tool did what, for whom.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lumenflow/json.h"

namespace lumenflow::sidekick {

enum class AuditOp : std::uint8_t { kCreate, kUpdate, kDelete };

struct AuditEvent {
  std::string id;  // `evt-<ULID>`
  std::string ts;  // RFC 3339
  std::string tool;
  AuditOp op = AuditOp::kCreate;
  std::string actor;             // the call's subject
  std::string receipt_id;        // of the call in the journal
  std::vector<std::string> ids;  // of the records it touched
  json::Object details;
};

// The line as it is stored.
json::Value to_json(AuditEvent event);

}  // namespace lumenflow::sidekick
