#include "operator.h"

#include <utility>
#include <vector>

#include "base/encoding.h"
#include "conductor/authenticator.h"
#include "conductor/tables.h"

namespace lumenflow::sim {

Status Operator::sign_in(conductor::Store& store, Timestamp now) {
  cookie_ = "simulated-session";
  csrf_ = conductor::csrf_of(cookie_);
  const json::Object operator_of{{"name", "ana"}, {"role", "admin"}};
  const json::Object session{{"operator", "ana"},
                             {"credential", conductor::credential_of(json::serialize(json::Value(operator_of)))},
                             {"expires_ms", (now + conductor::kSessionLife).ms}};
  const std::vector<conductor::RecordChange> changes{
      {conductor::kOperatorsTable, "ana", 0, json::serialize(operator_of)},
      {conductor::kSessionsTable, conductor::session_key(cookie_), 0, json::serialize(session)}};
  return store.records->apply(changes);
}

void Operator::ask(const std::string& workspace, std::string_view tool, std::int64_t n) {
  asked_[n] = {workspace, std::string(tool), n, {}, 0};
  send(n);
}

void Operator::ask_again(std::int64_t n) { send(n); }

http::ClientRequest Operator::request(http::Method method, std::string path) const {
  http::ClientRequest request;
  request.method = method;
  request.path = std::move(path);
  request.headers = {{"Cookie", std::string(conductor::kCookie) + "=" + cookie_}, {"X-CSRF-Token", csrf_}};
  return request;
}

void Operator::take_back(std::int64_t n) {
  AskedCommand& command = asked_.at(n);
  if (command.command_id.empty()) return;
  command.taken_back = true;
  network_.ask("operator", kWorld,
               request(http::Method::kDelete,
                       "/v2/workspaces/" + command.workspace + "/commands/" + command.command_id + "?reason=simulated"),
               std::chrono::seconds(10), [](const Result<http::ClientResponse>&) {});
}

void Operator::revoke(Phone& phone) {
  revoking_[phone.subject()] = &phone;
  phone.is_to_be_revoked();
  network_.ask("operator", kWorld,
               request(http::Method::kDelete, "/v2/devices/" + phone.workspace() + "/" + phone.id()),
               std::chrono::seconds(10), [this, &phone](const Result<http::ClientResponse>& response) {
                 if (!response.ok() || response->status != 200) return;
                 phone.revoked();
                 revoking_.erase(phone.subject());
               });
}

std::uint64_t Operator::done(const conductor::Store& store) const {
  std::uint64_t count = 0;
  for (const auto& [n, command] : asked_) {
    const auto text = store.log->tables().get(conductor::kCommand, command.command_id);
    count += text.ok() && *text && json::string_or(*json::parse(**text), "state", "") == "done";
  }
  return count;
}

std::string Operator::unrest() const {
  for (const auto& [n, command] : asked_)
    if (command.command_id.empty()) return "command " + std::to_string(n) + " is not taken";
  return revoking_.empty() ? std::string() : revoking_.begin()->first + " is not revoked";
}

void Operator::ask_all_again() {
  const std::map<std::string, Phone*> revoking = revoking_;
  for (const auto& [subject, phone] : revoking) revoke(*phone);
  for (const auto& [n, command] : asked_)
    if (command.command_id.empty() && command.unanswered == 0) send(n);
}

void Operator::send(std::int64_t n) {
  AskedCommand& command = asked_.at(n);
  ++command.unanswered;
  http::ClientRequest request = this->request(http::Method::kPost, "");
  const std::string key = "ask-" + std::to_string(n);
  if (n % 3 == 0) {  // as the page does
    request.path = "/v2/workspaces/" + command.workspace + "/tools/" + command.tool + "?wait=0s";
    request.headers.emplace_back("Idempotency-Key", key);
    request.body = json::serialize(json::Value(json::Object{{"n", n}}));
  } else {
    request.path = "/v2/workspaces/" + command.workspace + "/commands";
    request.body = json::serialize(
        json::Value(json::Object{{"kind", "conductor:tool_requested"},
                                 {"payload", json::Object{{"tool", command.tool}, {"input", json::Object{{"n", n}}}}},
                                 {"idempotency_key", key}}));
  }
  network_.ask("operator", kWorld, std::move(request), std::chrono::seconds(10),
               [this, n](Result<http::ClientResponse> response) {
                 AskedCommand& asked = asked_.at(n);
                 --asked.unanswered;
                 if (!response.ok()) return;
                 const auto body = json::parse(response->body);
                 const std::string id(body.ok() ? json::string_or(*body, "command_id", "") : "");
                 if (id.empty()) return;
                 if (!asked.command_id.empty() && asked.command_id != id)
                   fault_ = "asked again under its key, " + std::to_string(n) + " became another command";
                 asked.command_id = id;
               });
}

}  // namespace lumenflow::sim
