#include "cli/audit_call.h"

#include <ostream>

#include "cli/output.h"
#include "journal/entry.h"

namespace lumenflow::cli {
namespace {

constexpr std::string_view kReceiptPrefix = "rcpt-";
constexpr int kEntriesPerPage = 1000;
constexpr int kLastStageBeforeIt = 8;  // of those that a tool's start comes after
constexpr const char* kWaitAtOnce = "30s";

Result<json::Array> entries_of(Session& session, const std::string& receipt) {
  json::Array entries;
  for (std::int64_t after = 0;;) {
    LUMENFLOW_TRY_ASSIGN(const json::Value page,
                         session.get("/audit?receipt_id=" + encode_path_segment(receipt) +
                                     "&after=" + std::to_string(after) + "&limit=" + std::to_string(kEntriesPerPage)));
    const json::Value* items = page.find("items");
    if (items == nullptr || !items->is_array()) return Error(ErrorCode::kInternal, "GET /audit answered without items");
    entries.insert(entries.end(), items->as_array().begin(), items->as_array().end());
    const json::Value* next = page.find("next");
    if (next == nullptr || next->is_null()) return entries;
    after = next->as_integer();
  }
}

// The call, its entries and what it left behind.
Result<json::Value> recorded_call(Session& session, const std::string& receipt) {
  LUMENFLOW_TRY_ASSIGN(json::Value call, session.get("/calls/" + encode_path_segment(receipt)));
  LUMENFLOW_TRY_ASSIGN(json::Array entries, entries_of(session, receipt));
  json::Object& document = call.as_object();
  document.set("entries", std::move(entries));
  const std::string recovery_id = "rec-" + receipt.substr(kReceiptPrefix.size());
  if (const auto recovery = session.get("/recoveries/" + encode_path_segment(recovery_id)); recovery.ok())
    document.set("recovery", *recovery);
  return call;
}

void print_call(const Context& context, const json::Value& call) {
  const auto line = [&](std::string_view what, const json::Value* value) {
    if (value != nullptr) context.out << what << std::string(12 - what.size(), ' ') << cell(value) << "\n";
  };
  const auto block = [&](std::string_view what, const json::Value* value) {
    if (value == nullptr) return;
    context.out << what << ":\n";
    print_lines(context.out, json::serialize_pretty(*value) + "\n");
  };
  line("receipt", call.find("receipt_id"));
  line("tool", call.find("tool"));
  line("subject", call.find("subject"));
  line("outcome", call.find("status"));
  for (const char* key : {"code", "stage", "decided_by", "policy"})
    line(key, call.at_pointer("/finished/" + std::string(key)));
  line("recovery", call.at_pointer("/recovery/recovery_id"));
  line("cleanup", call.at_pointer("/recovery/cleanup_status"));
  block("input", call.find("input"));
  block("result", call.find("result"));
  std::vector<std::vector<std::string>> rows;
  for (const json::Value& item : call.find("entries")->as_array()) {
    const json::Value* entry = item.find("entry");
    if (entry == nullptr) continue;
    rows.push_back({cell(item.find("position")), cell(entry->find("ts")), std::string(journal::type_of(*entry))});
  }
  print_table(context.out, {"POSITION", "TIME", "TYPE"}, rows);
}

}  // namespace

int show_recorded_call(Context& context, const AuditFlags& flags) {
  const auto session = Session::open(context);
  if (!session.ok()) return fail(context, session.error());
  const Result<json::Value> call = recorded_call(**session, flags.what);
  if (!call.ok()) return fail(context, call.error());
  const bool as_json = flags.json || flags.format == "json";
  if (!flags.out.empty()) {
    const Status written = context.files.write_atomic(flags.out, json::serialize_pretty(*call) + "\n");
    return written.ok() ? 0 : fail(context, written.error());
  }
  as_json ? void(context.out << json::serialize_pretty(*call) << "\n") : print_call(context, *call);
  return 0;
}

int await_recorded_call(const Context& context, Session& session, const std::string& receipt, json::Value* call) {
  Result<json::Value> shown = json::Value();
  std::string status;
  do {
    shown = session.get("/calls/" + encode_path_segment(receipt) + "?wait=" + kWaitAtOnce);
    if (!shown.ok()) return fail(context, shown.error());
    status = json::string_or(*shown, "status", "");
  } while (status == "running");
  if (call != nullptr) *call = *shown;
  const std::string tool = cell(shown->find("tool"));
  if (status == "pending_approval") {
    context.err << tool << " waits for an approval of its own; `lumenflow approvals list` shows it\n";
    return 0;
  }
  if (status == "success") {
    context.err << tool << ": success, receipt " << receipt << "\n";
    if (const json::Value* data = shown->at_pointer("/result/data"); data != nullptr && call == nullptr)
      print_lines(context.out, json::serialize_pretty(*data) + "\n");
    return 0;
  }
  const json::Value* finished = shown->find("finished");
  const std::string code(finished == nullptr ? "" : json::string_or(*finished, "code", ""));
  const bool refused =
      finished != nullptr && json::integer_or(*finished, "stage", kLastStageBeforeIt + 1) <= kLastStageBeforeIt;
  const json::Value* message = shown->at_pointer("/result/error/message");
  context.err << "lumenflow: " << tool << (refused ? " is refused all the same: " : " failed: ")
              << printable(message == nullptr ? status : cell(message)) << " [" << code << "]\n";
  if (const json::Value* id = shown->at_pointer("/result/error/details/recovery_id"))
    context.err << "  `lumenflow recover show " << cell(id) << "`\n";
  context.err << "  `lumenflow audit show " << receipt << "` says all of it\n";
  const auto known = error_code_from_name(code);
  return known ? info(*known).exit_code : 1;
}

}  // namespace lumenflow::cli
