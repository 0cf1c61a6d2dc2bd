#include "kernel/device_tools.h"

#include <algorithm>

#include "base/signing.h"
#include "base/time.h"
#include "journal/tables.h"
#include "kernel/commands.h"
#include "kernel/standing_orders.h"

namespace lumenflow::kernel {
namespace {

using json::Object;

constexpr std::string_view kDevicePrefix = "device/";
constexpr std::string_view kInvitePrefix = "invite/";
constexpr std::chrono::minutes kInviteLife{10};
constexpr std::chrono::hours kDeviceTokenLife{24};
constexpr std::string_view kInviteInput = R"({
  "type": "object", "additionalProperties": false, "required": ["device_id", "name"],
  "properties": {
    "device_id": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"},
    "name": {"type": "string", "minLength": 1, "maxLength": 100, "description": "for people"},
    "scope": {"type": "string", "minLength": 1, "maxLength": 1000, "description": "token scopes, separated by spaces"}
  }})";
constexpr std::string_view kInviteOutput = R"({
  "type": "object", "additionalProperties": false, "required": ["device_id", "scope", "expires_at"],
  "properties": {"device_id": {"type": "string"}, "scope": {"type": "string"}, "expires_at": {"type": "string"}}})";
constexpr std::string_view kPairInput = R"({
  "type": "object", "additionalProperties": false, "required": ["device_id", "name", "public_key", "scope"],
  "properties": {
    "device_id": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"},
    "name": {"type": "string", "minLength": 1, "maxLength": 256, "description": "as the device calls itself"},
    "public_key": {"type": "string", "minLength": 1, "maxLength": 4096},
    "thumbprint": {"type": "string", "description": "RFC 7638, to compare with what the device shows"},
    "scope": {"type": "string", "minLength": 1, "maxLength": 1000, "description": "what it would be given"}
  }})";
constexpr std::string_view kPairOutput = R"({
  "type": "object", "additionalProperties": false,
  "required": ["device_id", "subject", "thumbprint", "scope", "token_id", "issued_at", "expires_at"],
  "properties": {
    "device_id": {"type": "string"}, "subject": {"type": "string"}, "thumbprint": {"type": "string"},
    "scope": {"type": "string"}, "token_id": {"type": "string"}, "issued_at": {"type": "string"},
    "expires_at": {"type": "string"}
  }})";
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

// SubjectPublicKeyInfo in base64 without the lines around it is taken, too.
std::string as_pem(std::string_view key) {
  if (key.starts_with("-----BEGIN")) return std::string(key);
  std::string pem = "-----BEGIN PUBLIC KEY-----\n";
  for (; !key.empty(); key.remove_prefix(std::min<std::size_t>(64, key.size()))) pem.append(key.substr(0, 64)) += '\n';
  return pem += "-----END PUBLIC KEY-----\n";
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    if (space > 0) words.emplace_back(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return words;
}

std::string store_key_of(std::string_view device_id) { return std::string(kDevicePrefix) + std::string(device_id); }

pack::ToolResult add(const std::string& workspace_id, pack::ToolContext& context, const json::Value& input) {
  const std::string id(json::string_or(input, "device_id", ""));
  const std::string public_pem = as_pem(json::string_or(input, "public_key", ""));
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

pack::ToolResult invite(const std::string&, pack::ToolContext& context, const json::Value& input) {
  const std::string id(json::string_or(input, "device_id", ""));
  const std::string scope(json::string_or(input, "scope", kDeviceScope));
  const auto known = context.store().get(store_key_of(id));
  if (!known.ok()) return refused(known.error());
  if (*known) return pack::ToolError{"CONFLICT", "there is or was a device '" + id + "'; ids are used once", {}};
  const std::string until = format_rfc3339(Timestamp{context.now_ms()} + kInviteLife);
  json::Value record =
      Object{{"name", std::string(json::string_or(input, "name", ""))}, {"scope", scope}, {"expires_at", until}};
  if (Status status = context.store().put(std::string(kInvitePrefix) + id, std::move(record)); !status.ok())
    return refused(status.error());
  return pack::ToolOutput{Object{{"device_id", id}, {"scope", scope}, {"expires_at", until}}, {}};
}

// Approved by then: its key is pinned, and what it may do is written down.
pack::ToolResult pair(const std::string& workspace_id, pack::ToolContext& context, const json::Value& input) {
  pack::ToolResult added = add(workspace_id, context, input);
  auto* output = std::get_if<pack::ToolOutput>(&added);
  if (output == nullptr) return added;
  const std::string id(json::string_or(input, "device_id", ""));
  const std::string scope(json::string_or(input, "scope", kDeviceScope));
  const std::string token_id = context.new_ulid();
  const Timestamp now{context.now_ms() / 1000 * 1000};
  const std::string key = std::string(kGrantPrefix) + device_subject(workspace_id, id);
  Status status = context.store().put(key, grant_record(words_of(scope), token_id));
  if (status.ok()) status = context.store().erase(std::string(kInvitePrefix) + id);
  if (!status.ok()) return refused(status.error());
  Object& said = output->data.as_object();
  said.set("scope", scope);
  said.set("token_id", token_id);
  said.set("issued_at", format_rfc3339(now));
  said.set("expires_at", format_rfc3339(now + kDeviceTokenLife));
  return added;
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

Result<json::Value> pairing_input(const log::TableReader& tables, std::string_view device_id, std::string_view name,
                                  std::string_view public_key, Timestamp now) {
  std::string scope(kDeviceScope);
  std::string shown(name.empty() ? device_id : name);
  const std::string key = journal::store_key("kernel", std::string(kInvitePrefix) + std::string(device_id));
  LUMENFLOW_TRY_ASSIGN(const auto found, tables.get(journal::kStoreTable, key));
  if (found) {
    LUMENFLOW_TRY_ASSIGN(const json::Value invited, json::parse(*found));
    const auto until = parse_rfc3339(json::string_or(invited, "expires_at", ""));
    if (until.ok() && now < *until) {
      scope = json::string_or(invited, "scope", kDeviceScope);
      shown = json::string_or(invited, "name", shown);
    }
  }
  Object input{
      {"device_id", std::string(device_id)}, {"name", shown}, {"public_key", as_pem(public_key)}, {"scope", scope}};
  if (const auto thumbprint = p256_thumbprint(as_pem(public_key)); thumbprint.ok())
    input.set("thumbprint", *thumbprint);
  return json::Value(std::move(input));
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
  spec.name = "kernel:device_invite";
  spec.title = "Invite a device";
  spec.description = "Says what a device of this id is to be given when it asks, within ten minutes, to be paired.";
  spec.input_schema = kInviteInput;
  spec.output_schema = kInviteOutput;
  LUMENFLOW_TRY_ASSIGN(KernelTool invites, make_kernel_tool(spec, of_workspace(invite)));
  tools.push_back(std::move(invites));
  spec.name = "kernel:device_pair";
  spec.title = "Pair a device";
  spec.description = "A device asks over the conductor: when the operator approves, its key is pinned.";
  spec.operator_key = false;  // the approval is the proof
  spec.input_schema = kPairInput;
  spec.output_schema = kPairOutput;
  LUMENFLOW_TRY_ASSIGN(KernelTool pairs, make_kernel_tool(spec, of_workspace(pair)));
  pairs.tool.descriptor.required_approvals = {spec.name.data()};
  tools.push_back(std::move(pairs));
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
