// The commands: each is a function of the context and what its flags said; the answer is the exit code.
//
// 0 ok, 1 refused or failed, 2 usage or could not run, 3 could not reach the sidecar.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.h"

namespace lumenflow::cli {

struct InitFlags {
  std::string id;
  bool production = false;
  std::string passphrase_file;
};
int run_init(Context& context, const InitFlags& flags);

struct UpFlags {
  std::string listen;
  std::string tls_cert;
  std::string tls_key;
  bool json = false;
  bool ui = false;              // serves the page of this workspace, too
  std::string ui_listen;        // of the page
  std::string passphrase_file;  // unlocks the operator key for the page
};
int run_up(Context& context, const UpFlags& flags);

int run_mcp(Context& context);

int run_tools(Context& context, bool json);

struct CallFlags {
  std::string tool;
  std::string input = "{}";  // JSON, @FILE or -
  std::string idempotency_key;
  bool json = false;
};
int run_call(Context& context, const CallFlags& flags);

struct EventFlags {
  std::string id;  // show
  std::string kind;
  std::uint64_t after = 0;
  std::string format = "jsonl";  // jsonl, cloudevents
  bool json = false;
};
int run_events_tail(Context& context, const EventFlags& flags);
int run_events_show(Context& context, const EventFlags& flags);
int run_events_export(Context& context, const EventFlags& flags);

struct OutboxFlags {
  std::string stream = "sidecar";
  std::uint64_t position = 0;  // of a dead letter
  bool all = false;            // every dead letter
  std::uint64_t after = 0;
  std::uint64_t limit = 100;
  std::string timeout = "30s";  // of drain
  std::string passphrase_file;  // of consent
  bool json = false;
};
int run_outbox_list(Context& context, const OutboxFlags& flags);
int run_outbox_stats(Context& context, const OutboxFlags& flags);
int run_outbox_drain(Context& context, const OutboxFlags& flags);
int run_outbox_export(Context& context, const OutboxFlags& flags);
int run_outbox_dead_letters(Context& context, const OutboxFlags& flags);
int run_outbox_requeue(Context& context, const OutboxFlags& flags);
int run_outbox_purge(Context& context, const OutboxFlags& flags);
int run_outbox_consent(Context& context, const OutboxFlags& flags);

struct HandlerFlags {
  std::string pack;
  std::string stream = "sidecar";
  std::uint64_t position = 0;  // of a dead letter
  bool json = false;
};
int run_handlers_list(Context& context, const HandlerFlags& flags);
int run_handlers_dead_letters(Context& context, const HandlerFlags& flags);
int run_handlers_requeue(Context& context, const HandlerFlags& flags);
int run_handlers_purge(Context& context, const HandlerFlags& flags);

struct InboxFlags {
  std::string kind;  // of send
  std::string payload = "{}";
  std::uint64_t after = 0;
  bool json = false;
};
int run_inbox(Context& context, const InboxFlags& flags);
int run_inbox_send(Context& context, const InboxFlags& flags);

struct AuditFlags {
  std::string what;  // show: a position or a receipt
  std::uint64_t position = 0;
  std::uint64_t from_size = 0;
  std::uint64_t to_size = 0;
  std::uint64_t after = 0;
  std::string since;
  std::string tool;
  std::string subject;
  std::string outcome;
  std::string format = "table";          // table, json, csv, cloudevents
  std::string out;                       // a file instead of stdout
  std::vector<std::string> checkpoints;  // verify: files that were kept elsewhere
  std::vector<std::string> witnesses;    // verify: keys that have signed each of those
  std::string key;                       // verify: the log's public key, instead of the workspace's
  std::string proof;                     // verify: this file instead of the journal
  bool dry_run = false;                  // retain: only say what would go
  bool json = false;
};
int run_audit_verify(Context& context, const AuditFlags& flags);
int run_audit_retain(Context& context, const AuditFlags& flags);
int run_audit_list(Context& context, const AuditFlags& flags);
int run_audit_show(Context& context, const AuditFlags& flags);
int run_audit_prove(Context& context, const AuditFlags& flags);
int run_audit_consistency(Context& context, const AuditFlags& flags);
int run_audit_export(Context& context, const AuditFlags& flags);
int run_audit_compare(Context& context, const AuditFlags& flags);

struct VerifyTurnFlags {
  std::string turn_id;
  bool json = false;
};
int run_verify_turn(Context& context, const VerifyTurnFlags& flags);

struct BackupFlags {
  std::string file;
  std::string into;  // restore: the workspace's folder; empty: as for init
  bool json = false;
};
int run_backup(Context& context, const BackupFlags& flags);
int run_restore(Context& context, const BackupFlags& flags);

struct DoctorFlags {
  std::string format = "text";  // text, json, sarif
  bool json = false;
};
int run_doctor(Context& context, const DoctorFlags& flags);

// lumenflow.yaml and the packs as they are on disk: taken up by the running sidecar, or only judged.
struct ReloadFlags {
  bool check = false;
  std::string passphrase_file;
  std::string format = "text";
};
int run_reload(Context& context, const ReloadFlags& flags);

struct PackValidateFlags {
  std::string folder = ".";
  std::string id;  // instead of the folder
  bool strict = false;
  std::string format = "text";
};
int run_pack_validate(Context& context, const PackValidateFlags& flags);

struct PackTestFlags {
  std::string folder = ".";
  std::string id;               // instead of the folder
  std::string format = "text";  // text, junit, tap
  std::uint64_t seed = 1;
};
int run_pack_test(Context& context, const PackTestFlags& flags);

struct PackScaffoldFlags {
  std::string id;
  std::string language = "cpp";  // cpp, python, node
  std::string folder;            // empty: named like the pack, here
};
int run_pack_scaffold(Context& context, const PackScaffoldFlags& flags);

struct PackPinFlags {
  std::string target;           // add: a folder or a builtin's id; remove: an id; hash: a folder or a builtin's id
  std::string integrity;        // add: "dev", or empty for the hash of what is there
  std::string format = "text";  // list
};
int run_pack_add(Context& context, const PackPinFlags& flags);
int run_pack_remove(Context& context, const PackPinFlags& flags);
int run_pack_list(Context& context, const PackPinFlags& flags);
int run_pack_hash(Context& context, const PackPinFlags& flags);

struct PackCompatFlags {
  std::string before, after;  // folders
  std::string format = "text";
};
int run_pack_compat(Context& context, const PackCompatFlags& flags);

struct GenerateFlags {
  bool check = false, watch = false;
  std::string base;        // a file instead of the core list
  std::string packs_root;  // default: packs, in the workspace where there is one
  std::string out;         // default: catalogue, beside the packs
  std::vector<std::string> remove;
  std::string format = "text";  // of faults: text, json, sarif
};
int run_generate(Context& context, const GenerateFlags& flags);

struct GenerateCompatFlags {
  std::string before, after;  // lock files
  std::string mode = "backward";
  std::string format = "text";  // text, json
};
int run_generate_compat(Context& context, const GenerateCompatFlags& flags);

struct RecordFlags {
  std::string file;
  bool stop = false, status = false;
  std::string passphrase_file;
  bool json = false;
};
int run_record(Context& context, const RecordFlags& flags);

struct ReplayFlags {
  std::string file, other;  // diff: the two
  bool verify = false;      // say only whether it holds
  bool map = false;
  std::optional<std::uint64_t> until;  // a tick; nothing: to the end
  bool json = false;
};
int run_replay(Context& context, const ReplayFlags& flags);
int run_replay_show(Context& context, const ReplayFlags& flags);
int run_replay_diff(Context& context, const ReplayFlags& flags);

struct BenchFlags {
  std::string name;
  bool json = false;
  bool quick = false;  // as little of everything as shows that it works; the figures say nothing
};
int run_bench(Context& context, const BenchFlags& flags);

struct DemoFlags {
  std::string name = "trace";
  bool once = false;
  bool json = false;  // sidekick: a line of JSON for each step
};
int run_demo(Context& context, const DemoFlags& flags);
int run_demo_sidekick(Context& context, const DemoFlags& flags);

int run_version(Context& context, bool json, bool errors);

// The text of --passphrase-file FILE, or of stdin for "-", without its line break; empty when no file is named.
Result<std::string> read_passphrase(const Context& context, const std::string& file);
// The same; and when no file is named and the workspace's operator key is locked, asks for it on the terminal, if there
// is one.
Result<std::string> operator_passphrase(const Context& context, const std::string& file);

}  // namespace lumenflow::cli
