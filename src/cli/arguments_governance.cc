// Commands of governance: tokens, devices, policy, approvals, tasks.
#include <CLI/CLI.hpp>

#include "cli/parsed.h"

namespace lumenflow::cli {

void add_token_commands(CLI::App& app, Parsed& parsed) {
  CLI::App& token = *app.add_subcommand("token", "Mint and revoke tokens")->require_subcommand(1);
  CLI::App* mint = token.add_subcommand("mint", "Sign a token; prints the token alone");
  mint->add_option("--subject", parsed.token.subject, "default: the workspace's id");
  mint->add_option("--scope", parsed.token.scope, "scopes separated by spaces (default: workspace)");
  mint->add_option("--audience", parsed.token.audience, "default: sidecar");
  mint->add_option("--ttl", parsed.token.ttl, "life, e.g. 1h (default: 24h)");
  mint->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_token_mint(context, parsed.token); }; });
  for (const char* option :
       {"--subject", "--scope", "--audience", "--ttl"})  // an unset variable is no wish for defaults
    mint->get_option(option)->check(not_blank);
  CLI::App* revoke = token.add_subcommand("revoke", "Refuse a token from now on");
  revoke->add_option("--jti", parsed.token.token_id, "the token's id")->required();
  revoke->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_token_revoke(context, parsed.token); }; });
  revoke->get_option("--jti")->check(not_blank);
  for (CLI::App* command : {mint, revoke}) {
    command->add_option("--passphrase-file", parsed.token.passphrase_file, "unlocks the operator key; - for stdin");
    command->add_flag("--json", parsed.token.json);
  }
}

void add_enroll_commands(CLI::App& app, Parsed& parsed) {
  EnrollFlags& flags = parsed.enroll;
  CLI::App* enroll = app.add_subcommand("enroll", "Give a conductor a token of this workspace, and take one of its");
  enroll->add_option("--conductor", flags.conductor, "its URL");
  enroll->add_option("--ticket", flags.ticket, "the one-time code that its operator gave you");
  enroll->add_option("--scope", flags.scope, "what it may do here (default: workspace)");
  enroll->add_option("--ca", flags.ca_file, "PEM of the authorities that are trusted there, instead of the system's")
      ->check(CLI::ExistingFile);
  enroll->add_option("--install", flags.install_file, "check and install an answer that was carried by hand");
  enroll->add_flag("--backlog", flags.backlog, "send what was emitted before, too (default: from now on)");
  enroll->add_flag("--print-request", flags.print_request, "print what the conductor is asked, to be carried by hand");
  enroll->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_enroll(context, parsed.enroll); }; });
  for (const char* option : {"--conductor", "--ticket", "--scope", "--install"})
    enroll->get_option(option)->check(not_blank);
  CLI::App* unenroll = app.add_subcommand("unenroll", "Leave the conductor; its token counts no more");
  unenroll->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_unenroll(context, parsed.enroll); }; });
  for (CLI::App* command : {enroll, unenroll}) {
    command->add_option("--passphrase-file", flags.passphrase_file, "unlocks the operator key; - for stdin");
    command->add_flag("--json", flags.json);
  }
}

void add_device_commands(CLI::App& app, Parsed& parsed) {
  CLI::App& device = *app.add_subcommand("device", "Phones and browsers that decide")->require_subcommand(1);
  using Run = int (*)(Context&, const DeviceFlags&);
  const auto add = [&](const char* name, const char* what, Run run) {
    CLI::App* command = device.add_subcommand(name, what);
    command->add_flag("--json", parsed.device.json);
    command->callback(
        [&parsed, run] { parsed.run = [&parsed, run](Context& context) { return run(context, parsed.device); }; });
    return command;
  };
  add("list", "Every device, those that were revoked too", run_device_list);
  CLI::App* pin =
      add("add", "Invite a device by a link and a QR code, or pin the key that you have of it", run_device_add);
  pin->add_option("--name", parsed.device.name, "for people");
  pin->add_option("--public-key", parsed.device.public_key_file, "file with the PEM of its P-256 key");
  pin->add_option("--scope", parsed.device.scope, "what it would be given (default: to look and to decide)");
  CLI::App* revoke = add("revoke", "Refuse its tokens and its signatures from now on", run_device_revoke);
  pin->add_option("id", parsed.device.id, "lower-case letters, digits and '-'");
  revoke->add_option("id", parsed.device.id, "as `lumenflow device list` says")->required();
  for (CLI::App* command : {pin, revoke}) {
    command->add_option("--passphrase-file", parsed.device.passphrase_file, "unlocks the operator key; - for stdin");
  }
}

void add_stop_commands(CLI::App& app, Parsed& parsed) {
  CLI::App* stop = app.add_subcommand("stop", "End the calls of a tool or a subject, and refuse later ones");
  stop->add_option("target", parsed.stop.target, "a tool, a subject, or all; without one: what is stopped");
  stop->add_option("--reason", parsed.stop.reason, "recorded with it");
  stop->callback([&parsed] { parsed.run = [&parsed](Context& context) { return run_stop(context, parsed.stop); }; });
  CLI::App* resume = app.add_subcommand("resume", "Take calls again that were stopped");
  resume->add_option("target", parsed.stop.target, "as it was stopped")->required();
  resume->add_option("--passphrase-file", parsed.stop.passphrase_file, "unlocks the operator key; - for stdin");
  resume->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_resume(context, parsed.stop); }; });
  for (CLI::App* command : {stop, resume}) command->add_flag("--json", parsed.stop.json);
}

void add_operator_key_commands(CLI::App& app, Parsed& parsed) {
  CLI::App& key =
      *app.add_subcommand("operator-key", "Another operator key than the pinned one")->require_subcommand(1);
  CLI::App* accept = key.add_subcommand("accept", "Pin the key that is on the disk; the old one signs that");
  accept->add_option("--old-key", parsed.operator_key.old_key_file, "the pinned key's operator.pem")->required();
  accept->add_option("--passphrase-file", parsed.operator_key.passphrase_file, "unlocks the old key; - for stdin");
  accept->callback([&parsed] {
    parsed.run = [&parsed](Context& context) { return run_operator_key_accept(context, parsed.operator_key); };
  });
  CLI::App* repin = key.add_subcommand("repin", "The same where the old one is lost; not in production");
  repin->callback([&parsed] {
    parsed.run = [&parsed](Context& context) { return run_operator_key_repin(context, parsed.operator_key); };
  });
  for (CLI::App* command : {accept, repin}) {
    command->add_option("thumbprint", parsed.operator_key.thumbprint, "of the key on the disk, as doctor says it");
    // One in 64 begins with a dash, and is no option.
    command->allow_extras()->parse_complete_callback([command, &parsed] {
      const std::vector<std::string> rest = command->remaining();
      if (!rest.empty() && (rest.size() > 1 || !parsed.operator_key.thumbprint.empty())) throw CLI::ExtrasError(rest);
      if (!rest.empty()) parsed.operator_key.thumbprint = rest.front();
      if (parsed.operator_key.thumbprint.empty()) throw CLI::RequiredError("thumbprint");
    });
    command->add_flag("--json", parsed.operator_key.json);
  }
}

void add_policy_commands(CLI::App& app, Parsed& parsed) {
  CLI::App& policy =
      *app.add_subcommand("policy", "What the policy rules say, without running anything")->require_subcommand(1);
  CLI::App* explain =
      policy.add_subcommand("explain", "Every rule that a call would match, the scopes and the verdict");
  explain->add_option("tool", parsed.policy.target, "tool name or alias")->required();
  explain->add_option("--input", parsed.policy.input, "JSON, @FILE, or - for stdin")->capture_default_str();
  explain->add_option("--as", parsed.policy.subject, "the caller's subject, such as ws-42:phone:p1");
  explain->add_option("--lane", parsed.policy.lane, "as if the call were in this lane");
  explain->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_policy_explain(context, parsed.policy); }; });
  CLI::App* test = policy.add_subcommand("test", "Compare the rules with a table of expectations");
  test->add_option("file", parsed.policy.target, "YAML: a list of {tool, input?, as?, lane?, expect, rule?, name?}")
      ->required();
  test->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_policy_test(context, parsed.policy); }; });
  for (CLI::App* command : {explain, test}) command->add_flag("--json", parsed.policy.json);
}

void add_approval_commands(CLI::App& app, Parsed& parsed) {
  CLI::App& approvals = *app.add_subcommand("approvals", "Calls that wait for an approval")->require_subcommand(1);
  using Run = int (*)(Context&, const ApprovalFlags&);
  const auto add = [&](const char* name, const char* what, Run run) {
    CLI::App* command = approvals.add_subcommand(name, what);
    command->add_flag("--json", parsed.approvals.json);
    command->callback(
        [&parsed, run] { parsed.run = [&parsed, run](Context& context) { return run(context, parsed.approvals); }; });
    return command;
  };
  add("list", "Those that are open, the soonest to expire first", run_approvals_list);
  CLI::App* show = add("show", "One, with all that a decision is bound to", run_approvals_show);
  CLI::App* approve = add("approve", "Let the call go on, once", run_approvals_approve);
  CLI::App* deny = add("deny", "End the call with APPROVAL_DENIED", run_approvals_deny);
  show->add_option("id", parsed.approvals.ids, "the approval, appr-…")->required()->expected(1);
  approve->add_flag("--no-wait", parsed.approvals.no_wait, "return before the call has ended");
  for (CLI::App* command : {approve, deny}) {
    command->add_option("id", parsed.approvals.ids, "the approvals, appr-…, each decided by itself")->required();
    command->add_option("--reason", parsed.approvals.reason, "recorded with the decision");
    command->add_option("--passphrase-file", parsed.approvals.passphrase_file, "unlocks the operator key; - for stdin");
  }
}

void add_recover_commands(CLI::App& app, Parsed& parsed) {
  CLI::App& recover =
      *app.add_subcommand("recover", "What calls left behind, and what is proposed about it")->require_subcommand(1);
  using Run = int (*)(Context&, const RecoverFlags&);
  const auto add = [&](const char* name, const char* what, Run run) {
    CLI::App* command = recover.add_subcommand(name, what);
    command->add_flag("--json", parsed.recover.json);
    command->callback(
        [&parsed, run] { parsed.run = [&parsed, run](Context& context) { return run(context, parsed.recover); }; });
    return command;
  };
  add("list", "Those that are open, oldest first", run_recover_list)
      ->add_flag("--all", parsed.recover.all, "also what is confirmed, and what needs nothing");
  CLI::App* show = add("show", "One, with the call that it proposes", run_recover_show);
  CLI::App* confirm = add("confirm", "Call what it proposes, once, in your own name", run_recover_confirm);
  for (CLI::App* command : {show, confirm}) command->add_option("id", parsed.recover.id, "rec-…")->required();
  confirm->add_flag("--no-wait", parsed.recover.no_wait, "return before the call has ended");
  confirm->add_option("--reason", parsed.recover.reason, "recorded with it");
  confirm->add_option("--passphrase-file", parsed.recover.passphrase_file, "unlocks the operator key; - for stdin");
}

void add_task_commands(CLI::App& app, Parsed& parsed) {
  CLI::App& tasks = *app.add_subcommand("tasks", "Units of work: who is at what, and how far")->require_subcommand(1);
  TaskFlags& flags = parsed.tasks;
  const auto add = [&](const char* name, const char* what, std::function<int(Context&, const TaskFlags&)> run) {
    CLI::App* command = tasks.add_subcommand(name, what);
    command->add_flag("--json", flags.json);
    command->callback([&parsed, run = std::move(run)] {
      parsed.run = [&parsed, run](Context& context) { return run(context, parsed.tasks); };
    });
    return command;
  };
  add("list", "All, or those in one state", run_tasks_list)
      ->add_option("--state", flags.state)
      ->check(CLI::IsMember({"ready", "active", "blocked", "waiting", "done"}));
  add("show", "One task", run_tasks_show)->add_option("id", flags.id)->required();
  const auto add_change = [&](const char* name, const char* what) {
    CLI::App* command = add(name, what, [name](Context& context, const TaskFlags& asked) {
      return run_tasks_change(context, name, asked);
    });
    command->add_option("id", flags.id, "the task")->required();
    return command;
  };
  const auto add_asked = [&](CLI::App* command) {
    command->add_option("--type", flags.type, "the kind of work, e.g. work-unit")->required();
    command->add_option("--title", flags.title)->required();
    command->add_option("--lane", flags.lane, "one of lumenflow.yaml's lanes");
    command->add_option("--spec", flags.spec, "what is asked for, a JSON object; it never changes");
  };
  const auto add_reason = [&](CLI::App* command) {
    command->add_option("--reason", flags.reason, "for people")->required();
    return command;
  };
  add_asked(add_change("create", "Record what is asked for"));
  add_change("claim", "Take a task that is ready")->add_option("--session", flags.session, "default: who calls");
  add_reason(add_change("block", "Say why an active task cannot go on"));
  add_change("unblock", "Let a blocked task go on");
  add_reason(add_change("wait", "Say what an active task waits for"))
      ->add_option("--for", flags.wait_for, "in the form of the task's type, a JSON object");
  add_change("resume", "Let a waiting task go on");
  add_reason(add_change("release", "Give an active task back"));
  CLI::App* delegate = add_change("delegate", "Create a task as part of one that is claimed");
  delegate->add_option("--parent", flags.parent, "the task it is a part of")->required();
  add_asked(delegate);
  add_change("complete", "Say that a task is done")
      ->add_option("--evidence", flags.evidence, "what shows it; repeatable");
}

}  // namespace lumenflow::cli
