// POST /v2/enrollments: a ticket becomes a workspace, or a device that its workspace is asked about.
#include <utility>

#include "base/encoding.h"
#include "base/sealing.h"
#include "base/sha256.h"
#include "conductor/authenticator.h"
#include "conductor/callers.h"
#include "conductor/context.h"
#include "conductor/enrollment.h"
#include "conductor/operators.h"
#include "conductor/p256.h"
#include "conductor/standing.h"
#include "conductor/tables.h"
#include "event/event.h"

namespace lumenflow::conductor {
namespace {

constexpr int kEnrollTries = 4;  // a slower racer looks again, and finds the ticket used

struct Asked {
  ExchangePtr exchange;
  json::Value body;
  std::string body_hash;
  int tries = 0;
};

void enroll(Context& context, Asked asked);

Result<Record> ticket_of(const Context& context, std::string_view code) {
  LUMENFLOW_TRY_ASSIGN(auto found, context.store.records->get(kTicketsTable, ticket_key(code)));
  if (code.empty() || !found) return Error(ErrorCode::kUnauthenticated, "there is no such ticket");
  return *std::move(found);
}

// What was answered before, when it is the same request again; nothing: the ticket is new.
Result<std::optional<std::string>> earlier_answer(const Context& context, const json::Value& ticket,
                                                  std::string_view body_hash) {
  const bool over = json::integer_or(ticket, "expires_ms", 0) <= context.clock.now().ms;
  const std::string_view used_by = json::string_or(ticket, "used_by", "");
  if (!used_by.empty() && (used_by != body_hash || over))
    return Error(ErrorCode::kTicketUsed, "the ticket was used; ask for another");
  if (over) return Error(ErrorCode::kTicketExpired, "the ticket is over; ask for another");
  if (used_by.empty()) return std::optional<std::string>();
  LUMENFLOW_TRY_ASSIGN(std::string answer, unseal(json::string_or(ticket, "answer", ""), context.store.keys.seal));
  return std::optional(std::move(answer));
}

RecordChange used(const Context& context, const Record& record, json::Value ticket, std::string_view body_hash,
                  std::string_view answer) {
  json::Object& members = ticket.as_object();
  members.set("used_by", body_hash);
  members.set("answer", seal(answer, context.store.keys.seal, context.random));
  return {kTicketsTable, record.key, record.version, json::serialize(ticket)};
}

// Whether this enrollment may take the workspace's id.
Status may_take(const std::optional<Record>& there, const std::optional<Record>& revoked, const json::Value& ticket,
                const WorkspaceEnrollment& asked) {
  if (revoked) {
    const std::int64_t revoked_ms = json::integer_or(parsed(*revoked), "revoked_ms", INT64_MAX);
    if (json::integer_or(ticket, "created_ms", 0) <= revoked_ms)
      return Error(ErrorCode::kTokenRevoked, "the workspace was revoked after this ticket was made");
  }
  if (!there) return {};
  const json::Value record = parsed(*there);
  const bool same_key = json::string_or(record, "public_key", "") == asked.public_pem;
  const bool gone = json::string_or(record, "state", "") == "revoked";
  if (!same_key && !(gone && json::string_or(ticket, "workspace_id", "") == asked.workspace_id))
    return Error(ErrorCode::kWorkspaceIdTaken, "another workspace has the id " + asked.workspace_id);
  return {};
}

void finish(Context& context, Asked asked, std::vector<RecordChange> changes, const Act& act, int status,
            std::string answer) {
  context.acts.change(std::move(changes), act,
                      [&context, asked, status, answer = std::move(answer)](const Status& done) mutable {
                        if (done.ok()) return asked.exchange->send_json(status, std::move(answer));
                        const bool again = done.error().code() == ErrorCode::kConflict && ++asked.tries < kEnrollTries;
                        if (!again) return refuse(context, asked.exchange, done.error());
                        enroll(context, std::move(asked));
                      });
}

Status enroll_workspace(Context& context, const Asked& asked, const Record& ticket_record, const json::Value& ticket) {
  Records& records = *context.store.records;
  const Timestamp now = context.clock.now();
  LUMENFLOW_TRY_ASSIGN(const WorkspaceEnrollment enrollment, read_workspace_enrollment(asked.body, now));
  const std::string& id = enrollment.workspace_id;
  const std::string_view meant = json::string_or(ticket, "workspace_id", "");
  if (!meant.empty() && meant != id)
    return Error(ErrorCode::kUnauthenticated, "the ticket is for another workspace than " + id);
  LUMENFLOW_TRY_ASSIGN(const auto there, records.get(kWorkspacesTable, id));
  LUMENFLOW_TRY_ASSIGN(const auto revoked, records.get(kRevokedTable, "subject/" + id));
  LUMENFLOW_TRY(may_take(there, revoked, ticket, enrollment));
  LUMENFLOW_TRY_ASSIGN(const Issued issued, issue_token(context.store.keys, id, {"workspace"}, now, context.random));
  const EnrollmentContext own{context.store.keys, context.public_url, context.ledger.head().log_id};
  LUMENFLOW_TRY_ASSIGN(const json::Value document, enrollment_document(own, id, issued));
  std::string answer = json::serialize(document);
  const json::Value record = workspace_record(enrollment, issued, context.store.keys.seal, now, context.random);
  std::vector<RecordChange> changes{used(context, ticket_record, ticket, asked.body_hash, answer),
                                    token_record(issued)};
  changes.push_back({kWorkspacesTable, id, there ? there->version : 0, json::serialize(record)});
  const bool another_key = there && json::string_or(parsed(*there), "public_key", "") != enrollment.public_pem;
  LUMENFLOW_TRY_ASSIGN(const auto tools, records.get(kRegistriesTable, id));
  if (another_key && tools) changes.push_back({kRegistriesTable, id, tools->version, std::nullopt});
  Act act{"conductor.enrolled", id, id, {}};
  act.details = {{"address", asked.exchange->request().peer.address},
                 {"log_id", enrollment.log_id},
                 {"token_id", issued.token_id},
                 {"ticket_by", json::string_or(ticket, "by", "")}};
  if (another_key) act.details.set("another_key", true);
  finish(context, asked, std::move(changes), act, 201, std::move(answer));
  return {};
}

Status enroll_device(Context& context, const Asked& asked, const Record& ticket_record, const json::Value& ticket) {
  Records& records = *context.store.records;
  const std::string workspace(json::string_or(ticket, "workspace_id", ""));
  const std::string id(json::string_or(asked.body, "device_id", "")), name(json::string_or(asked.body, "name", ""));
  const json::Value* key = asked.body.find("public_key");
  const Result<std::string> pem =
      key == nullptr ? Result<std::string>(Error(ErrorCode::kInvalidInput, "")) : p256_pem_of(*key);
  if (json::string_or(asked.body, "workspace_id", "") != workspace)
    return Error(ErrorCode::kUnauthenticated, "the ticket is for another workspace");
  if (!is_workspace_id(id) || name.empty() || name.size() > 100 || !pem.ok())
    return Error(ErrorCode::kInvalidInput,
                 "give {device_id, name, public_key}: an id of small letters, digits and dashes, "
                 "a name for people, a P-256 key");
  LUMENFLOW_TRY(check_workspace(context, workspace));
  const json::Object payload{{"device_id", id}, {"name", name}, {"public_key", *pem}};
  LUMENFLOW_TRY(event::validate_kernel_payload("conductor:device_requested", json::Value(payload)));
  const std::string record_key = key_of({workspace, id});
  LUMENFLOW_TRY_ASSIGN(const auto there, records.get(kDevicesTable, record_key));
  if (there) return Error(ErrorCode::kAlreadyExists, "there is or was a device '" + id + "'; ids are used once");
  std::string answer = json::serialize(json::Object{{"device_id", id}, {"state", "pending"}});
  const json::Object record{{"device_id", id},
                            {"workspace_id", workspace},
                            {"name", name},
                            {"public_key", *pem},
                            {"state", "pending"},
                            {"ticket", ticket_record.key},
                            {"created_at", format_rfc3339(context.clock.now())}};
  std::vector<RecordChange> changes{used(context, ticket_record, ticket, asked.body_hash, answer),
                                    {kDevicesTable, record_key, 0, json::serialize(record)}};
  Act act{"conductor.device_requested", device_subject(workspace, id), workspace, {}};
  act.details = payload;
  act.details.set("address", asked.exchange->request().peer.address);
  act.details.set("ticket_by", json::string_or(ticket, "by", ""));
  // The workspace is asked in the commit of the act (conductor/consequences.h).
  finish(context, asked, std::move(changes), act, 202, std::move(answer));
  return {};
}

void enroll(Context& context, Asked asked) {
  const auto attempt = [&]() -> Status {
    LUMENFLOW_TRY_ASSIGN(const Record record, ticket_of(context, json::string_or(asked.body, "ticket", "")));
    const json::Value ticket = parsed(record);
    LUMENFLOW_TRY_ASSIGN(const auto earlier, earlier_answer(context, ticket, asked.body_hash));
    const std::string_view kind = json::string_or(ticket, "kind", "");
    if (earlier) {
      asked.exchange->send_json(kind == "device" ? 202 : 201, *earlier);
      return {};
    }
    if (kind != json::string_or(asked.body, "kind", "workspace"))
      return Error(ErrorCode::kUnauthenticated, "the ticket is for a " + std::string(kind));
    // A ticket ends with whoever made it, and with the workspace whose device it is for.
    const Timestamp made{json::integer_or(ticket, "created_ms", 0)};
    LUMENFLOW_TRY(check_standing(*context.store.records, json::string_or(ticket, "by", ""), made));
    if (kind == "device")
      LUMENFLOW_TRY(check_standing(*context.store.records, json::string_or(ticket, "workspace_id", ""), made));
    return kind == "device" ? enroll_device(context, asked, record, ticket)
                            : enroll_workspace(context, asked, record, ticket);
  };
  if (const Status tried = attempt(); !tried.ok()) refuse(context, asked.exchange, tried.error());
}

// The device polls with its ticket until the workspace has decided.
void show_device_enrollment(const ExchangePtr& exchange, Context& context) {
  const auto show = [&]() -> Result<json::Value> {
    LUMENFLOW_TRY_ASSIGN(const auto code, http::bearer_of(exchange->request()));
    LUMENFLOW_TRY_ASSIGN(const Record ticket, ticket_of(context, code.value_or("")));
    const std::string workspace(json::string_or(parsed(ticket), "workspace_id", ""));
    LUMENFLOW_TRY_ASSIGN(const auto found,
                         context.store.records->get(kDevicesTable, key_of({workspace, exchange->path("device_id")})));
    if (!found || json::string_or(parsed(*found), "ticket", "") != ticket.key)
      return Error(ErrorCode::kNotFound, "this ticket enrolled no such device");
    const json::Value device = parsed(*found);
    const bool counts = check_device(*context.store.records, *found).ok();
    const std::string state(counts ? json::string_or(device, "state", "") : "revoked");
    json::Object answer{{"device_id", exchange->path("device_id")}, {"workspace_id", workspace}, {"state", state}};
    if (state != "accepted") return json::Value(std::move(answer));
    // No token: whoever has seen the link has the ticket. The device's key gets them, at POST /v2/tokens/renew.
    answer.set("subject", device_subject(workspace, exchange->path("device_id")));
    answer.set("scope", json::string_or(device, "scope", ""));
    return json::Value(std::move(answer));
  };
  const Result<json::Value> shown = show();
  if (!shown.ok()) return refuse(context, exchange, shown.error());
  exchange->send_json(*shown);
}

}  // namespace

void add_enrollment_routes(Routes& routes, Context& context) {
  routes.add({.method = http::Method::kPost,
              .pattern = "/v2/enrollments",
              .id = "enroll",
              .summary = "Enroll a workspace or a device with a one-time ticket",
              .request = "Enrollment",
              .answers = {{201, "EnrollmentDocument"}, {202, "DevicePending"}},
              .door = Door::kEnroll},
             [&context](const ExchangePtr& exchange) {
               auto body = body_of(context, exchange);
               if (!body) return;
               Asked asked{exchange, *std::move(body), sha256_hex(exchange->request().body)};
               enroll(context, std::move(asked));
             });
  routes.add({.pattern = "/v2/enrollments/{device_id}",
              .id = "device_enrollment",
              .summary = "What became of a device's enrollment; the ticket is the bearer",
              .answers = {{200, "DeviceEnrollmentState"}},
              .door = Door::kEnroll,
              .ticket_bearer = true},
             [&context](const ExchangePtr& exchange) { show_device_enrollment(exchange, context); });
}

}  // namespace lumenflow::conductor
