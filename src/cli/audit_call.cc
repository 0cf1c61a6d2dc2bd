#include "cli/audit_call.h"

#include <ostream>

#include "cli/output.h"
#include "journal/entry.h"

namespace lumenflow::cli {
namespace {

constexpr std::string_view kReceiptPrefix = "rcpt-";
constexpr int kEntriesPerPage = 1000;
constexpr int kLastStageBeforeIt = 8;  // of those that a tool's start comes after

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

std::string refusal_of_recorded(Session& session, const std::string& receipt) {
  const Result<json::Value> call = session.get("/calls/" + encode_path_segment(receipt));
  const json::Value* finished = call.ok() ? call->find("finished") : nullptr;
  if (finished == nullptr || json::string_or(*finished, "outcome", "") == "success" ||
      json::integer_or(*finished, "stage", kLastStageBeforeIt + 1) > kLastStageBeforeIt)
    return {};
  const json::Value* message = call->at_pointer("/result/error/message");
  return (message == nullptr ? std::string("the call was refused") : cell(message)) + " [" +
         cell(finished->find("code")) + "]";
}

}  // namespace lumenflow::cli
