#include "cli/demo_conductor.h"

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <sstream>
#include <variant>

#include "base/encoding.h"
#include "cli/commands.h"
#include "cli/commands_conductor.h"
#include "cli/commands_governance.h"
#include "cli/demo_child.h"
#include "cli/demo_trace.h"
#include "cli/session.h"

namespace lumenflow::cli {
namespace {

constexpr std::string_view kDemoWorkspace = "demo", kCalledTool = "task:create";
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
  LUMENFLOW_TRY_ASSIGN(Client ana, sign_in("ana"));
  LUMENFLOW_TRY(list_tools(ana));
  LUMENFLOW_TRY(call(ana));
  LUMENFLOW_TRY(watch_event(ana));
  LUMENFLOW_TRY_ASSIGN(Client vic, sign_in("vic"));
  LUMENFLOW_TRY(refuse(vic));
  LUMENFLOW_TRY(DemoTrace(context_, ana, [this] { return !process_->wait(kAskAgain).ok(); }).show());
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
  asked.scope = "workspace agent:execute-turn";
  return well(run_enroll(context_, asked), ErrorCode::kInternal, "the workspace could not be enrolled");
}

Result<consumers::ConductorClient> DemoConductor::sign_in(const std::string& name) {
  Client client({.url = url_});
  LUMENFLOW_TRY_ASSIGN(const auto session, client.sign_in({name, passphrase_}));
  say(name + " signs in as " + std::string(consumers::conductor::name(session.role)));
  return client;
}

// The sidecar, which runs, takes the enrollment up and says there which tools it has.
Status DemoConductor::list_tools(Client& ana) {
  const Timestamp give_up = context_.clock.now() + kArrivalTime;
  auto registry = ana.tools(kDemoWorkspace);
  while (!registry.ok() && registry.error().code() == ErrorCode::kNotFound && context_.clock.now() < give_up) {
    if (process_->wait(kAskAgain).ok()) return Error(ErrorCode::kUnreachable, "the conductor has ended by itself");
    registry = ana.tools(kDemoWorkspace);
  }
  if (!registry.ok()) return registry.error();
  say("the sidecar has dialled out to it, and the conductor knows the workspace's tools:");
  const std::size_t count = registry->tools.size();
  for (std::size_t i = 0; i < std::min(count, kToolsShown); ++i)
    context_.out << "  " << registry->tools[i].name << "\n";
  if (count > kToolsShown) context_.out << "  and " << count - kToolsShown << " more" << std::endl;
  return {};
}

Status DemoConductor::call(Client& ana) {
  say("ana calls one through the conductor; the workspace decides, by its own scopes and policy, and keeps the "
      "receipt:");
  LUMENFLOW_TRY_ASSIGN(const auto outcome, create_task(ana, "Call the plumber"));
  const bool has_data = outcome.result && outcome.result->data;
  context_.out << "< " << consumers::conductor::name(outcome.state) << " "
               << (has_data ? json::serialize(*outcome.result->data) : "") << "\n  receipt "
               << outcome.receipt_id.value_or("") << std::endl;
  if (outcome.state == consumers::conductor::CommandStateName::kDone && has_data) return {};
  return Error(ErrorCode::kInternal, "the call through the conductor was expected to be done");
}

// The workspace's events as the conductor has them, from the first one.
Status DemoConductor::watch_event(Client& ana) {
  say("the event of that call arrives in the conductor's own log:");
  consumers::EventQuery query{.kind = "agent-runtime:tool_called"};
  const Timestamp give_up = context_.clock.now() + kArrivalTime;
  while (context_.clock.now() < give_up) {
    LUMENFLOW_TRY_ASSIGN(const auto page, ana.events(kDemoWorkspace, query));
    for (const auto& item : page.items) {
      const auto* event = std::get_if<consumers::conductor::WorkspaceEvent>(&item);
      if (event == nullptr || !event->payload) continue;
      const json::Value payload(*event->payload);
      if (json::string_or(payload, "tool_name", "") != kCalledTool) continue;
      context_.out << "  position " << event->position << ": #" << event->seq << " " << event->kind << " "
                   << kCalledTool << " " << json::string_or(payload, "outcome", "") << std::endl;
      return {};
    }
    if (page.next) query.after = *page.next;
    if (process_->wait(kAskAgain).ok()) return Error(ErrorCode::kUnreachable, "the conductor has ended by itself");
  }
  return Error(ErrorCode::kRequestTimeout, "the call's event did not arrive at the conductor");
}

Status DemoConductor::refuse(Client& vic) {
  say("vic asks for the same, and nothing goes to the workspace:");
  const auto refused = create_task(vic, "Not for vic to ask");
  if (refused.ok()) return Error(ErrorCode::kInternal, "a viewer was expected to be refused");
  context_.out << "< " << name(refused.error().code()) << ": " << refused.error().message() << std::endl;
  return refused.error().code() == ErrorCode::kTokenScopeDenied ? Status() : Status(refused.error());
}

Status DemoConductor::compare() {
  say("and the workspace holds its journal against what the conductor has; what was before the ticket is an explained "
      "gap:");
  return well(run_audit_compare(context_, {}), ErrorCode::kJournalDamaged, "the two sides do not agree");
}

Result<consumers::conductor::ToolOutcome> DemoConductor::create_task(Client& who, std::string_view title) {
  const json::Object input{{"title", title}};
  context_.out << "> " << kCalledTool << " of " << kDemoWorkspace << " " << json::serialize(json::Value(input))
               << std::endl;
  return who.call(kDemoWorkspace, kCalledTool, input);
}

void DemoConductor::say(const std::string& text) { context_.out << "* " << text << std::endl; }

}  // namespace lumenflow::cli
