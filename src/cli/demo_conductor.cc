#include "cli/demo_conductor.h"

#include <filesystem>
#include <ostream>
#include <sstream>

#include "base/encoding.h"
#include "cli/commands.h"
#include "cli/commands_conductor.h"
#include "cli/commands_governance.h"
#include "cli/demo_child.h"
#include "cli/session.h"

namespace lumenflow::cli {
namespace {

constexpr std::string_view kWorkspacePath = "/v2/workspaces/demo", kCalledTool = "task:create";
constexpr std::chrono::milliseconds kArrivalTime{20'000}, kAskAgain{50};
constexpr std::size_t kToolsShown = 4;

Status well(int exit_code, ErrorCode code, const std::string& otherwise) {
  return exit_code == 0 ? Status() : Error(code, otherwise);
}

}  // namespace

DemoConductor::~DemoConductor() {
  process_.reset();
  std::error_code ignored;
  if (!root_.empty()) std::filesystem::remove_all(root_, ignored);
}

Status DemoConductor::show() {
  LUMENFLOW_TRY(launch());
  LUMENFLOW_TRY(enroll());
  LUMENFLOW_TRY_ASSIGN(const Operator ana, sign_in("ana"));
  LUMENFLOW_TRY(list_tools(ana));
  LUMENFLOW_TRY(call(ana));
  LUMENFLOW_TRY(watch_event(ana));
  LUMENFLOW_TRY_ASSIGN(const Operator vic, sign_in("vic"));
  LUMENFLOW_TRY(refuse(vic));
  return compare();
}

void DemoConductor::invite() {
  say("the conductor stays up on " + url_ + "; ana signs in with the passphrase in " + passphrase_file_);
}

Status DemoConductor::stop() {
  LUMENFLOW_TRY(stop_demo_child(*process_, "conductor"));
  say("the conductor has drained");
  return {};
}

Status DemoConductor::launch() {
  LUMENFLOW_TRY_ASSIGN(root_, make_demo_folder());
  store_ = "sqlite:" + root_ + "/conductor.db";
  passphrase_file_ = root_ + "/passphrase";
  passphrase_ = to_base64url(as_chars(context_.random.draw16()));
  LUMENFLOW_TRY(context_.files.write_atomic(passphrase_file_, passphrase_ + "\n", 0600));
  say("a conductor in " + root_ + ", with an admin, who may ask workspaces for calls, and a viewer, who may only look");
  LUMENFLOW_TRY(add_operator("ana", "admin"));
  LUMENFLOW_TRY(add_operator("vic", "viewer"));
  LUMENFLOW_TRY_ASSIGN(
      DemoChild child,
      start_demo_child(context_, "conductor", {"conductor", "--json", "--listen", "127.0.0.1:0", "--store", store_}));
  process_ = std::move(child.process);
  url_ = std::move(child.url);
  http::ClientOptions options;
  options.base_url = url_;
  client_ = std::make_unique<http::Client>(options);
  say("the conductor answers on " + url_);
  return {};
}

Status DemoConductor::add_operator(const std::string& name, const std::string& role) {
  ConductorFlags flags;
  flags.store = store_;
  flags.name = name;
  flags.role = role;
  flags.passphrase_file = passphrase_file_;
  return well(run_conductor_operator(context_, flags), ErrorCode::kInternal, "no operator " + name + " was added");
}

Status DemoConductor::enroll() {
  std::ostringstream printed;
  Context quiet = talking_on(context_, printed);
  ConductorFlags flags;
  flags.store = store_;
  flags.workspace = "demo";
  LUMENFLOW_TRY(well(run_conductor_ticket(quiet, flags), ErrorCode::kInternal, "no ticket was made"));
  std::string ticket = printed.str();
  while (ticket.ends_with('\n')) ticket.pop_back();
  say("a ticket, good once and for ten minutes, with which each side gives the other a token:");
  EnrollFlags asked;
  asked.conductor = url_;
  asked.ticket = std::move(ticket);
  return well(run_enroll(context_, asked), ErrorCode::kInternal, "the workspace could not be enrolled");
}

Result<DemoConductor::Operator> DemoConductor::sign_in(const std::string& name) {
  http::ClientRequest request;
  request.method = http::Method::kPost;
  request.path = "/v2/session";
  request.body = json::serialize(json::Object{{"name", name}, {"passphrase", passphrase_}});
  LUMENFLOW_TRY_ASSIGN(const http::ClientResponse answer, client_->send(request));
  if (answer.status >= 400) return error_of(answer);
  LUMENFLOW_TRY_ASSIGN(const json::Value body, json::parse(answer.body));
  const std::string_view cookie = answer.header("set-cookie").value_or("");
  say(name + " signs in as " + std::string(json::string_or(body, "role", "")));
  return Operator{std::string(cookie.substr(0, cookie.find(';'))), std::string(json::string_or(body, "csrf", ""))};
}

// The sidecar, which runs, takes the enrollment up and says there which tools it has.
Status DemoConductor::list_tools(const Operator& who) {
  http::ClientRequest request;
  request.path = std::string(kWorkspacePath) + "/tools";
  for (auto left = kArrivalTime; left.count() > 0; left -= kAskAgain) {
    LUMENFLOW_TRY_ASSIGN(const http::ClientResponse answer, send(who, request));
    if (answer.status == 404) {  // not said yet
      if (process_->wait(kAskAgain).ok()) return Error(ErrorCode::kUnreachable, "the conductor has ended by itself");
      continue;
    }
    if (answer.status >= 400) return error_of(answer);
    LUMENFLOW_TRY_ASSIGN(const json::Value body, json::parse(answer.body, {.depth_max = 512}));
    const json::Value* tools = body.find("tools");
    if (tools == nullptr || !tools->is_array())
      return Error(ErrorCode::kInvalidOutput, "the conductor answered without the workspace's tools");
    say("the sidecar has dialled out to it, and the conductor knows the workspace's tools:");
    std::size_t shown = 0;
    for (const json::Value& tool : tools->as_array())
      if (shown++ < kToolsShown) context_.out << "  " << json::string_or(tool, "name", "") << "\n";
    if (shown > kToolsShown) context_.out << "  and " << shown - kToolsShown << " more" << std::endl;
    return {};
  }
  return Error(ErrorCode::kRequestTimeout, "the sidecar has not told the conductor which tools it has");
}

Status DemoConductor::call(const Operator& who) {
  say("ana calls one through the conductor; the workspace decides, by its own scopes and policy, and keeps the "
      "receipt:");
  LUMENFLOW_TRY_ASSIGN(const http::ClientResponse answer, post_task(who, "Call the plumber"));
  if (answer.status >= 400) return error_of(answer);
  LUMENFLOW_TRY_ASSIGN(const json::Value body, json::parse(answer.body, {.depth_max = 512}));
  receipt_ = json::string_or(body, "receipt_id", "");
  const json::Value* data = body.at_pointer("/result/data");
  context_.out << "< " << answer.status << " " << json::string_or(body, "state", "") << " "
               << (data == nullptr ? answer.body : json::serialize(*data)) << "\n  receipt " << receipt_ << std::endl;
  if (json::string_or(body, "state", "") == "done" && data != nullptr) return {};
  return Error(ErrorCode::kInternal, "the call through the conductor was expected to be done");
}

// The stream of the workspace's events as the conductor has them, from the first one.
Status DemoConductor::watch_event(const Operator& who) {
  constexpr std::string_view kData = "data:";
  http::ClientRequest request;
  request.path = std::string(kWorkspacePath) + "/events?after=0";
  request.headers = {{"Cookie", who.cookie}, {"Accept", "text/event-stream"}};
  say("the event of that call arrives in the conductor's own log:");
  bool arrived = false;
  const Timestamp give_up = context_.clock.now() + kArrivalTime;
  const auto on_line = [&](std::string_view line) {
    if (line.starts_with(kData)) {
      const Result<json::Value> event = json::parse(line.substr(kData.size()), {.depth_max = 512});
      const json::Value* tool = event.ok() ? event->at_pointer("/payload/tool_name") : nullptr;
      if (tool != nullptr && *tool == json::Value(kCalledTool)) {
        const json::Value* outcome = event->at_pointer("/payload/outcome");
        context_.out << "  position " << json::integer_or(*event, "position", 0) << ": #"
                     << json::integer_or(*event, "seq", 0) << " " << json::string_or(*event, "kind", "") << " "
                     << kCalledTool << " " << (outcome == nullptr ? "" : outcome->as_string()) << std::endl;
        arrived = true;
      }
    }
    return !arrived && context_.clock.now() < give_up;
  };
  LUMENFLOW_TRY_ASSIGN(const http::ClientResponse answer, client_->stream(request, on_line));
  if (answer.status >= 400) return error_of(answer);
  return arrived ? Status() : Error(ErrorCode::kRequestTimeout, "the call's event did not arrive at the conductor");
}

Status DemoConductor::refuse(const Operator& who) {
  say("vic asks for the same, and nothing goes to the workspace:");
  LUMENFLOW_TRY_ASSIGN(const http::ClientResponse answer, post_task(who, "Not for vic to ask"));
  const Error error = error_of(answer);
  context_.out << "< " << answer.status << " " << name(error.code()) << ": " << error.message() << std::endl;
  return answer.status == 403 ? Status() : Error(ErrorCode::kInternal, "a viewer was expected to be refused");
}

Status DemoConductor::compare() {
  say("and the workspace holds its journal against what the conductor has; what was before the ticket is an explained "
      "gap:");
  return well(run_audit_compare(context_, {}), ErrorCode::kJournalDamaged, "the two sides do not agree");
}

Result<http::ClientResponse> DemoConductor::send(const Operator& who, http::ClientRequest request) {
  request.headers = {{"Cookie", who.cookie}};
  if (request.method != http::Method::kGet) request.headers.emplace_back("X-CSRF-Token", who.csrf);
  return client_->send(request);
}

Result<http::ClientResponse> DemoConductor::post_task(const Operator& who, std::string_view title) {
  http::ClientRequest request;
  request.method = http::Method::kPost;
  request.path = std::string(kWorkspacePath) + "/tools/" + std::string(kCalledTool);
  request.body = json::serialize(json::Object{{"title", title}});
  context_.out << "> POST " << request.path << " " << *request.body << std::endl;
  return send(who, std::move(request));
}

void DemoConductor::say(const std::string& text) { context_.out << "* " << text << std::endl; }

}  // namespace lumenflow::cli
