#include <functional>
#include <map>
#include <ostream>

#include "base/time.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/session.h"
#include "journal/call_row.h"
#include "log/checkpoint.h"
#include "log/sqlite_log.h"
#include "log/verify.h"
#include "sidecar/keys.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {
namespace {

constexpr int kRecordsPerPage = 500;

// Every head that the workspace signed and still has, checked against its own key.
Result<std::vector<log::Head>> signed_heads(const Context& context, const sidecar::WorkspacePaths& paths) {
  LUMENFLOW_TRY_ASSIGN(const sidecar::WorkspaceKeys keys, sidecar::load_keys(context.files, paths.keys));
  std::vector<log::Head> heads;
  LUMENFLOW_TRY_ASSIGN(const auto folder, context.files.stat(paths.checkpoints));
  if (!folder) return heads;
  LUMENFLOW_TRY_ASSIGN(const std::vector<std::string> names, context.files.list(paths.checkpoints));
  for (const std::string& name : names) {
    if (name.find(".tmp") != std::string::npos) continue;
    LUMENFLOW_TRY_ASSIGN(const std::string note, context.files.read(join_path(paths.checkpoints, name)));
    Result<log::Checkpoint> checkpoint = log::parse_checkpoint(note, keys.log_key.public_key);
    if (!checkpoint.ok())
      return Error(ErrorCode::kJournalDamaged, "checkpoint " + name + ": " + checkpoint.error().message());
    heads.push_back(checkpoint->head);
  }
  return heads;
}

struct Verdict {
  log::VerifyReport report;
  std::uint64_t bodies = 0;  // stored inputs and results, held against their hashes
};

// Reads the database itself and not through a running sidecar: what is checked is what is on disk.
Result<Verdict> verify(const Context& context) {
  LUMENFLOW_TRY_ASSIGN(const std::string root, workspace_root(context));
  const sidecar::WorkspacePaths paths(root);
  LUMENFLOW_TRY(sidecar::check_confinement(context.files, paths));
  LUMENFLOW_TRY_ASSIGN(const auto database, context.files.stat(paths.journal));
  if (!database) return Error(ErrorCode::kNotFound, "the workspace has no journal yet: " + paths.journal);
  LUMENFLOW_TRY_ASSIGN(const std::vector<log::Head> heads, signed_heads(context, paths));
  log::SqliteLogOptions options;
  options.path = paths.journal;
  options.new_log_id = "unused";
  options.read_only = sidecar::on_read_only_file_system(paths.state);
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<log::Log> log, log::open_sqlite_log(options));
  Verdict verdict;
  LUMENFLOW_TRY_ASSIGN(verdict.report, log::verify_all(*log, heads));
  log::VerifyReport& report = verdict.report;
  if (report.intact && heads.empty() && report.entries > 0) {
    report.intact = false;
    report.what = "no signed head is in " + paths.checkpoints +
                  ": the entries agree with each other, but nothing says that none is missing at the end";
  }
  if (!report.intact) return verdict;
  const journal::BlobStore blobs(context.files, paths.blobs);
  LUMENFLOW_TRY_ASSIGN(const journal::BodiesReport bodies, journal::verify_bodies(*log, blobs));
  verdict.bodies = bodies.checked;
  if (bodies.first_bad != 0) {
    report.intact = false;
    report.first_bad = report.last_bad = bodies.first_bad;
    report.what = bodies.what;
  }
  return verdict;
}

// An entry's own time; an event's is when it was emitted.
std::string_view time_of(const json::Value& entry) {
  const json::Value* event = entry.find("event");
  return event == nullptr ? json::string_or(entry, "ts", "") : json::string_or(*event, "emitted_at", "");
}

// Chooses entries. What a call's later entries leave out, its tool and subject, is remembered from the first one.
class EntryFilter {
 public:
  explicit EntryFilter(const AuditFlags& flags) : flags_(flags) {}

  bool matches(const json::Value& entry) {
    const std::string receipt(json::string_or(entry, "receipt_id", ""));
    const std::string_view type = journal::type_of(entry);
    if (type == "call.requested")
      calls_[receipt] = {std::string(json::string_or(entry, "tool", "")),
                         std::string(json::string_or(entry, "subject", ""))};
    const auto call = calls_.find(receipt);
    const auto is = [&](std::string_view key, const std::string& of_call, const std::string& wanted) {
      return wanted.empty() || json::string_or(entry, key, of_call) == wanted;
    };
    const Named named = call == calls_.end() ? Named() : call->second;
    if (type == "call.finished" && call != calls_.end()) calls_.erase(call);
    return is("tool", named.tool, flags_.tool) && is("subject", named.subject, flags_.subject) &&
           is("outcome", "", flags_.outcome) && (flags_.since.empty() || time_of(entry) >= flags_.since);
  }

 private:
  struct Named {
    std::string tool, subject;
  };
  const AuditFlags& flags_;
  std::map<std::string, Named, std::less<>> calls_;  // open ones, by receipt
};

template <class Each>
Status for_each_entry(const Context& context, const AuditFlags& flags, Each each) {
  AuditFlags wanted = flags;
  if (!flags.since.empty()) {
    const Result<Timestamp> since = parse_rfc3339(flags.since);
    if (!since.ok())
      return Error(ErrorCode::kInvalidRequest,
                   "--since '" + flags.since + "' is no RFC 3339 time, like 2026-01-31T09:00:00Z");
    wanted.since = format_rfc3339(*since);  // as the journal writes times, so that their texts compare
  }
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Session> session, Session::open(context));
  EntryFilter filter(wanted);
  for (std::uint64_t after = flags.after;;) {
    LUMENFLOW_TRY_ASSIGN(const json::Value page, session->get("/audit?after=" + std::to_string(after) +
                                                              "&limit=" + std::to_string(kRecordsPerPage)));
    const json::Value* items = page.find("items");
    if (items == nullptr || !items->is_array()) return Error(ErrorCode::kInternal, "GET /audit answered without items");
    for (const json::Value& item : items->as_array()) {
      const json::Value* entry = item.find("entry");
      if (entry != nullptr && filter.matches(*entry)) each(item, *entry);
    }
    const json::Value* next = page.find("next");
    if (next == nullptr || next->is_null()) return {};
    after = static_cast<std::uint64_t>(next->as_integer());
  }
}

std::vector<std::string> columns(const json::Value& item, const json::Value& entry) {
  const json::Value* event = entry.find("event");
  const auto of_entry = [&](std::string_view key) { return cell(entry.find(key)); };
  std::string when = of_entry("ts"), what = of_entry("tool"), who = of_entry("subject");
  if (event != nullptr)
    when = cell(event->find("emitted_at")), what = cell(event->find("kind")), who = cell(event->find("from"));
  std::string result = of_entry("outcome");
  if (const std::string code = of_entry("code"); !code.empty()) result += result.empty() ? code : " " + code;
  return {cell(item.find("position")), when, of_entry("type"), what, who, result, of_entry("receipt_id")};
}

const std::vector<std::string> kColumns = {"POSITION", "TIME", "TYPE", "WHAT", "WHO", "OUTCOME", "RECEIPT"};

int print_or_write(Context& context, const std::string& path, const std::string& text) {
  if (path.empty()) {
    context.out << text;
    return 0;
  }
  const Status status = context.files.write_atomic(path, text);
  return status.ok() ? 0 : fail(context, status.error());
}

int print_route(Context& context, const std::string& route, const std::string& path) {
  const auto session = Session::open(context);
  if (!session.ok()) return fail(context, session.error());
  const Result<json::Value> answer = (*session)->get(route);
  if (!answer.ok()) return fail(context, answer.error());
  return print_or_write(context, path, json::serialize_pretty(*answer) + "\n");
}

}  // namespace

int run_audit_verify(Context& context, const AuditFlags& flags) {
  const Result<Verdict> verdict = verify(context);
  if (!verdict.ok()) return fail(context, verdict.error());
  const log::VerifyReport& report = verdict->report;
  if (flags.json) {
    json::Object out{{"intact", report.intact}, {"entries", report.entries},    {"bodies", verdict->bodies},
                     {"heads", report.heads},   {"log_id", report.head.log_id}, {"size", report.head.size}};
    if (!report.intact) out.set("first_bad", report.first_bad), out.set("what", report.what);
    context.out << json::serialize(json::Value(std::move(out))) << "\n";
  } else if (report.intact) {
    context.out << "intact: " << report.entries << " entries of log " << report.head.log_id << ", the "
                << verdict->bodies << " stored inputs and results and " << report.heads << " signed heads hold\n";
  } else if (report.first_bad == 0) {
    context.err << "NOT PROVEN: " << report.what << "\n";
  } else {
    // The report's text names the same position wherever it stands alone.
    const std::string place = "at position " + std::to_string(report.first_bad) + ": ";
    context.err << "DAMAGED " << (report.what.starts_with(place) ? "" : place) << report.what << "\n";
  }
  return report.intact ? 0 : 1;
}

int run_audit_list(Context& context, const AuditFlags& flags) {
  if (flags.json || flags.format != "table") {
    AuditFlags as_export = flags;
    if (flags.json) as_export.format = "json";
    return run_audit_export(context, as_export);
  }
  std::vector<std::vector<std::string>> rows;
  const Status status = for_each_entry(
      context, flags, [&](const json::Value& item, const json::Value& entry) { rows.push_back(columns(item, entry)); });
  if (!status.ok()) return fail(context, status.error());
  print_table(context.out, kColumns, rows);
  return 0;
}

int run_audit_export(Context& context, const AuditFlags& flags) {
  std::string text = flags.format == "csv" ? csv_line(kColumns) : std::string();
  const Status status = for_each_entry(context, flags, [&](const json::Value& item, const json::Value& entry) {
    text += flags.format == "csv" ? csv_line(columns(item, entry)) : json::serialize(item) + "\n";
  });
  if (!status.ok()) return fail(context, status.error());
  return print_or_write(context, flags.out, text);
}

int run_audit_show(Context& context, const AuditFlags& flags) {
  return print_route(context, "/audit/" + std::to_string(flags.position), flags.out);
}

int run_audit_prove(Context& context, const AuditFlags& flags) {
  return print_route(context, "/audit/" + std::to_string(flags.position) + "/proof", flags.out);
}

int run_audit_consistency(Context& context, const AuditFlags& flags) {
  return print_route(context,
                     "/audit/head?from=" + std::to_string(flags.from_size) + "&to=" + std::to_string(flags.to_size),
                     flags.out);
}

}  // namespace lumenflow::cli
