// lumenflow device: phones and browsers whose signed decisions count, pinned and revoked with the operator key.
#include <ostream>

#include "cli/commands.h"
#include "cli/commands_governance.h"
#include "cli/output.h"
#include "cli/session.h"

namespace lumenflow::cli {
namespace {

Result<json::Value> ask_as_operator(Context& context, const DeviceFlags& flags, std::string_view tool,
                                    json::Object input) {
  LUMENFLOW_TRY_ASSIGN(const std::string passphrase, operator_passphrase(context, flags.passphrase_file));
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Session> session, Session::open(context));
  return data_of(session->call_kernel(tool, json::Value(std::move(input)), passphrase));
}

Result<json::Value> add_device(Context& context, const DeviceFlags& flags) {
  LUMENFLOW_TRY_ASSIGN(std::string public_key, context.files.read(flags.public_key_file));
  return ask_as_operator(
      context, flags, "kernel:device_add",
      {{"device_id", flags.id}, {"name", flags.name.empty() ? flags.id : flags.name}, {"public_key", public_key}});
}

Result<json::Value> list_devices(Context& context) {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Session> session, Session::open(context));
  return data_of(session->call_kernel("kernel:device_list", json::Object{}));
}

}  // namespace

int run_device_add(Context& context, const DeviceFlags& flags) {
  const Result<json::Value> added = add_device(context, flags);
  if (!added.ok()) return fail(context, added.error());
  if (flags.json)
    context.out << json::serialize(*added) << "\n";
  else
    context.out << "its key is pinned, thumbprint " << cell(added->find("thumbprint"))
                << "; its token: lumenflow token "
                << "mint --subject " << cell(added->find("subject"))
                << " --scope \"approvals:read approvals:decide\"\n";
  return 0;
}

int run_device_revoke(Context& context, const DeviceFlags& flags) {
  const Result<json::Value> revoked =
      ask_as_operator(context, flags, "kernel:device_revoke", {{"device_id", flags.id}});
  if (!revoked.ok()) return fail(context, revoked.error());
  if (flags.json)
    context.out << json::serialize(*revoked) << "\n";
  else
    context.out << "its tokens and its signatures count no more\n";
  return 0;
}

int run_device_list(Context& context, const DeviceFlags& flags) {
  const Result<json::Value> devices = list_devices(context);
  if (!devices.ok()) return fail(context, devices.error());
  std::vector<std::vector<std::string>> rows;
  for (const json::Value& device : devices->find("items")->as_array()) {
    if (flags.json) context.out << json::serialize(device) << "\n";
    rows.push_back({cell(device.find("device_id")), cell(device.find("name")), cell(device.find("thumbprint")),
                    cell(device.find("added_at")), json::boolean_or(device, "revoked", false) ? "revoked" : ""});
  }
  if (!flags.json) print_table(context.out, {"DEVICE", "NAME", "THUMBPRINT", "ADDED AT", ""}, rows);
  return 0;
}

}  // namespace lumenflow::cli
