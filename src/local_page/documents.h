// What the sidecar says, as a conductor would say it. Pure functions of documents.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "lumenflow/json.h"

namespace lumenflow::local_page {

// Of GET /events: each with its journal's id.
json::Value event_page(const json::Value& page, const std::string& log_id);
// Of GET /audit.
json::Value audit_page(const json::Value& page);
// Of GET /approvals: those that wait.
json::Value approval_page(const json::Value& page, const std::string& workspace);
// Of GET /audit/head.
json::Value own_head(const json::Value& head);
// Of GET /audit/head too; `now`: it is heard, as it answers.
json::Value workspace_document(const json::Value& head, const std::string& workspace, Timestamp started, Timestamp now);
// Of a call's Result, and the status that it came with.
json::Value outcome(json::Value result, int status);
// Of GET /calls/{receipt_id}.
json::Value command_of_call(const json::Value& call, const std::string& workspace, Timestamp now);
// Of a call that goes on, or has ended as it was asked to.
json::Value queued(const std::string& receipt, std::string_view state, Timestamp now);

std::string receipt_of(const json::Value& result);

}  // namespace lumenflow::local_page
