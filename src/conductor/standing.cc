#include "conductor/standing.h"

#include <algorithm>
#include <string>

#include "conductor/authenticator.h"

namespace lumenflow::conductor {
namespace {

constexpr std::string_view kOperator = "operator:";
constexpr Timestamp kForGood{INT64_MAX / 2};

Result<Timestamp> tombstone_of(const Records& records, std::string_view subject) {
  LUMENFLOW_TRY_ASSIGN(const auto found, records.get(kRevokedTable, "subject/" + std::string(subject)));
  return found ? Timestamp{json::integer_or(parsed(*found), "revoked_ms", kForGood.ms)} : Timestamp{0};
}

}  // namespace

Timestamp made_at(const Record& record, std::string_view member) {
  const Result<Timestamp> at = parse_rfc3339(json::string_or(parsed(record), member, ""));
  return at.ok() ? *at : Timestamp{0};
}

Result<Timestamp> void_until(const Records& records, std::string_view subject) {
  if (subject.starts_with(kOperator)) {
    LUMENFLOW_TRY_ASSIGN(const auto account, records.get(kOperatorsTable, subject.substr(kOperator.size())));
    return account ? Timestamp{made_at(*account, "created_at").ms - 1} : kForGood;
  }
  LUMENFLOW_TRY_ASSIGN(const Timestamp own, tombstone_of(records, subject));
  const std::size_t colon = subject.find(':');
  if (colon == std::string_view::npos) return own;
  LUMENFLOW_TRY_ASSIGN(const Timestamp of_workspace, tombstone_of(records, subject.substr(0, colon)));
  return std::max(own, of_workspace);
}

Status check_device(const Records& records, const Record& device) {
  const json::Value record = parsed(device);
  const std::string subject =
      device_subject(json::string_or(record, "workspace_id", ""), json::string_or(record, "device_id", ""));
  return check_standing(records, subject, made_at(device, "created_at"));
}

Status check_standing(const Records& records, std::string_view subject, Timestamp since) {
  LUMENFLOW_TRY_ASSIGN(const Timestamp until, void_until(records, subject));
  if (since > until) return {};
  return Error(ErrorCode::kTokenRevoked, std::string(subject) + " was revoked since");
}

}  // namespace lumenflow::conductor
