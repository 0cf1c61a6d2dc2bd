#include "kernel/device_tools.h"

#include "base/signing.h"
#include "base/time.h"
#include "journal/tables.h"
#include "kernel/standing_orders.h"

namespace lumenflow::kernel {
namespace {

using json::Object;

constexpr std::string_view kDevicePrefix = "device/";
constexpr std::string_view kAddInput = R"({
  "type": "object", "additionalProperties": false, "required": ["device_id", "name", "public_key"],
  "properties": {
    "device_id": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"},
    "name": {"type": "string", "minLength": 1, "maxLength": 100, "description": "for people"},
    "public_key": {"type": "string", "minLength": 1, "maxLength": 1000,
                   "description": "PEM of the P-256 key whose private half stays on the device"}
  }})";
constexpr std::string_view kAddOutput = R"({
  "type": "object", "additionalProperties": false, "required": ["device_id", "subject", "thumbprint"],
  "properties": {
    "device_id": {"type": "string"},
    "subject": {"type": "string", "description": "mint its token for this one"},
    "thumbprint": {"type": "string", "description": "RFC 7638, to compare with what the device shows"}
  }})";
constexpr std::string_view kRevokeInput = R"({
  "type": "object", "additionalProperties": false, "required": ["device_id"],
  "properties": {"device_id": {"type": "string", "minLength": 1, "maxLength": 100}}})";
constexpr std::string_view kRevokeOutput = R"({
  "type": "object", "additionalProperties": false, "required": ["device_id", "revoked"],
  "properties": {"device_id": {"type": "string"}, "revoked": {"type": "boolean"}}})";
constexpr std::string_view kListOutput = R"({
  "type": "object", "additionalProperties": false, "required": ["items"],
  "properties": {"items": {"type": "array", "items": {
    "type": "object", "additionalProperties": false,
    "required": ["device_id", "name", "subject", "thumbprint", "added_at", "revoked"],
    "properties": {
      "device_id": {"type": "string"}, "name": {"type": "string"}, "subject": {"type": "string"},
      "thumbprint": {"type": "string"}, "added_at": {"type": "string"}, "revoked": {"type": "boolean"}
    }}}}})";

std::string store_key_of(std::string_view device_id) { return std::string(kDevicePrefix) + std::string(device_id); }

pack::ToolResult add(const std::string& workspace_id, pack::ToolContext& context, const json::Value& input) {
  const std::string id(json::string_or(input, "device_id", ""));
  const std::string public_pem(json::string_or(input, "public_key", ""));
  const auto known = context.store().get(store_key_of(id));
  if (!known.ok()) return refused(known.error());
  if (*known) return pack::ToolError{"CONFLICT", "there is or was a device '" + id + "'; ids are used once", {}};
  const Result<std::string> thumbprint = p256_thumbprint(public_pem);
  if (!thumbprint.ok())
    return pack::ToolError{"INVALID_INPUT", "'public_key' is not the PEM of a P-256 public key", {}};
  json::Value record = Object{{"name", std::string(json::string_or(input, "name", ""))},
                              {"public_key", public_pem},
                              {"thumbprint", *thumbprint},
                              {"added_at", format_rfc3339(Timestamp{context.now_ms()})}};
  if (Status status = context.store().put(store_key_of(id), std::move(record)); !status.ok())
    return refused(status.error());
  return pack::ToolOutput{
      Object{{"device_id", id}, {"subject", device_subject(workspace_id, id)}, {"thumbprint", *thumbprint}}, {}};
}

pack::ToolResult revoke(const std::string& workspace_id, pack::ToolContext& context, const json::Value& input) {
  const std::string id(json::string_or(input, "device_id", ""));
  const auto known = context.store().get(store_key_of(id));
  if (!known.ok()) return refused(known.error());
  if (!*known) return pack::ToolError{"NOT_FOUND", "there is no device '" + id + "'; `lumenflow device list`", {}};
  const std::string key = std::string(kRevokedPrefix) + device_subject(workspace_id, id);
  if (Status status = context.store().put(key, context.now_ms()); !status.ok()) return refused(status.error());
  return pack::ToolOutput{Object{{"device_id", id}, {"revoked", true}}, {}};
}

pack::ToolResult list(const std::string& workspace_id, pack::ToolContext& context, const json::Value&) {
  json::Array items;
  for (std::string after;;) {
    const auto found = context.store().scan(kDevicePrefix, after, 256);
    if (!found.ok()) return refused(found.error());
    for (const pack::StoreItem& item : *found) {
      const json::Value& record = item.value;
      const std::string id = item.key.substr(kDevicePrefix.size());
      const std::string subject = device_subject(workspace_id, id);
      const auto revoked = context.store().get(std::string(kRevokedPrefix) + subject);
      if (!revoked.ok()) return refused(revoked.error());
      items.push_back(Object{{"device_id", id},
                             {"name", std::string(json::string_or(record, "name", ""))},
                             {"subject", subject},
                             {"thumbprint", std::string(json::string_or(record, "thumbprint", ""))},
                             {"added_at", std::string(json::string_or(record, "added_at", ""))},
                             {"revoked", revoked->has_value()}});
    }
    if (found->size() < 256) return pack::ToolOutput{Object{{"items", std::move(items)}}, {}};
    after = found->back().key;
  }
}

}  // namespace

std::string device_subject(std::string_view workspace_id, std::string_view device_id) {
  return std::string(workspace_id) + ":phone:" + std::string(device_id);
}

Result<std::string> device_key(const log::TableReader& tables, std::string_view workspace_id,
                               std::string_view subject) {
  const std::string prefix = device_subject(workspace_id, "");
  if (!subject.starts_with(prefix)) return std::string();
  const std::string key = journal::store_key("kernel", store_key_of(subject.substr(prefix.size())));
  LUMENFLOW_TRY_ASSIGN(const auto text, tables.get(journal::kStoreTable, key));
  if (!text) return std::string();
  LUMENFLOW_TRY_ASSIGN(const json::Value record, json::parse(*text));
  return std::string(json::string_or(record, "public_key", ""));
}

Result<std::vector<KernelTool>> make_device_tools(const std::string& workspace_id) {
  const auto of_workspace = [&workspace_id](auto run) -> pack::ToolHandler {
    return [run, workspace_id](pack::ToolContext& context, const json::Value& input) {
      return run(workspace_id, context, input);
    };
  };
  KernelToolSpec spec;
  spec.name = "kernel:device_add";
  spec.title = "Add a device";
  spec.description = "Pins the key of a phone or a browser, so that decisions signed with it count.";
  spec.scope = "tools:admin";
  spec.input_schema = kAddInput;
  spec.output_schema = kAddOutput;
  std::vector<KernelTool> tools;
  LUMENFLOW_TRY_ASSIGN(KernelTool adds, make_kernel_tool(spec, of_workspace(add)));
  tools.push_back(std::move(adds));
  spec.name = "kernel:device_revoke";
  spec.title = "Revoke a device";
  spec.description = "Its tokens and its signatures count no more, from now on and for good.";
  spec.input_schema = kRevokeInput;
  spec.output_schema = kRevokeOutput;
  LUMENFLOW_TRY_ASSIGN(KernelTool revokes, make_kernel_tool(spec, of_workspace(revoke)));
  tools.push_back(std::move(revokes));
  spec.name = "kernel:device_list";
  spec.title = "List the devices";
  spec.description = "Those that were revoked too.";
  spec.permission = pack::Permission::kRead;
  spec.operator_key = false;
  spec.input_schema = R"({"type": "object", "additionalProperties": false})";
  spec.output_schema = kListOutput;
  LUMENFLOW_TRY_ASSIGN(KernelTool lists, make_kernel_tool(spec, of_workspace(list)));
  tools.push_back(std::move(lists));
  return tools;
}

}  // namespace lumenflow::kernel
