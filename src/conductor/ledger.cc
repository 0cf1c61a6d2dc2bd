#include "conductor/ledger.h"

#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "conductor/tables.h"

namespace lumenflow::conductor {
namespace {

constexpr std::size_t kRowsPerPageMax = 256;  // looked at for one page, whatever a filter leaves of them

std::string list_name(char kind, std::initializer_list<std::string_view> parts) {
  return std::string(1, kind) + key_of(parts);
}

struct RowAt {
  Position first;
  std::uint64_t count = 0;
};

RowAt row_of(std::string_view list, const log::KeyValue& item) {
  return {Position(from_big_endian(std::string_view(item.key).substr(list.size()))), from_big_endian(item.value)};
}

// Index rows that end after `after`, ascending: the one that `after` may stand in, and those behind it.
Result<std::vector<RowAt>> rows_after(const log::TableReader& tables, std::string_view list, Position after) {
  std::vector<RowAt> rows;
  const std::string here = std::string(list) + big_endian(after.value());
  const std::string behind = std::string(list) + big_endian(after.value() + 1);
  LUMENFLOW_TRY_ASSIGN(const auto before, tables.scan_descending(kIndex, list, behind, 1));
  for (const log::KeyValue& item : before)
    if (const RowAt row = row_of(list, item); row.first.value() + row.count > after.value() + 1) rows.push_back(row);
  LUMENFLOW_TRY_ASSIGN(const auto later, tables.scan(kIndex, list, here, kRowsPerPageMax));
  for (const log::KeyValue& item : later)
    if (const RowAt row = row_of(list, item); rows.empty() || row.first > rows.back().first) rows.push_back(row);
  return rows;
}

}  // namespace

std::string list_of_events(std::string_view workspace, std::string_view log_id) {
  return list_name('e', {workspace, log_id});
}
std::string list_of_stream(std::string_view workspace, std::string_view log_id, std::string_view stream) {
  return list_name('s', {workspace, log_id, stream});
}
std::string list_of_kind(std::string_view workspace, std::string_view log_id, std::string_view kind) {
  return list_name('k', {workspace, log_id, kind});
}
std::string list_of_audit(std::string_view workspace) { return list_name('a', {workspace}); }
std::string list_of_commands(std::string_view workspace) { return list_name('c', {workspace}); }
std::vector<std::string> lists_of_audit(std::string_view workspace) {
  std::vector<std::string> lists{list_of_audit("")};
  if (!workspace.empty()) lists.push_back(list_of_audit(workspace));
  return lists;
}
std::vector<std::string> lists_of_command(std::string_view workspace) {
  std::vector<std::string> lists = lists_of_audit(workspace);
  lists.push_back(list_of_commands(workspace));
  return lists;
}

Ledger::Ledger(log::Log& log, log::CheckpointStore& heads, Post post)
    : log_(log), heads_(heads), post_(std::move(post)) {}

Result<Position> Ledger::append(std::vector<std::string> entries, const std::vector<std::string>& lists) {
  const std::string count = big_endian(entries.size());
  LUMENFLOW_TRY_ASSIGN(const Position first, log_.append({std::move(entries), {}}));
  for (const std::string& list : lists) LUMENFLOW_TRY(log_.put(kIndex, list + big_endian(first.value()), count));
  when_durable(nullptr);
  return first;
}

Status Ledger::put(std::string_view table, std::string_view key, std::string_view value) {
  when_durable(nullptr);
  return log_.put(table, key, value);
}

Status Ledger::erase(std::string_view table, std::string_view key) {
  when_durable(nullptr);
  return log_.erase(table, key);
}

void Ledger::when_durable(Done done) {
  if (done) waiting_.push_back(std::move(done));
  if (std::exchange(flush_posted_, true)) return;
  post_([this] { flush(); });
}

void Ledger::flush() {
  flush_posted_ = false;
  // Shared with the thread that commits.
  const auto waiting = std::make_shared<std::vector<Done>>(std::exchange(waiting_, {}));
  const auto committed = log_.commit_soon(
      [this, waiting](const Status& status) { post_([this, waiting, status] { finish(waiting, status); }); });
  if (!committed) return;
  if (!committed->ok()) log_.rollback();
  finish(waiting, *committed);
}

void Ledger::finish(const std::shared_ptr<std::vector<Done>>& waiting, const Status& status) {
  ++(status.ok() ? commits_ : commits_failed_);
  if (!status.ok() && last_commit_.ok())
    write_log(LogLevel::kError, "conductor", "the log cannot be written: whatever changes something is refused",
              {{"reason", status.error().message()}});
  if (status.ok() && !last_commit_.ok()) write_log(LogLevel::kInfo, "conductor", "the log can be written again", {});
  last_commit_ = status;
  for (const Done& done : *waiting) done(status);
  if (status.ok() && bell_) bell_();
}

Result<ListPage> Ledger::page(std::string_view list, Position after, std::size_t limit,
                              const std::function<bool(const json::Value&)>& wanted) const {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<log::Snapshot> durable, log_.snapshot());
  LUMENFLOW_TRY_ASSIGN(const std::vector<RowAt> rows, rows_after(*durable, list, after));
  ListPage page;
  page.last = after;
  page.more = rows.size() >= kRowsPerPageMax;
  for (const RowAt& at : rows) {
    LUMENFLOW_TRY_ASSIGN(const log::StoredRow row, log_.row_at(at.first));
    for (std::size_t i = 0; i < row.entries.size(); ++i) {
      const Position position(row.first.value() + i);
      if (position <= after) continue;
      if (page.items.size() >= limit) {
        page.more = true;
        return page;
      }
      page.last = position;
      LUMENFLOW_TRY_ASSIGN(json::Value entry, json::parse(row.entries[i]));
      if (!wanted || wanted(entry)) page.items.push_back({position, std::move(entry)});
    }
  }
  return page;
}

Result<ListPage> Ledger::page_back(std::string_view list, Position before, std::size_t limit) const {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<log::Snapshot> durable, log_.snapshot());
  const std::string end = before.value() == 0 ? std::string() : std::string(list) + big_endian(before.value());
  LUMENFLOW_TRY_ASSIGN(const auto rows, durable->scan_descending(kIndex, list, end, limit + 1));
  ListPage page;
  page.last = before;
  for (const log::KeyValue& item : rows) {
    LUMENFLOW_TRY_ASSIGN(const log::StoredRow row, log_.row_at(row_of(list, item).first));
    for (std::size_t i = row.entries.size(); i-- > 0;) {
      const Position position(row.first.value() + i);
      if (before.value() != 0 && position >= before) continue;
      if (page.items.size() >= limit) {
        page.more = true;
        return page;
      }
      page.last = position;
      LUMENFLOW_TRY_ASSIGN(json::Value entry, json::parse(row.entries[i]));
      page.items.push_back({position, std::move(entry)});
    }
  }
  return page;
}

Result<json::Value> Ledger::entry_at(Position position) const {
  LUMENFLOW_TRY_ASSIGN(const log::StoredRow row, log_.row_at(position));
  return json::parse(row.entries[position.value() - row.first.value()]);
}

Result<log::Checkpoint> Ledger::sign_head() {
  const log::Head head = log_.head();
  if (signed_ && signed_->head.size == head.size) return *signed_;
  LUMENFLOW_TRY(heads_.write(head));
  LUMENFLOW_TRY_ASSIGN(signed_, heads_.latest());
  return *signed_;
}

}  // namespace lumenflow::conductor
