// `lumenflow audit verify`: reads the database itself and not through a running sidecar: what is checked is what is on
// disk. With --proof it reads no journal at all.
#include <algorithm>
#include <ostream>

#include "base/encoding.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/session.h"
#include "journal/call_row.h"
#include "journal/former_logs.h"
#include "journal/proof.h"
#include "log/checkpoint.h"
#include "log/sqlite_log.h"
#include "log/verify.h"
#include "log/witness.h"
#include "sidecar/keys.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {
namespace {

constexpr std::size_t kFileBytesMax = 128u << 20;

// The public key of --key FILE (log.pub), else the workspace's own.
Result<std::string> log_key(const Context& context, const AuditFlags& flags) {
  if (flags.key.empty()) {
    LUMENFLOW_TRY_ASSIGN(const std::string root, workspace_root(context));
    LUMENFLOW_TRY_ASSIGN(sidecar::WorkspaceKeys keys,
                         sidecar::load_keys(context.files, sidecar::WorkspacePaths(root).keys));
    return std::move(keys.log_key.public_key);
  }
  LUMENFLOW_TRY_ASSIGN(std::string text, context.files.read(flags.key, 4'096));
  while (text.ends_with('\n')) text.pop_back();
  const std::optional<std::string> key = from_base64(text);
  if (!key || key->size() != 32)
    return Error(ErrorCode::kInvalidRequest, "--key " + flags.key + " is not the base64 of a log's public key");
  return *key;
}

// What the workspace signed and still has, checked against its own key.
Status add_own_heads(const Context& context, const sidecar::WorkspacePaths& paths, const std::string& key,
                     std::vector<log::Head>& heads) {
  LUMENFLOW_TRY_ASSIGN(const auto folder, context.files.stat(paths.checkpoints));
  if (!folder) return {};
  LUMENFLOW_TRY_ASSIGN(const std::vector<std::string> names, context.files.list(paths.checkpoints));
  for (const std::string& name : names) {
    if (name.find(".tmp") != std::string::npos) continue;
    LUMENFLOW_TRY_ASSIGN(const std::string note, context.files.read(join_path(paths.checkpoints, name)));
    Result<log::Checkpoint> checkpoint = log::parse_checkpoint(note, key);
    if (!checkpoint.ok())
      return Error(ErrorCode::kJournalDamaged, "checkpoint " + name + ": " + checkpoint.error().message());
    heads.push_back(checkpoint->head);
  }
  return {};
}

// --witness KEY: who has to have signed every checkpoint that was kept elsewhere.
Status check_witnesses(const AuditFlags& flags, const std::string& path, const std::string& note) {
  for (const std::string& text : flags.witnesses) {
    const Result<log::WitnessKey> witness = log::parse_witness_key(text);
    if (!witness.ok()) return Error(ErrorCode::kInvalidRequest, "--witness " + text + ": " + witness.error().message());
    const Result<std::optional<Timestamp>> signed_at = log::cosigned_at(note, *witness);
    if (!signed_at.ok()) return Error(ErrorCode::kInvalidInput, path + ": " + signed_at.error().message());
    if (!*signed_at) return Error(ErrorCode::kInvalidInput, path + " is not co-signed by " + witness->name);
  }
  return {};
}

// Those that somebody kept elsewhere: --checkpoint FILE.
Status add_held_heads(const Context& context, const AuditFlags& flags, const std::string& key,
                      std::vector<log::Head>& heads) {
  for (const std::string& path : flags.checkpoints) {
    LUMENFLOW_TRY_ASSIGN(const std::string note, context.files.read(path, kFileBytesMax));
    Result<log::Checkpoint> checkpoint = log::parse_checkpoint(note, key);
    if (!checkpoint.ok()) return Error(ErrorCode::kInvalidInput, path + ": " + checkpoint.error().message());
    LUMENFLOW_TRY(check_witnesses(flags, path, note));
    heads.push_back(checkpoint->head);
  }
  return {};
}

// A head of the log that this one was restored from is one of these entries too.
Status adopt_former_heads(const log::Log& log, std::vector<log::Head>& heads) {
  const std::string own = log.head().log_id;
  if (std::ranges::all_of(heads, [&](const log::Head& head) { return head.log_id == own; })) return {};
  LUMENFLOW_TRY_ASSIGN(const auto former, journal::former_logs(log));
  for (log::Head& head : heads) {
    const auto found = former.find(head.log_id);
    if (found != former.end() && head.size <= found->second) head.log_id = own;
  }
  return {};
}

struct Verdict {
  log::VerifyReport report;
  journal::BodiesReport bodies;
  std::size_t held = 0;  // of the heads: how many were kept elsewhere
};

// No head says that nothing is missing, or a body is not what its entry says.
Status judge_further(const log::Log& log, const journal::BlobStore& blobs, const std::string& folder,
                     const std::string& key, bool has_heads, Verdict& verdict) {
  log::VerifyReport& report = verdict.report;
  if (report.intact && !has_heads && report.entries > 0) {
    report.intact = false;
    report.what = "no signed head is in " + folder +
                  ": the entries agree with each other, but nothing says that none is missing at the end";
  }
  if (!report.intact) return {};
  LUMENFLOW_TRY_ASSIGN(verdict.bodies, journal::verify_bodies(log, blobs, key));
  if (verdict.bodies.first_bad == 0) return {};
  report.intact = false;
  report.first_bad = report.last_bad = verdict.bodies.first_bad;
  report.what = verdict.bodies.what;
  return {};
}

Result<Verdict> verify(const Context& context, const AuditFlags& flags) {
  LUMENFLOW_TRY_ASSIGN(const std::string root, workspace_root(context));
  const sidecar::WorkspacePaths paths(root);
  LUMENFLOW_TRY(sidecar::check_confinement(context.files, paths));
  LUMENFLOW_TRY_ASSIGN(const auto database, context.files.stat(paths.journal));
  if (!database) return Error(ErrorCode::kNotFound, "the workspace has no journal yet: " + paths.journal);
  LUMENFLOW_TRY_ASSIGN(const std::string key, log_key(context, flags));
  std::vector<log::Head> heads;
  LUMENFLOW_TRY(add_held_heads(context, flags, key, heads));
  Verdict verdict;
  verdict.held = heads.size();
  LUMENFLOW_TRY(add_own_heads(context, paths, key, heads));
  log::SqliteLogOptions options;
  options.path = paths.journal;
  options.new_log_id = "unused";
  options.read_only = sidecar::on_read_only_file_system(paths.state);
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<log::Log> log, log::open_sqlite_log(options));
  LUMENFLOW_TRY(adopt_former_heads(*log, heads));
  LUMENFLOW_TRY_ASSIGN(verdict.report, log::verify_all(*log, heads));
  const journal::BlobStore blobs(context.files, paths.blobs);
  LUMENFLOW_TRY(judge_further(*log, blobs, paths.checkpoints, key, !heads.empty(), verdict));
  return verdict;
}

json::Value as_json(const Verdict& verdict) {
  const log::VerifyReport& report = verdict.report;
  json::Object out{{"intact", report.intact},
                   {"entries", report.entries},
                   {"bodies", verdict.bodies.checked},
                   {"heads", report.heads},
                   {"held", verdict.held},
                   {"log_id", report.head.log_id},
                   {"size", report.head.size},
                   {"bodies_let_go", verdict.bodies.let_go}};
  if (!report.intact)
    out.set("first_bad", report.first_bad), out.set("last_bad", report.last_bad), out.set("what", report.what);
  return json::Value(std::move(out));
}

void say(Context& context, const Verdict& verdict) {
  const log::VerifyReport& report = verdict.report;
  if (report.intact) {
    context.out << "intact: " << report.entries << " entries of log " << report.head.log_id << ", the "
                << verdict.bodies.checked << " stored inputs and results and " << report.heads << " signed heads hold";
    if (verdict.held > 0) context.out << ", " << verdict.held << " of them kept elsewhere";
    if (verdict.bodies.let_go > 0)
      context.out << "; retention let go of those of " << verdict.bodies.let_go << " rows: inputs up to position "
                  << verdict.bodies.cut.inputs.value() << ", outputs up to " << verdict.bodies.cut.outputs.value();
    context.out << "\n";
  } else if (report.first_bad == 0) {
    context.err << "NOT PROVEN: " << report.what << "\n";
  } else if (report.first_bad != report.last_bad) {
    context.err << "DAMAGED between positions " << report.first_bad << " and " << report.last_bad << ": " << report.what
                << "\n";
  } else {
    // The report's text names the same position wherever it stands alone.
    const std::string place = "at position " + std::to_string(report.first_bad) + ": ";
    context.err << "DAMAGED " << (report.what.starts_with(place) ? "" : place) << report.what << "\n";
  }
}

Result<journal::Proven> check_proof_file(const Context& context, const AuditFlags& flags) {
  LUMENFLOW_TRY_ASSIGN(const std::string key, log_key(context, flags));
  LUMENFLOW_TRY_ASSIGN(const std::string text, context.files.read(flags.proof, kFileBytesMax));
  Result<json::Value> document = json::parse(text);
  if (!document.ok()) return Error(ErrorCode::kInvalidInput, flags.proof + ": " + document.error().message());
  return journal::check_proof(*document, key);
}

int verify_proof(Context& context, const AuditFlags& flags) {
  const Result<journal::Proven> proven = check_proof_file(context, flags);
  if (!proven.ok()) return fail(context, proven.error());
  const bool of_entry = proven->position.value() != 0;
  if (flags.json) {
    json::Object out{{"intact", true}, {"log_id", proven->head.log_id}, {"size", proven->head.size}};
    if (of_entry)
      out.set("position", proven->position.value());
    else
      out.set("from_size", proven->from_size);
    context.out << json::serialize(json::Value(std::move(out))) << "\n";
  } else if (of_entry) {
    context.out << "holds: entry " << proven->position.value() << " of log " << proven->head.log_id << ", among "
                << proven->head.size << " entries\n";
  } else {
    context.out << "holds: log " << proven->head.log_id << " grew from " << proven->from_size << " to "
                << proven->head.size << " entries\n";
  }
  return 0;
}

}  // namespace

int run_audit_verify(Context& context, const AuditFlags& flags) {
  if (!flags.proof.empty()) return verify_proof(context, flags);
  const Result<Verdict> verdict = verify(context, flags);
  if (!verdict.ok()) return fail(context, verdict.error());
  if (flags.json)
    context.out << json::serialize(as_json(*verdict)) << "\n";
  else
    say(context, *verdict);
  return verdict->report.intact ? 0 : 1;
}

}  // namespace lumenflow::cli
