#include "kernel/testing/approval_world.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "base/encoding.h"
#include "journal/tables.h"
#include "kernel/approval_tools.h"

namespace lumenflow::kernel {

using json::Object;

const P256KeyPair& operator_key() {
  static const P256KeyPair key = *generate_p256();
  return key;
}

ApprovalWorld::ApprovalWorld() {
  static const std::vector<KernelTool> tools = *make_approval_tools();
  kernel_tools = tools;
  operator_public_pem = operator_key().public_pem;
  config.approval_providers = Object{{"*", provider("console")}};
  credential.token_id = "token-1";
}

json::Value ApprovalWorld::provider(const char* kind, std::int64_t approvals, std::chrono::hours expires) {
  return Object{{"provider", kind},
                {"approvals", approvals},
                {"expires_ms", std::chrono::duration_cast<std::chrono::milliseconds>(expires).count()}};
}

void ApprovalWorld::ask_for(const char* tool, json::Value when_input) {
  Object when{{"tool", tool}};
  if (!when_input.as_object().empty()) when.set("input", std::move(when_input));
  config.policies = json::Array{Object{
      {"id", "ask"}, {"trigger", "on_tool_request"}, {"decision", "approval_required"}, {"when", std::move(when)}}};
}

std::string ApprovalWorld::parked(const std::string& tool, json::Value input, const std::string& key) {
  const CallResult result = call(tool, std::move(input), key);
  EXPECT_TRUE(result.code && *result.code == ErrorCode::kApprovalRequired) << result.body;
  return std::string(json::string_or(*json::parse(result.body), "approval_id", ""));
}

journal::ParkedCall ApprovalWorld::record(const std::string& approval_id) const {
  const auto found = journal::find_parked(*log->snapshot().value(), *journal::receipt_of_approval(approval_id));
  EXPECT_TRUE(found.ok() && *found);
  return **found;
}

json::Value ApprovalWorld::decision(const std::string& approval_id, bool approve, const std::string& by,
                                    const P256KeyPair& key, const std::string& reason) const {
  const journal::ApprovalDecision said{approve, by, reason, clock.now(), {}};
  const std::string statement = journal::approval_statement(record(approval_id), said);
  return Object{{"approval_id", approval_id},
                {"reason", reason},
                {"decided_at", format_rfc3339(said.decided_at)},
                {"signature", to_base64url(*p256_sign(statement, key.private_pem))}};
}

CallResult ApprovalWorld::decide(bool approve, json::Value input, const std::string& by) {
  const Credential asker = std::exchange(credential, Credential{});
  const Surface asked_on = std::exchange(surface, Surface::kSocket);
  credential.subject = Subject(by);
  CallResult result = call(approve ? "kernel:approve" : "kernel:deny", std::move(input));
  credential = asker;
  surface = asked_on;
  return result;
}

void ApprovalWorld::restore(const std::string& log_id) {
  crash();
  std::unique_ptr<log::Log> copy = log::make_memory_log(log_id);
  for (log::StoredRow& row : rows()) {
    log::Row again;
    again.entries = std::move(row.entries);
    again.body = std::move(row.body);
    ASSERT_TRUE(copy->append(std::move(again)).ok());
  }
  for (const std::string& table : journal::journal_tables()) {
    const auto all = log->tables().scan(table, "", "", 1'000'000);
    ASSERT_TRUE(all.ok());
    for (const log::KeyValue& item : *all) ASSERT_TRUE(copy->put(table, item.key, item.value).ok());
  }
  ASSERT_TRUE(copy->commit().ok());
  log = log::make_faulty_log(std::move(copy), faults);
}

std::string ApprovalWorld::end_of(const std::string& approval_id) const {
  std::string end = "open";
  for (const json::Value& entry : entries_of(*journal::receipt_of_approval(approval_id)))
    if (journal::type_of(entry) == "call.finished")
      end = std::string(json::string_or(entry, "outcome", "")) + " " +
            std::string(json::string_or(entry, "code", "-")) + " " +
            std::to_string(json::integer_or(entry, "stage", 0));
  return end;
}

std::string error_of(const CallResult& result) {
  const json::Value body = *json::parse(result.body);
  const json::Value* error = body.find("error");
  return error == nullptr ? "none" : std::string(json::string_or(*error, "code", ""));
}

}  // namespace lumenflow::kernel
