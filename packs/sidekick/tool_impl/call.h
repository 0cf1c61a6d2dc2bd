// One call as a tool's implementation sees it, and how what it returns becomes the tool's result.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "lumenflow/pack.h"
#include "sidekick/storage/storage_port.h"
#include "sidekick/tool_impl/input.h"

namespace lumenflow::sidekick {

struct Call {
  pack::ToolContext& context;
  StoragePort& storage;
  Input input;
};

// An Error becomes the tool's refusal of the same code; a ToolResult passes as it is, for codes of the pack's own.
using Answer = Result<pack::ToolResult>;

Answer answer(json::Object data);
// `{<name>: value}`, and `dry_run: true` when nothing was changed.
Answer answer_record(std::string_view name, json::Value value, bool dry_run);
// A refusal with a code of the pack's own.
Answer refusal(std::string_view code, std::string message, json::Value details = {});

// Error details become `[{pointer, reason}]`.
pack::ToolResult to_tool_result(Answer answer);

// What a write tool changed.
struct Written {
  Collection collection;
  AuditOp op;
  std::string id;
};

// Runs `change` and records the call in the audit trail: both or neither.
Status commit(Call& call, Written written, const StoragePort::Edit& change);

// The audit record of this call, for tools that write elsewhere than in one collection.
AuditEvent audit_event(pack::ToolContext& context, AuditOp op);

}  // namespace lumenflow::sidekick
