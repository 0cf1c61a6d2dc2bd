#include "sidekick/tool_impl/call.h"

#include "sidekick/constants.h"
#include "sidekick/tool_impl/time.h"

namespace lumenflow::sidekick {
namespace {

json::Value details_of(const Error& error) {
  if (error.details().empty()) return nullptr;
  json::Array details;
  details.reserve(error.details().size());
  for (const ErrorDetail& detail : error.details())
    details.emplace_back(json::Object{{"pointer", detail.pointer}, {"reason", detail.reason}});
  return details;
}

}  // namespace

Answer answer(json::Object data) { return pack::ToolResult(pack::ToolOutput{json::Value(std::move(data)), {}}); }

Answer answer_record(std::string_view name, json::Value value, bool dry_run) {
  json::Object data;
  data.reserve(2);
  data.append(std::string(name), std::move(value));
  if (dry_run) data.append("dry_run", true);
  return answer(std::move(data));
}

Answer refusal(std::string_view code, std::string message, json::Value details) {
  return pack::ToolResult(pack::ToolError{std::string(code), std::move(message), std::move(details)});
}

pack::ToolResult to_tool_result(Answer answer) {
  if (answer.ok()) return *std::move(answer);
  const Error& error = answer.error();
  return pack::ToolError{std::string(name(error.code())), error.message(), details_of(error)};
}

AuditEvent audit_event(pack::ToolContext& context, AuditOp op) {
  AuditEvent event;
  event.id = std::string(kAuditIdPrefix) + context.new_ulid();
  event.ts = format_time(context.now_ms());
  event.tool = context.tool();
  event.op = op;
  event.actor = context.subject();
  event.receipt_id = context.receipt_id();
  return event;
}

Status commit(Call& call, Written written, const StoragePort::Edit& change) {
  return call.storage.transaction({written.collection}, [&](Transaction& transaction) -> Status {
    LUMENFLOW_TRY(change(transaction.edit(written.collection)));
    AuditEvent event = audit_event(call.context, written.op);
    event.ids.push_back(std::move(written.id));
    return transaction.append_audit(std::move(event));
  });
}

}  // namespace lumenflow::sidekick
