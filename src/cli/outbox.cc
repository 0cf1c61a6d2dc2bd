// lumenflow outbox …: what waits for the other side, and what it refused for good.
#include <functional>
#include <ostream>
#include <thread>

#include "base/time.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/session.h"

namespace lumenflow::cli {
namespace {

constexpr std::uint64_t kOutboxPerPage = 500;
constexpr std::chrono::milliseconds kLookAgain{100};

std::string page_path(std::string_view route, const OutboxFlags& flags, std::uint64_t after, std::uint64_t limit) {
  return std::string(route) + "?stream=" + encode_path_segment(flags.stream) + "&after=" + std::to_string(after) +
         "&limit=" + std::to_string(limit);
}

// Every item of a route, page by page, at most `limit` of them.
Status for_each(Session& session, std::string_view route, const OutboxFlags& flags, std::uint64_t limit,
                const std::function<Status(const json::Value&)>& each) {
  for (std::uint64_t after = flags.after; limit > 0;) {
    LUMENFLOW_TRY_ASSIGN(const json::Value page,
                         session.get(page_path(route, flags, after, std::min(limit, kOutboxPerPage))));
    const json::Value* items = page.find("items");
    if (items == nullptr || !items->is_array())
      return Error(ErrorCode::kInternal, "the sidecar answered without items");
    for (const json::Value& item : items->as_array()) LUMENFLOW_TRY(each(item));
    limit -= std::min<std::uint64_t>(limit, items->as_array().size());
    const json::Value* next = page.find("next");
    if (next == nullptr || next->is_null()) return {};
    after = static_cast<std::uint64_t>(next->as_integer());
  }
  return {};
}

int run(Context& context, const std::function<Status(Session&)>& work) {
  const auto session = Session::open(context);
  if (!session.ok()) return fail(context, session.error());
  const Status status = work(**session);
  return status.ok() ? 0 : fail(context, status.error());
}

// A table, or one line of JSON for each.
Status list(Context& context, Session& session, std::string_view route, const OutboxFlags& flags,
            const std::vector<std::pair<std::string, std::string>>& columns) {
  std::vector<std::vector<std::string>> rows;
  LUMENFLOW_TRY(for_each(session, route, flags, flags.limit, [&](const json::Value& item) -> Status {
    if (flags.json) {
      context.out << json::serialize(item) << "\n";
      return {};
    }
    std::vector<std::string>& row = rows.emplace_back();
    for (const auto& [title, pointer] : columns) row.push_back(cell(item.at_pointer(pointer)));
    return {};
  }));
  if (flags.json) return {};
  std::vector<std::string> header;
  for (const auto& [title, pointer] : columns) header.push_back(title);
  print_table(context.out, header, rows);
  return {};
}

// One dead letter, or every one there is.
int act_on_dead_letters(Context& context, const OutboxFlags& flags, std::string_view tool, std::string_view done) {
  if (flags.all == (flags.position != 0))
    return fail_usage(context, Error(ErrorCode::kInvalidRequest, "give the POSITION of a dead letter, or --all"));
  return run(context, [&](Session& session) -> Status {
    std::vector<std::uint64_t> positions;
    if (flags.all) {
      LUMENFLOW_TRY(
          for_each(session, "/outbox/dead-letters", flags, UINT64_MAX, [&](const json::Value& item) -> Status {
            positions.push_back(static_cast<std::uint64_t>(json::integer_or(item, "position", 0)));
            return {};
          }));
    } else {
      positions.push_back(flags.position);
    }
    for (const std::uint64_t position : positions) {
      const json::Object input{{"stream", flags.stream}, {"position", position}};
      LUMENFLOW_TRY(data_of(session.call_kernel(tool, json::Value(input))));
      context.out << done << " " << position << "\n";
    }
    if (positions.empty()) context.out << "no dead letters\n";
    return {};
  });
}

}  // namespace

int run_outbox_list(Context& context, const OutboxFlags& flags) {
  return run(context, [&](Session& session) {
    return list(context, session, "/outbox/pending", flags,
                {{"POSITION", "/position"},
                 {"SEQ", "/seq"},
                 {"EMITTED", "/emitted_at"},
                 {"BYTES", "/bytes"},
                 {"KIND", "/event/kind"},
                 {"TOMBSTONE", "/tombstone"}});
  });
}

int run_outbox_stats(Context& context, const OutboxFlags& flags) {
  return run(context, [&](Session& session) -> Status {
    LUMENFLOW_TRY_ASSIGN(const json::Value stats, session.get("/outbox"));
    if (flags.json) {
      context.out << json::serialize(stats) << "\n";
      return {};
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& member : stats.as_object()) rows.push_back({member.key, cell(&member.value)});
    print_table(context.out, {"WHAT", "VALUE"}, rows);
    return {};
  });
}

// Waits until nothing is pending.
int run_outbox_drain(Context& context, const OutboxFlags& flags) {
  const Result<std::chrono::milliseconds> timeout = parse_duration(flags.timeout);
  if (!timeout.ok())
    return fail_usage(context, Error(ErrorCode::kInvalidRequest, "--timeout '" + flags.timeout + "' is no duration"));
  return run(context, [&](Session& session) -> Status {
    const auto until = std::chrono::steady_clock::now() + *timeout;
    for (;;) {
      LUMENFLOW_TRY_ASSIGN(const json::Value stats, session.get("/outbox"));
      const std::int64_t pending = json::integer_or(stats, "pending_events", 0);
      if (pending == 0) {
        context.out << "nothing is pending\n";
        return {};
      }
      if (!session.is_remote())
        return Error(ErrorCode::kUnreachable, std::to_string(pending) +
                                                  " events are pending and no sidecar runs that would carry them away; "
                                                  "start one with `lumenflow up`");
      if (std::chrono::steady_clock::now() >= until)
        return Error(ErrorCode::kUnreachable, std::to_string(pending) + " events are still pending; the uplink is " +
                                                  std::string(json::string_or(stats, "connection", "off")) + ". " +
                                                  std::string(json::string_or(stats, "last_error", "")));
      std::this_thread::sleep_for(kLookAgain);
    }
  });
}

int run_outbox_export(Context& context, const OutboxFlags& flags) {
  return run(context, [&](Session& session) {
    return for_each(session, "/outbox/pending", flags, UINT64_MAX, [&](const json::Value& item) -> Status {
      if (const json::Value* event = item.find("event")) context.out << json::serialize(*event) << "\n";
      return {};
    });
  });
}

int run_outbox_dead_letters(Context& context, const OutboxFlags& flags) {
  return run(context, [&](Session& session) {
    return list(
        context, session, "/outbox/dead-letters", flags,
        {{"POSITION", "/position"}, {"KIND", "/event/kind"}, {"EVENT", "/event/event_id"}, {"REASON", "/reason"}});
  });
}

int run_outbox_requeue(Context& context, const OutboxFlags& flags) {
  return act_on_dead_letters(context, flags, "kernel:outbox_requeue", "requeued");
}

int run_outbox_purge(Context& context, const OutboxFlags& flags) {
  return act_on_dead_letters(context, flags, "kernel:outbox_purge", "purged");
}

// Shows what is consented to, then consents.
int run_outbox_consent(Context& context, const OutboxFlags& flags) {
  const Result<std::string> passphrase = operator_passphrase(context, flags.passphrase_file);
  if (!passphrase.ok()) return fail_usage(context, passphrase.error());
  return run(context, [&](Session& session) -> Status {
    LUMENFLOW_TRY_ASSIGN(const json::Value stats, session.get("/outbox"));
    const std::string log_id(json::string_or(stats, "log_id", ""));
    LUMENFLOW_TRY_ASSIGN(
        const json::Value done,
        data_of(session.call_kernel("kernel:outbox_consent", json::Object{{"log_id", log_id}}, *passphrase)));
    const std::string now(json::string_or(done, "log_id", log_id));
    context.out << "the other side goes on with the journal " << now;
    if (now != log_id) context.out << ", as this one is called from now on (it was " << log_id << ")";
    context.out << "; " << json::integer_or(stats, "pending_events", 0) << " events wait for it\n";
    return {};
  });
}

}  // namespace lumenflow::cli
