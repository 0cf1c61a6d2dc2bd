// The command line once it is read: shared by the files that declare commands, and by nobody else.
#pragma once

#include <functional>
#include <string>

#include "cli/commands.h"
#include "cli/commands_conductor.h"
#include "cli/commands_governance.h"
#include "cli/commands_mounts.h"

namespace CLI {
class App;
}

namespace lumenflow::cli {

// Where the flags of all commands land, and which one was chosen. Lives as long as the parse and the run.
struct Parsed {
  std::function<int(Context&)> run;
  InitFlags init;
  UpFlags up;
  bool tools_json = false;
  CallFlags call;
  EventFlags events;
  OutboxFlags outbox;
  InboxFlags inbox;
  HandlerFlags handlers;
  AuditFlags audit;
  VerifyTurnFlags verify_turn;
  BackupFlags backup;
  TokenFlags token;
  EnrollFlags enroll;
  DeviceFlags device;
  StopFlags stop;
  OperatorKeyFlags operator_key;
  PolicyFlags policy;
  ApprovalFlags approvals;
  RecoverFlags recover;
  TaskFlags tasks;
  ConductorFlags conductor;
  DoctorFlags doctor;
  ReloadFlags reload;
  PackPinFlags pack_pin;
  PackCompatFlags pack_compat;
  RecordFlags record;
  ReplayFlags replay;
  GenerateFlags generate;
  GenerateCompatFlags generate_compat;
  PackValidateFlags pack_validate;
  PackTestFlags pack_test;
  PackScaffoldFlags pack_scaffold;
  ImportMcpFlags import_mcp;
  BenchFlags bench;
  DemoFlags demo;
  bool version_json = false, version_errors = false;
  std::string shell = "bash";
};

// Why the text of a flag is no value; empty where it is one (a check of CLI11).
std::string not_blank(const std::string& text);

// arguments_catalogue.cc: runtime event types.
void add_generate_commands(CLI::App& app, Parsed& parsed);
// arguments_recording.cc
void add_recording_commands(CLI::App& app, Parsed& parsed);

// arguments_mounts.cc: under `pack`.
void add_import_mcp(CLI::App& pack, Parsed& parsed);

// arguments_conductor.cc
void add_conductor_commands(CLI::App& app, Parsed& parsed);

// arguments_governance.cc: who may do what, and who is at what.
void add_enroll_commands(CLI::App& app, Parsed& parsed);
void add_token_commands(CLI::App& app, Parsed& parsed);
void add_device_commands(CLI::App& app, Parsed& parsed);
void add_stop_commands(CLI::App& app, Parsed& parsed);
void add_operator_key_commands(CLI::App& app, Parsed& parsed);
void add_policy_commands(CLI::App& app, Parsed& parsed);
void add_approval_commands(CLI::App& app, Parsed& parsed);
void add_recover_commands(CLI::App& app, Parsed& parsed);
void add_task_commands(CLI::App& app, Parsed& parsed);

}  // namespace lumenflow::cli
