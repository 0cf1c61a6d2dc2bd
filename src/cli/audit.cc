#include <functional>
#include <map>
#include <ostream>

#include "base/time.h"
#include "cli/audit_call.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/session.h"
#include "journal/entry.h"

namespace lumenflow::cli {
namespace {

constexpr int kRecordsPerPage = 500;
constexpr std::size_t kWrittenAtOnce = 1u << 20;  // bytes

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
           is("outcome", type == "call.parked" ? "pending" : "", flags_.outcome) &&
           (flags_.since.empty() || time_of(entry) >= flags_.since);
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

// An entry of any type as CloudEvents 1.0 in JSON: `source` and `id` name its place for good, `data` is the entry.
json::Value to_cloud_event(const json::Value& item, const json::Value& entry, const std::string& log_id) {
  const std::string position = cell(item.find("position"));
  json::Object out{{"specversion", "1.0"},
                   {"id", position},
                   {"source", "/logs/" + log_id},
                   {"type", "lumenflow.journal." + std::string(journal::type_of(entry))},
                   {"datacontenttype", "application/json"},
                   {"position", position},
                   {"leafhash", cell(item.find("leaf_hash"))},
                   {"data", entry}};
  if (const std::string_view time = time_of(entry); !time.empty()) out.set("time", time);
  if (const json::Value* receipt = entry.find("receipt_id"); receipt != nullptr) out.set("subject", *receipt);
  return json::Value(std::move(out));
}

// Entries as lines of a format.
class Writer {
 public:
  static Result<Writer> make(const Context& context, const std::string& format) {
    Writer writer;
    writer.format_ = format;
    if (format != "cloudevents") return writer;
    LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Session> session, Session::open(context));
    LUMENFLOW_TRY_ASSIGN(const json::Value head, session->get("/audit/head"));
    writer.log_id_ = json::string_or(head, "log_id", "");
    return writer;
  }
  std::string header() const { return format_ == "csv" ? csv_line(kColumns) : std::string(); }
  std::string line(const json::Value& item, const json::Value& entry) const {
    if (format_ == "csv") return csv_line(columns(item, entry));
    return json::serialize(format_ == "cloudevents" ? to_cloud_event(item, entry, log_id_) : item) + "\n";
  }

 private:
  Writer() = default;
  std::string format_, log_id_;
};

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
  const Result<Writer> writer = Writer::make(context, flags.format);
  if (!writer.ok()) return fail(context, writer.error());
  std::string text = writer->header();
  const Status status = for_each_entry(context, flags, [&](const json::Value& item, const json::Value& entry) {
    text += writer->line(item, entry);
    if (!flags.out.empty() || text.size() < kWrittenAtOnce) return;
    context.out << text;
    text.clear();
  });
  if (!status.ok()) return fail(context, status.error());
  return print_or_write(context, flags.out, text);
}

int run_audit_show(Context& context, const AuditFlags& flags) {
  if (flags.what.starts_with("rcpt-")) return show_recorded_call(context, flags);
  const bool is_number = !flags.what.empty() && flags.what.find_first_not_of("0123456789") == std::string::npos;
  if (!is_number)
    return fail_usage(context, Error(ErrorCode::kInvalidRequest,
                                     "'" + flags.what + "' is neither a position, from 1, nor a receipt, rcpt-…"));
  const std::string route = "/audit/" + flags.what;
  if (flags.json || flags.format == "table" || flags.format == "json") return print_route(context, route, flags.out);
  const Result<Writer> writer = Writer::make(context, flags.format);
  if (!writer.ok()) return fail(context, writer.error());
  const auto session = Session::open(context);
  if (!session.ok()) return fail(context, session.error());
  const Result<json::Value> item = (*session)->get(route);
  if (!item.ok()) return fail(context, item.error());
  const json::Value* entry = item->find("entry");
  if (entry == nullptr)
    return fail(context, Error(ErrorCode::kInternal, "GET " + route + " answered without an entry"));
  return print_or_write(context, flags.out, writer->header() + writer->line(*item, *entry));
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
