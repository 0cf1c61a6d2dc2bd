// The kernel's clock, randomness and journal, with the tape between (tape.h). They pass everything on; what the strand
// reads through them is on the tape.
//
// As thread safe as the ports behind them, which they borrow.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "base/random.h"
#include "base/time.h"
#include "kernel/tape.h"
#include "log/log.h"

namespace lumenflow::kernel {

class TapedClock final : public Clock {
 public:
  TapedClock(Tape& tape, const Clock& inner) : tape_(tape), inner_(inner) {}
  Timestamp now() const override { return tape_.hears() ? tape_.now(inner_) : inner_.now(); }
  std::chrono::nanoseconds monotonic() const override {
    return tape_.hears() ? tape_.monotonic(inner_) : inner_.monotonic();
  }

 private:
  Tape& tape_;
  const Clock& inner_;
};

class TapedRandom final : public Random {
 public:
  TapedRandom(Tape& tape, Random& inner) : tape_(tape), inner_(inner) {}
  void fill(std::span<std::uint8_t> out) override;

 private:
  Tape& tape_;
  Random& inner_;
};

// The journal's tables, or a snapshot of them.
class TapedTables final : public log::TableReader {
 public:
  using Inner = std::function<const log::TableReader&()>;
  TapedTables(Tape& tape, Inner inner) : tape_(tape), inner_(std::move(inner)) {}
  Result<std::optional<std::string>> get(std::string_view table, std::string_view key) const override;
  Result<std::vector<log::KeyValue>> scan(std::string_view table, std::string_view prefix, std::string_view after,
                                          std::size_t limit) const override;
  Result<std::vector<log::KeyValue>> scan_descending(std::string_view table, std::string_view prefix,
                                                     std::string_view before, std::size_t limit) const override;

 private:
  const log::TableReader& inner() const { return inner_(); }
  Tape& tape_;
  const Inner inner_;
};

class TapedLog final : public log::Log {
 public:
  TapedLog(Tape& tape, log::Log& inner);

  Result<Position> append(log::Row row) override;
  Status put(std::string_view table, std::string_view key, std::string_view value) override;
  Status erase(std::string_view table, std::string_view key) override;
  Status replace_body(Position first, std::string_view body) override;
  Status rename(std::string_view log_id) override { return inner_.rename(log_id); }  // never while there is a tape
  const log::TableReader& tables() const override { return tables_; }
  Position next_position() const override { return tape_.replaying() ? replayed_next_ : inner_.next_position(); }
  Status commit(std::optional<std::uint64_t> expected_head = std::nullopt) override;
  std::optional<Status> commit_soon(Done done) override;
  void settle() override { inner_.settle(); }
  void rollback() override;

  log::Head head() const override;
  bool is_named(const log::Head& head) const override { return inner_.is_named(head); }
  Result<std::vector<log::StoredRow>> read(Position after, std::size_t entries_max,
                                           std::size_t bytes_max = 4u << 20) const override;
  Result<log::StoredRow> row_at(Position position) const override;
  void wait(Position after, std::function<void()> bell) override { inner_.wait(after, std::move(bell)); }
  Result<std::unique_ptr<log::Snapshot>> snapshot() const override;
  Result<std::vector<Hash256>> inclusion_proof(Position position, std::uint64_t size) const override {
    return inner_.inclusion_proof(position, size);
  }
  Result<std::vector<Hash256>> consistency_proof(std::uint64_t from_size, std::uint64_t to_size) const override {
    return inner_.consistency_proof(from_size, to_size);
  }
  Result<Hash256> root_at(std::uint64_t size) const override { return inner_.root_at(size); }
  log::Condition condition() const override;
  Status recheck_tree() const override { return inner_.recheck_tree(); }
  std::uint64_t size_bytes() const override { return inner_.size_bytes(); }

  void replay_at(Position next) { replayed_next_ = next; }
  // What a change from outside did, done again; and how it ended.
  void replay_writes();
  Status replay_change();

 private:
  bool taped() const { return tape_.hears(); }
  Status ended(Status status);
  std::optional<Error> failed_before();
  Status write(Status done, char operation, std::string_view table, std::string_view key, std::string_view value);

  Tape& tape_;
  log::Log& inner_;
  const TapedTables tables_;
  Position replayed_next_;
};

// An error as values of a fact, and back.
void write_error(bus::FactWriter& out, const Error& error);
Error read_error(bus::FactReader& in);
// A status: true, or false and the error.
void write_status(bus::FactWriter& out, const Status& status);
Status read_status(bus::FactReader& in);

}  // namespace lumenflow::kernel
