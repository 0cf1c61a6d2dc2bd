#include "kernel/taped_ports.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"

namespace lumenflow::kernel {
namespace {

using bus::FactKind;
using bus::FactReader;
using bus::FactWriter;

constexpr std::uint64_t kScannedMax = 1'000'000;  // rows that one fact has: more than the kernel ever asks for at once

void write_rows(FactWriter& out, const std::vector<log::KeyValue>& rows) {
  out.number(rows.size());
  for (const log::KeyValue& row : rows) {
    out.text(row.key);
    out.text(row.value);
  }
}

std::vector<log::KeyValue> read_rows(FactReader& in) {
  std::vector<log::KeyValue> rows;
  const std::uint64_t count = in.number();
  for (std::uint64_t i = 0; i < count && i < kScannedMax && !in.failed(); ++i) {
    std::string key(in.text());
    rows.push_back({std::move(key), std::string(in.text())});
  }
  return rows;
}

void write_stored(FactWriter& out, const std::vector<log::StoredRow>& rows) {
  out.number(rows.size());
  for (const log::StoredRow& row : rows) {
    out.number(row.first.value());
    out.number(row.entries.size());
    for (const std::string& entry : row.entries) out.text(entry);
    out.text(row.body);
  }
}

std::vector<log::StoredRow> read_stored(FactReader& in) {
  std::vector<log::StoredRow> rows;
  const std::uint64_t count = in.number();
  for (std::uint64_t i = 0; i < count && i < kScannedMax && !in.failed(); ++i) {
    log::StoredRow row;
    row.first = Position(in.number());
    const std::uint64_t entries = in.number();
    for (std::uint64_t j = 0; j < entries && j < kScannedMax && !in.failed(); ++j) row.entries.emplace_back(in.text());
    row.body = in.text();
    rows.push_back(std::move(row));
  }
  return rows;
}

// A question to the journal: what is asked has to be what was asked; then what was answered is read or written.
template <class Answer, class Ask, class Write, class Read>
Result<Answer> taped_read(Tape& tape, FactKind kind, std::initializer_list<std::string_view> question, Ask ask,
                          Write write, Read read) {
  if (tape.recording()) {
    Result<Answer> answer = ask();
    FactWriter& out = tape.fact(kind);
    for (const std::string_view part : question) out.text(part);
    write_status(out, answer.ok() ? Status() : Status(answer.error()));
    if (answer.ok()) write(out, *answer);
    return answer;
  }
  FactReader& in = tape.expect(kind);
  for (const std::string_view part : question) {
    const std::string_view recorded = in.text();
    tape.check();
    if (recorded != part)
      tape.differs("the kernel asks the journal for '" + std::string(part) + "', and had asked for '" +
                   std::string(recorded) + "'");
  }
  if (Status status = read_status(in); !status.ok()) {
    tape.check();
    return std::move(status).error();
  }
  Answer answer = read(in);
  tape.check();
  return answer;
}

}  // namespace

void write_error(FactWriter& out, const Error& error) {
  out.text(name(error.code()));
  out.text(error.message());
}

Error read_error(FactReader& in) {
  const ErrorCode code = error_code_from_name(in.text()).value_or(ErrorCode::kInternal);
  return Error(code, std::string(in.text()));
}

void write_status(FactWriter& out, const Status& status) {
  out.flag(status.ok());
  if (!status.ok()) write_error(out, status.error());
}

Status read_status(FactReader& in) {
  if (in.flag()) return {};
  return read_error(in);
}

void TapedRandom::fill(std::span<std::uint8_t> out) {
  if (!tape_.hears()) return inner_.fill(out);
  if (tape_.recording()) {
    inner_.fill(out);
    return tape_.fact(FactKind::kRandom).text(as_chars(out));
  }
  const std::string_view drawn = tape_.expect(FactKind::kRandom).text();
  if (drawn.size() != out.size()) tape_.differs("the kernel draws another number of random bytes");
  std::ranges::copy(as_bytes(drawn), out.begin());
}

TapedLog::TapedLog(Tape& tape, log::Log& inner)
    : tape_(tape), inner_(inner), tables_(tape, [&inner]() -> const log::TableReader& { return inner.tables(); }) {}

// --- the tables ---

Result<std::optional<std::string>> TapedTables::get(std::string_view table, std::string_view key) const {
  if (!tape_.live() || tape_.foreign_change) return inner().get(table, key);
  return taped_read<std::optional<std::string>>(
      tape_, FactKind::kGet, {table, key}, [&] { return inner().get(table, key); },
      [](FactWriter& out, const std::optional<std::string>& value) { out.optional_text(value); },
      [](FactReader& in) { return in.optional_text(); });
}

Result<std::vector<log::KeyValue>> TapedTables::scan(std::string_view table, std::string_view prefix,
                                                     std::string_view after, std::size_t limit) const {
  if (!tape_.live() || tape_.foreign_change) return inner().scan(table, prefix, after, limit);
  return taped_read<std::vector<log::KeyValue>>(
      tape_, FactKind::kScan, {table, prefix, after, std::to_string(limit)},
      [&] { return inner().scan(table, prefix, after, limit); }, write_rows, read_rows);
}

Result<std::vector<log::KeyValue>> TapedTables::scan_descending(std::string_view table, std::string_view prefix,
                                                                std::string_view before, std::size_t limit) const {
  if (!tape_.live() || tape_.foreign_change) return inner().scan_descending(table, prefix, before, limit);
  return taped_read<std::vector<log::KeyValue>>(
      tape_, FactKind::kScanDescending, {table, prefix, before, std::to_string(limit)},
      [&] { return inner().scan_descending(table, prefix, before, limit); }, write_rows, read_rows);
}

namespace {

class TapedSnapshot final : public log::Snapshot {
 public:
  TapedSnapshot(Tape& tape, std::unique_ptr<log::Snapshot> inner)
      : inner_(std::move(inner)),
        tables_(tape, [reader = inner_.get()]() -> const log::TableReader& { return *reader; }) {}
  Result<std::optional<std::string>> get(std::string_view table, std::string_view key) const override {
    return tables_.get(table, key);
  }
  Result<std::vector<log::KeyValue>> scan(std::string_view table, std::string_view prefix, std::string_view after,
                                          std::size_t limit) const override {
    return tables_.scan(table, prefix, after, limit);
  }
  Result<std::vector<log::KeyValue>> scan_descending(std::string_view table, std::string_view prefix,
                                                     std::string_view before, std::size_t limit) const override {
    return tables_.scan_descending(table, prefix, before, limit);
  }

 private:
  const std::unique_ptr<log::Snapshot> inner_;
  const TapedTables tables_;
};

}  // namespace

// What the strand reads through one is on tape as well; what other threads do is not.
Result<std::unique_ptr<log::Snapshot>> TapedLog::snapshot() const {
  Result<std::unique_ptr<log::Snapshot>> taken = inner_.snapshot();
  if (!taped() || !taken.ok()) return taken;
  return std::unique_ptr<log::Snapshot>(std::make_unique<TapedSnapshot>(tape_, *std::move(taken)));
}

// --- writing ---

std::optional<Error> TapedLog::failed_before() {
  if (!tape_.comes(FactKind::kWriteFailed)) return std::nullopt;
  Error error = read_error(tape_.expect(FactKind::kWriteFailed));
  tape_.check();
  return error;
}

Result<Position> TapedLog::append(log::Row row) {
  if (!tape_.live()) return inner_.append(std::move(row));
  if (tape_.replaying()) {
    if (auto error = failed_before()) return *std::move(error);
    const Position first = replayed_next_;
    replayed_next_ = Position(first.value() + row.entries.size());
    tape_.appended(first, row);
    return first;
  }
  tape_.appended(inner_.next_position(), row);
  if (tape_.foreign_change) {
    FactWriter& out = tape_.fact(FactKind::kAppended);
    out.number(row.entries.size());
    for (const std::string& entry : row.entries) out.text(entry);
    out.text(row.body);
  }
  Result<Position> first = inner_.append(std::move(row));
  if (!first.ok() && !tape_.foreign_change) write_error(tape_.fact(FactKind::kWriteFailed), first.error());
  return first;
}

Status TapedLog::write(Status done, char operation, std::string_view table, std::string_view key,
                       std::string_view value) {
  if (!done.ok() && !tape_.foreign_change) write_error(tape_.fact(FactKind::kWriteFailed), done.error());
  if (done.ok()) tape_.wrote(operation, table, key, value);
  return done;
}

Status TapedLog::put(std::string_view table, std::string_view key, std::string_view value) {
  if (!tape_.live()) return inner_.put(table, key, value);
  if (tape_.replaying()) {
    if (auto error = failed_before()) return *std::move(error);
    tape_.wrote('p', table, key, value);
    return {};
  }
  if (tape_.foreign_change) {
    FactWriter& out = tape_.fact(FactKind::kPut);
    out.text(table);
    out.text(key);
    out.text(value);
  }
  return write(inner_.put(table, key, value), 'p', table, key, value);
}

Status TapedLog::erase(std::string_view table, std::string_view key) {
  if (!tape_.live()) return inner_.erase(table, key);
  if (tape_.replaying()) {
    if (auto error = failed_before()) return *std::move(error);
    tape_.wrote('e', table, key, {});
    return {};
  }
  if (tape_.foreign_change) {
    FactWriter& out = tape_.fact(FactKind::kErased);
    out.text(table);
    out.text(key);
  }
  return write(inner_.erase(table, key), 'e', table, key, {});
}

Status TapedLog::replace_body(Position first, std::string_view body) {
  if (!tape_.live()) return inner_.replace_body(first, body);
  const std::string at = std::to_string(first.value());
  if (tape_.replaying()) {
    if (auto error = failed_before()) return *std::move(error);
    tape_.wrote('b', {}, at, body);
    return {};
  }
  if (tape_.foreign_change) {
    FactWriter& out = tape_.fact(FactKind::kBodyReplaced);
    out.number(first.value());
    out.text(body);
  }
  return write(inner_.replace_body(first, body), 'b', {}, at, body);
}

// A failed commit takes the journal back, and with it the position that comes next.
Status TapedLog::ended(Status status) {
  FactWriter& out = tape_.fact(FactKind::kCommitted);
  out.flag(true);
  write_status(out, status);
  out.number(inner_.next_position().value());
  return status;
}

Status TapedLog::commit(std::optional<std::uint64_t> expected_head) {
  if (!tape_.live()) return inner_.commit(expected_head);
  if (tape_.recording()) return ended(inner_.commit(expected_head));
  FactReader& in = tape_.expect(FactKind::kCommitted);
  (void)in.flag();
  Status status = read_status(in);
  replayed_next_ = Position(in.number());
  tape_.check();
  return status;
}

std::optional<Status> TapedLog::commit_soon(Done done) {
  if (!tape_.live()) return inner_.commit_soon(std::move(done));
  if (tape_.recording()) {
    std::optional<Status> now = inner_.commit_soon(std::move(done));
    if (now) return ended(*std::move(now));
    tape_.fact(FactKind::kCommitted).flag(false);
    return std::nullopt;
  }
  FactReader& in = tape_.expect(FactKind::kCommitted);
  if (!in.flag()) return tape_.check(), std::nullopt;
  Status status = read_status(in);
  replayed_next_ = Position(in.number());
  tape_.check();
  return status;
}

void TapedLog::rollback() {
  if (!tape_.live()) return inner_.rollback();
  if (tape_.recording()) {
    inner_.rollback();
    tape_.fact(FactKind::kChanged).number(inner_.next_position().value());
    return;
  }
  replayed_next_ = Position(tape_.expect(FactKind::kChanged).number());
  tape_.check();
}

void TapedLog::replay_writes() {
  for (;;) {
    if (tape_.comes(FactKind::kAppended)) {
      FactReader& in = tape_.expect(FactKind::kAppended);
      log::Row row;
      const std::uint64_t entries = in.number();
      for (std::uint64_t i = 0; i < entries && !in.failed(); ++i) row.entries.emplace_back(in.text());
      row.body = in.text();
      tape_.check();
      tape_.appended(replayed_next_, row);
      replayed_next_ = Position(replayed_next_.value() + row.entries.size());
    } else if (tape_.comes(FactKind::kPut)) {
      FactReader& in = tape_.expect(FactKind::kPut);
      const std::string_view table = in.text(), key = in.text(), value = in.text();
      tape_.check();
      tape_.wrote('p', table, key, value);
    } else if (tape_.comes(FactKind::kErased)) {
      FactReader& in = tape_.expect(FactKind::kErased);
      const std::string_view table = in.text(), key = in.text();
      tape_.check();
      tape_.wrote('e', table, key, {});
    } else if (tape_.comes(FactKind::kBodyReplaced)) {
      FactReader& in = tape_.expect(FactKind::kBodyReplaced);
      const std::string at = std::to_string(in.number());
      const std::string_view body = in.text();
      tape_.check();
      tape_.wrote('b', {}, at, body);
    } else {
      return;
    }
  }
}

Status TapedLog::replay_change() {
  replay_writes();
  FactReader& in = tape_.expect(FactKind::kChanged);
  Status status = read_status(in);
  tape_.check();
  return status;
}

// --- reading ---

log::Head TapedLog::head() const {
  if (!taped()) return inner_.head();
  if (tape_.recording()) {
    log::Head head = inner_.head();
    FactWriter& out = tape_.fact(FactKind::kHead);
    out.text(head.log_id);
    out.number(head.size);
    out.text(as_chars(head.root));
    return head;
  }
  FactReader& in = tape_.expect(FactKind::kHead);
  log::Head head;
  head.log_id = in.text();
  head.size = in.number();
  const std::string_view root = in.text();
  if (root.size() != head.root.size()) tape_.differs("the journal's head has a malformed root");
  std::ranges::copy(as_bytes(root), head.root.begin());
  return head;
}

Result<std::vector<log::StoredRow>> TapedLog::read(Position after, std::size_t entries_max,
                                                   std::size_t bytes_max) const {
  if (!taped()) return inner_.read(after, entries_max, bytes_max);
  return taped_read<std::vector<log::StoredRow>>(
      tape_, FactKind::kRows, {"after", std::to_string(after.value()), std::to_string(entries_max)},
      [&] { return inner_.read(after, entries_max, bytes_max); }, write_stored, read_stored);
}

Result<log::StoredRow> TapedLog::row_at(Position position) const {
  if (!taped()) return inner_.row_at(position);
  return taped_read<log::StoredRow>(
      tape_, FactKind::kRows, {"at", std::to_string(position.value())}, [&] { return inner_.row_at(position); },
      [](FactWriter& out, const log::StoredRow& row) { write_stored(out, {row}); },
      [](FactReader& in) {
        std::vector<log::StoredRow> rows = read_stored(in);
        return rows.empty() ? log::StoredRow() : std::move(rows.front());
      });
}

log::Condition TapedLog::condition() const {
  if (!taped()) return inner_.condition();
  if (tape_.recording()) {
    log::Condition condition = inner_.condition();
    FactWriter& out = tape_.fact(FactKind::kCondition);
    out.flag(condition.damaged);
    out.text(condition.what);
    out.number(condition.first_affected);
    out.flag(condition.read_only);
    return condition;
  }
  FactReader& in = tape_.expect(FactKind::kCondition);
  log::Condition condition;
  condition.damaged = in.flag();
  condition.what = in.text();
  condition.first_affected = in.number();
  condition.read_only = in.flag();
  tape_.check();
  return condition;
}

}  // namespace lumenflow::kernel
