#include "sidecar/enrollment_tools.h"

#include "base/time.h"
#include "conductor_link/enrollment.h"
#include "kernel/commands.h"
#include "kernel/standing_orders.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::string_view kEnrollInput = R"({
  "type": "object", "additionalProperties": false, "required": ["document"],
  "properties": {
    "document": {"type": "string", "minLength": 2, "maxLength": 262144, "writeOnly": true,
                 "description": "what the conductor answered, as JSON text"},
    "token_id": {"type": "string", "minLength": 1, "maxLength": 100,
                 "description": "of the token that the conductor was given; default: the one that was minted last"},
    "ca": {"type": "string", "maxLength": 262144,
           "description": "PEM of the authorities that are trusted there instead of the system's"},
    "backlog": {"type": "boolean", "description": "what was emitted before is sent, too"}
  }})";
constexpr std::string_view kEnrollOutput = R"({
  "type": "object", "additionalProperties": false, "required": ["conductor_url", "subject", "expires_at"],
  "properties": {
    "conductor_url": {"type": "string"}, "subject": {"type": "string"}, "expires_at": {"type": "string"}}})";
constexpr std::string_view kUnenrollOutput = R"({
  "type": "object", "additionalProperties": false, "required": ["enrolled"],
  "properties": {"enrolled": {"const": false}}})";

struct Place {
  Files& files;
  std::string folder;
  std::string workspace_id;
};

Status revoke_token(pack::ToolContext& context, const json::Value& grant) {
  const std::string token_id(json::string_or(grant, "token_id", ""));
  const Timestamp forget_at = Timestamp{context.now_ms()} + std::chrono::hours(24 * 366);
  if (token_id.empty()) return {};
  return context.store().put(std::string(kernel::kRevokedPrefix) + token_id, forget_at.ms);
}

// All that was minted for a conductor, but for the one that counts from now on.
Status revoke_all_but(pack::ToolContext& context, std::string_view token_id) {
  constexpr std::size_t kPage = 256;
  for (std::string after;;) {
    LUMENFLOW_TRY_ASSIGN(const auto minted, context.store().scan(kernel::kMintedPrefix, after, kPage));
    for (const pack::StoreItem& item : minted) {
      const std::string id = item.key.substr(kernel::kMintedPrefix.size());
      if (id == token_id) continue;
      LUMENFLOW_TRY(revoke_token(context, json::Object{{"token_id", id}}));
      LUMENFLOW_TRY(context.store().erase(item.key));
    }
    if (minted.size() < kPage) return {};
    after = minted.back().key;
  }
}

// What the conductor was given counts from now on, and what one was given before no more.
Status grant(const Place& place, pack::ToolContext& context, const std::string& token_id) {
  const std::string grant_key = std::string(kernel::kGrantPrefix) + kernel::conductor_subject(place.workspace_id);
  LUMENFLOW_TRY_ASSIGN(const auto former, context.store().get(grant_key));
  LUMENFLOW_TRY_ASSIGN(const auto offered, context.store().get(std::string(kernel::kOfferedKey)));
  const auto is_it = [&](const auto& grant) {
    return grant && (token_id.empty() || json::string_or(*grant, "token_id", "") == token_id);
  };
  if (!is_it(offered)) {
    if (is_it(former) || (!former && token_id.empty())) return {};
    return Error(ErrorCode::kConflict, "another token was minted for a conductor since; ask with a new ticket");
  }
  if (former) LUMENFLOW_TRY(revoke_token(context, *former));
  LUMENFLOW_TRY(revoke_all_but(context, json::string_or(*offered, "token_id", "")));
  LUMENFLOW_TRY(context.store().put(grant_key, *offered));
  return context.store().erase(std::string(kernel::kOfferedKey));
}

// A workspace has one conductor: what it has acknowledged, and what it may do here, is not another's.
Status check_alone(const Place& place, const conductor_link::Enrollment& enrollment) {
  const Result<std::string> text = place.files.read(conductor_link::enrollment_path(place.folder));
  if (!text.ok()) return {};
  const auto former = conductor_link::parse_enrollment(*text, place.workspace_id);
  const bool same = former.ok() && (former->conductor_log_origin.empty()
                                        ? former->conductor_url == enrollment.conductor_url
                                        : former->conductor_log_origin == enrollment.conductor_log_origin);
  if (!former.ok() || same) return {};
  return Error(ErrorCode::kConflict, "it is enrolled with " + former->conductor_url +
                                         ", which is another conductor; `lumenflow unenroll` first");
}

pack::ToolResult enroll(const Place& place, pack::ToolContext& context, const json::Value& input) {
  Result<conductor_link::Enrollment> enrollment =
      conductor_link::parse_enrollment(json::string_or(input, "document", ""), place.workspace_id);
  if (!enrollment.ok()) return kernel::refused(enrollment.error());
  if (conductor_link::standing_of(*enrollment, Timestamp{context.now_ms()}) == conductor_link::Standing::kOver)
    return pack::ToolError{
        "TOKEN_EXPIRED", "its token expired at " + format_rfc3339(enrollment->expires_at) + "; enroll again", {}};
  if (const Status clocks = conductor_link::check_clocks(*enrollment, Timestamp{context.now_ms()}); !clocks.ok())
    return kernel::refused(clocks.error());
  if (const Status alone = check_alone(place, *enrollment); !alone.ok()) return kernel::refused(alone.error());
  if (const Status granted = grant(place, context, std::string(json::string_or(input, "token_id", ""))); !granted.ok())
    return kernel::refused(granted.error());
  const std::string ca(json::string_or(input, "ca", ""));
  const std::string ca_path = conductor_link::ca_path(place.folder);
  Status status = place.files.make_directories(place.folder, 0700);
  if (status.ok()) status = ca.empty() ? place.files.remove(ca_path) : place.files.write_atomic(ca_path, ca, 0600);
  if (status.ok()) status = conductor_link::store_enrollment(place.files, place.folder, *enrollment);
  const std::string backlog(kernel::kBacklogKey);
  if (status.ok())
    status =
        json::boolean_or(input, "backlog", false) ? context.store().put(backlog, true) : context.store().erase(backlog);
  if (!status.ok()) return kernel::refused(status.error());
  return pack::ToolOutput{json::Object{{"conductor_url", enrollment->conductor_url},
                                       {"subject", enrollment->subject},
                                       {"expires_at", format_rfc3339(enrollment->expires_at)}},
                          {}};
}

// What was minted for the conductor counts no more, and nothing is said to it.
pack::ToolResult unenroll(const Place& place, pack::ToolContext& context, const json::Value&) {
  const std::string grant_key = std::string(kernel::kGrantPrefix) + kernel::conductor_subject(place.workspace_id);
  const auto grant = context.store().get(grant_key);
  if (!grant.ok()) return kernel::refused(grant.error());
  if (*grant) {
    Status status = revoke_token(context, **grant);
    if (status.ok()) status = context.store().erase(grant_key);
    if (!status.ok()) return kernel::refused(status.error());
  }
  if (const Status none_left = revoke_all_but(context, ""); !none_left.ok()) return kernel::refused(none_left.error());
  for (const std::string& path : {conductor_link::enrollment_path(place.folder), conductor_link::ca_path(place.folder)})
    if (Status removed = place.files.remove(path); !removed.ok()) return kernel::refused(removed.error());
  return pack::ToolOutput{json::Object{{"enrolled", false}}, {}};
}

}  // namespace

Result<std::vector<kernel::KernelTool>> make_enrollment_tools(Files& files, const std::string& folder,
                                                              const std::string& workspace_id) {
  const Place place{files, folder, workspace_id};
  kernel::KernelToolSpec spec;
  spec.name = "kernel:enroll";
  spec.title = "Enroll with a conductor";
  spec.description = "Installs what a conductor answered: events go there from now on, and commands come from there.";
  spec.scope = "tools:admin";
  spec.input_schema = kEnrollInput;
  spec.output_schema = kEnrollOutput;
  std::vector<kernel::KernelTool> tools;
  LUMENFLOW_TRY_ASSIGN(kernel::KernelTool enrolls,
                       kernel::make_kernel_tool(spec, [place](pack::ToolContext& context, const json::Value& input) {
                         return enroll(place, context, input);
                       }));
  tools.push_back(std::move(enrolls));
  spec.name = "kernel:unenroll";
  spec.title = "Leave the conductor";
  spec.description = "Its token is revoked, and nothing goes there or comes from there any more.";
  spec.input_schema = R"({"type": "object", "additionalProperties": false})";
  spec.output_schema = kUnenrollOutput;
  LUMENFLOW_TRY_ASSIGN(kernel::KernelTool leaves,
                       kernel::make_kernel_tool(spec, [place](pack::ToolContext& context, const json::Value& input) {
                         return unenroll(place, context, input);
                       }));
  tools.push_back(std::move(leaves));
  for (kernel::KernelTool& tool : tools) tool.tool.traits = {};  // files lie outside the journal
  return tools;
}

}  // namespace lumenflow::sidecar
