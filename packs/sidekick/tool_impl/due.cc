#include "sidekick/tool_impl/due.h"

#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sidekick/constants.h"
#include "sidekick/tool_impl/cron.h"
#include "sidekick/tool_impl/time.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::string_view kMarkPrefix = "announced/";
constexpr std::size_t kBatch = 64;
constexpr std::string_view kEndOfTime = "9999-12-31T23:59:59.999Z";
constexpr std::array kScheduled{Collection::kTasks, Collection::kRoutines};

struct Due {
  Collection collection;
  std::string id;
  std::string moment;  // its index key
};

std::string mark_of(std::string_view id) { return std::string(kMarkPrefix).append(id); }

// What one document alone is closed by (FileStore::available); the other goes on.
bool closes_one_collection(const Error& error) {
  return error.code() == ErrorCode::kUnsupportedFormat || error.code() == ErrorCode::kScopeDenied;
}

// The record behind an announced moment: it says so, and a schedule goes on to its next moment.
json::Value moved_on(json::Value record, const std::string& moment, std::int64_t now_ms) {
  json::Object& members = record.as_object();
  members.set("last_due_at", moment);
  const Result<CronSchedule> cron = CronSchedule::parse(json::string_or(record, "cron", {}));
  if (!cron.ok()) return record;
  const std::int64_t moment_ms = parse_time(moment).ok() ? *parse_time(moment) : now_ms;
  if (const std::optional<std::int64_t> next_ms = cron->next_after(std::max(moment_ms, now_ms)))
    members.set("next_due_at", format_time(*next_ms));
  return record;
}

class Announcer {
 public:
  Announcer(pack::HostContext& context, StoragePort& storage)
      : context_(context), storage_(storage), now_(format_time(context.now_ms())) {}

  Result<std::optional<std::int64_t>> run() {
    LUMENFLOW_TRY(settle());
    for (;;) {
      if (context_.cancelled()) return Error(ErrorCode::kToolCancelled, "the workspace is closing");
      LUMENFLOW_TRY_ASSIGN(const std::vector<Due> due, due_up_to(now_, kBatch));
      if (due.empty()) break;
      LUMENFLOW_TRY(announce(due));
      LUMENFLOW_TRY(settle());
    }
    LUMENFLOW_TRY_ASSIGN(const std::vector<Due> next, due_up_to(kEndOfTime, 1));
    if (closed_.size() == kScheduled.size()) return std::optional<std::int64_t>();
    std::optional<std::int64_t> next_ms;
    for (const Due& each : next)
      if (const Result<std::int64_t> ms = parse_time(each.moment); ms.ok())
        next_ms = next_ms ? std::min(*next_ms, *ms) : *ms;
    return next_ms;
  }

 private:
  // At most `limit` of each collection.
  Result<std::vector<Due>> due_up_to(std::string_view last, std::size_t limit) {
    std::vector<Due> due;
    for (const Collection collection : kScheduled) {
      const Result<std::unique_ptr<Snapshot>> snapshot = storage_.read(collection);
      if (!snapshot.ok() && closes_one_collection(snapshot.error())) {
        closed_.insert(collection);
        continue;
      }
      if (!snapshot.ok()) return snapshot.error();
      LUMENFLOW_TRY_ASSIGN(std::vector<Record> records, (*snapshot)->indexed({"", last}, limit));
      for (Record& record : records)
        if (std::optional<std::string> moment = index_key(collection, record.value))
          due.push_back({collection, std::move(record.id), *std::move(moment)});
    }
    return due;
  }

  Status announce(const std::vector<Due>& due) {
    return context_.transact([&](pack::Store& store) -> Status {
      for (const Due& each : due) {
        pack::EmitOptions options;
        options.idempotency_key = each.id + "@" + each.moment;
        LUMENFLOW_TRY(context_.emit(kRoutineDue, json::Object{{"routine_id", each.id}, {"due_at", each.moment}},
                                    std::move(options)));
        LUMENFLOW_TRY(store.put(mark_of(each.id), each.moment));
      }
      return {};
    });
  }

  // Moves on what was announced, and takes the marks away. Doing it again changes nothing.
  Status settle() {
    for (const Collection collection : kScheduled) LUMENFLOW_TRY(settle(collection));
    return {};
  }
  Status settle(Collection collection) {
    const std::string prefix = mark_of(id_prefix(collection));
    for (;;) {
      LUMENFLOW_TRY_ASSIGN(const auto marks, context_.store().scan(prefix, {}, kBatch));
      if (marks.empty()) return {};
      const auto move_on = [&](Transaction& transaction) -> Status {
        for (const pack::StoreItem& mark : marks) {
          const std::string_view id = std::string_view(mark.key).substr(kMarkPrefix.size());
          const std::string* moment = mark.value.if_string();
          if (moment == nullptr) continue;
          Editor& editor = transaction.edit(collection);
          LUMENFLOW_TRY_ASSIGN(std::optional<json::Value> record, editor.find(id));
          if (!record || index_key(collection, *record) != *moment) continue;  // it was changed meanwhile
          LUMENFLOW_TRY(editor.put(id, moved_on(*std::move(record), *moment, context_.now_ms())));
        }
        return {};
      };
      Status moved = storage_.transaction({collection}, move_on);
      if (!moved.ok() && closes_one_collection(moved.error())) return {};  // the marks stay until it is mended
      LUMENFLOW_TRY(moved);
      const auto erase_marks = [&](pack::Store& store) -> Status {
        for (const pack::StoreItem& mark : marks) LUMENFLOW_TRY(store.erase(mark.key));
        return {};
      };
      LUMENFLOW_TRY(context_.transact(erase_marks));
    }
  }

  pack::HostContext& context_;
  StoragePort& storage_;
  const std::string now_;
  std::set<Collection> closed_;
};

}  // namespace

Result<std::optional<std::int64_t>> announce_due(pack::HostContext& context, StoragePort& storage) {
  return Announcer(context, storage).run();
}

}  // namespace lumenflow::sidekick
