// lumenflow device: phones and browsers whose signed decisions count, pinned and revoked with the operator key.
#include <ostream>

#include "base/encoding.h"
#include "cli/commands.h"
#include "cli/commands_governance.h"
#include "cli/output.h"
#include "cli/qr_code.h"
#include "cli/session.h"
#include "conductor_link/enrollment.h"
#include "conductor_link/wire.h"
#include "http/certificate.h"
#include "sidecar/workspace.h"

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

// Letters, digits and '-' of the name, and something that makes it this one's.
std::string id_from_name(Context& context, const std::string& name) {
  std::string id;
  for (const char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9'))
      id += lower;
    else if (!id.empty() && id.back() != '-')
      id += '-';
  }
  while (!id.empty() && id.back() == '-') id.pop_back();
  const auto drawn = context.random.draw16();
  return (id.empty() ? "device" : id.substr(0, 40)) + "-" + to_hex(drawn).substr(0, 6);
}

std::string in_url(std::string_view text) { return encode_path_segment(text); }

// A one-time link: who opens it makes a key of its own and asks the workspace, which asks its operator.
Result<json::Value> invite_device(Context& context, const DeviceFlags& flags) {
  LUMENFLOW_TRY_ASSIGN(const std::string root, workspace_root(context));
  const sidecar::WorkspacePaths paths(root);
  const kernel::WorkspacePacks read = sidecar::read_workspace_packs(context.files, paths.config, context.builtin_packs);
  const std::string workspace = read.config ? read.config->id.str() : std::string();
  LUMENFLOW_TRY_ASSIGN(const conductor_link::Enrollment enrollment,
                       conductor_link::load_enrollment(context.files, paths.conductor, workspace, context.clock.now()));
  const std::string id = flags.id.empty() ? id_from_name(context, flags.name) : flags.id;
  json::Object invitation{{"device_id", id}, {"name", flags.name.empty() ? id : flags.name}};
  if (!flags.scope.empty()) invitation.set("scope", flags.scope);
  LUMENFLOW_TRY_ASSIGN(json::Value invited,
                       ask_as_operator(context, flags, "kernel:device_invite", std::move(invitation)));

  const std::string ca = conductor_link::ca_path(paths.conductor);
  LUMENFLOW_TRY_ASSIGN(const auto own_ca, context.files.stat(ca));
  http::ClientOptions options;
  options.base_url = enrollment.conductor_url;
  options.ca_file = own_ca ? ca : std::string();
  http::Client client(options);
  http::ClientRequest request;
  request.method = http::Method::kPost;
  request.path = "/v2/tickets";
  request.headers.emplace_back("Authorization", "Bearer " + enrollment.token);
  request.body = json::serialize(json::Value(json::Object{{"kind", "device"}, {"workspace_id", workspace}}));
  LUMENFLOW_TRY_ASSIGN(const http::ClientResponse answer, client.send(request));
  if (answer.status != 200 && answer.status != 201) return conductor_link::refusal_of(answer).error;
  LUMENFLOW_TRY_ASSIGN(const json::Value ticket, json::parse(answer.body));
  const std::string code(json::string_or(ticket, "ticket", ""));
  if (code.empty() || code.size() > 200) return Error(ErrorCode::kInvalidOutput, "the conductor gave no ticket");
  std::string link = enrollment.conductor_url + "/#/enroll?workspace=" + in_url(workspace) + "&device=" + in_url(id) +
                     "&ticket=" + in_url(code);
  if (enrollment.conductor_url.starts_with("https://")) {
    LUMENFLOW_TRY_ASSIGN(const std::string pin,
                         http::certificate_pin(enrollment.conductor_url + "/healthz", options.ca_file));
    link += "&pin=" + in_url("sha256-" + pin);
  }
  invited.as_object().set("link", link);
  return invited;
}

int show_invitation(Context& context, const DeviceFlags& flags) {
  const Result<json::Value> invited = invite_device(context, flags);
  if (!invited.ok()) return fail(context, invited.error());
  const std::string link(json::string_or(*invited, "link", ""));
  if (flags.json) {
    context.out << json::serialize(*invited) << "\n";
    return 0;
  }
  if (const Result<std::string> code = render_qr_code(link); code.ok()) context.out << *code;
  context.out << link << "\n"
              << "good once, until " << cell(invited->find("expires_at"))
              << "; it would be given: " << cell(invited->find("scope")) << "\n"
              << "when it has asked, compare its thumbprint and approve: lumenflow approvals list\n";
  return 0;
}

Result<json::Value> list_devices(Context& context) {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Session> session, Session::open(context));
  return data_of(session->call_kernel("kernel:device_list", json::Object{}));
}

}  // namespace

int run_device_add(Context& context, const DeviceFlags& flags) {
  if (flags.public_key_file.empty() && flags.id.empty() && flags.name.empty())
    return fail_usage(context, Error(ErrorCode::kInvalidRequest, "give --name, or an id and --public-key FILE"));
  if (flags.public_key_file.empty()) return show_invitation(context, flags);
  if (flags.id.empty()) return fail_usage(context, Error(ErrorCode::kInvalidRequest, "--public-key takes an id, too"));
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
