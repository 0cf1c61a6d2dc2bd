#include "conductor/operators.h"

#include "base/passphrase.h"
#include "base/sha256.h"
#include "conductor/authenticator.h"
#include "lumenflow/json.h"

namespace lumenflow::conductor {
namespace {

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kCodeCharacters = 10;  // of five bits each

}  // namespace

Result<RecordChange> operator_record(std::string_view name, std::string_view passphrase, Role role, Timestamp now) {
  if (!is_workspace_id(name))
    return Error(ErrorCode::kInvalidInput, "an operator's name is lower-case letters, digits and dashes, at most 63");
  LUMENFLOW_TRY_ASSIGN(const std::string hash, hash_passphrase(passphrase));
  const json::Object record{
      {"name", name}, {"role", conductor::name(role)}, {"passphrase", hash}, {"created_at", format_rfc3339(now)}};
  return RecordChange{kOperatorsTable, std::string(name), 0, json::serialize(record)};
}

bool passphrase_holds(std::string_view operator_record_value, std::string_view passphrase) {
  const Result<json::Value> record = json::parse(operator_record_value.empty() ? "{}" : operator_record_value);
  const std::string kept(record.ok() ? json::string_or(*record, "passphrase", hash_of_nothing())
                                     : std::string_view(hash_of_nothing()));
  return verify_passphrase(passphrase, kept);
}

std::string ticket_key(std::string_view code) {
  std::string plain;
  for (const char c : code) {
    if (c == '-' || c == ' ') continue;
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    plain += upper == 'O' ? '0' : upper == 'I' || upper == 'L' ? '1' : upper;
  }
  return sha256_hex("ticket " + plain);
}

Ticket make_ticket(std::string_view kind, std::string_view workspace, std::string_view by, Timestamp now,
                   Random& random) {
  Ticket ticket;
  const auto bytes = random.draw16();
  for (std::size_t i = 0; i < kCodeCharacters; ++i) {
    if (i == kCodeCharacters / 2) ticket.code += '-';
    ticket.code += kCrockford[bytes[i] % kCrockford.size()];
  }
  ticket.expires_at = now + kTicketLife;
  const json::Object record{{"kind", kind},
                            {"workspace_id", workspace},
                            {"by", by},
                            {"created_ms", now.ms},
                            {"expires_ms", ticket.expires_at.ms}};
  ticket.record = {kTicketsTable, ticket_key(ticket.code), 0, json::serialize(record)};
  return ticket;
}

}  // namespace lumenflow::conductor
