#include "cli/bench_null_log.h"

#include "log/row_codec.h"
#include "log/tile.h"

namespace lumenflow::cli {
namespace {

class NullLog final : public log::Log, private log::TableReader {
 public:
  Result<Position> append(log::Row row) override {
    LUMENFLOW_TRY(log::check_row(row));
    const Position first = next_position();
    log::encode_row(row, blob_, leaves_);
    finished_.clear();
    for (const Hash256& leaf : leaves_) edge_.append(leaf, finished_);
    return first;
  }
  Status put(std::string_view, std::string_view, std::string_view) override { return {}; }
  Status erase(std::string_view, std::string_view) override { return {}; }
  Status replace_body(Position, std::string_view) override { return {}; }
  Status rename(std::string_view) override { return {}; }
  const log::TableReader& tables() const override { return *this; }
  Position next_position() const override { return Position(edge_.size() + 1); }
  Status commit(std::optional<std::uint64_t>) override { return {}; }
  void rollback() override {}

  log::Head head() const override { return {"null", edge_.size(), edge_.root()}; }
  bool is_named(const log::Head& head) const override { return head.log_id == "null"; }
  Result<std::vector<log::StoredRow>> read(Position, std::size_t, std::size_t) const override {
    return std::vector<log::StoredRow>();
  }
  Result<log::StoredRow> row_at(Position) const override { return forgotten(); }
  void wait(Position, std::function<void()>) override {}
  Result<std::unique_ptr<log::Snapshot>> snapshot() const override { return forgotten(); }
  Result<std::vector<Hash256>> inclusion_proof(Position, std::uint64_t) const override { return forgotten(); }
  Result<std::vector<Hash256>> consistency_proof(std::uint64_t, std::uint64_t) const override { return forgotten(); }
  Result<Hash256> root_at(std::uint64_t) const override { return forgotten(); }
  log::Condition condition() const override { return {}; }
  Status recheck_tree() const override { return {}; }
  std::uint64_t size_bytes() const override { return 0; }

 private:
  static Error forgotten() { return Error(ErrorCode::kNotFound, "this log keeps nothing"); }

  Result<std::optional<std::string>> get(std::string_view, std::string_view) const override {
    return std::optional<std::string>();
  }
  Result<std::vector<log::KeyValue>> scan(std::string_view, std::string_view, std::string_view,
                                          std::size_t) const override {
    return std::vector<log::KeyValue>();
  }
  Result<std::vector<log::KeyValue>> scan_descending(std::string_view, std::string_view, std::string_view,
                                                     std::size_t) const override {
    return std::vector<log::KeyValue>();
  }

  std::string blob_;
  std::vector<Hash256> leaves_;
  log::TreeEdge edge_;
  std::vector<log::FinishedTile> finished_;
};

}  // namespace

std::unique_ptr<log::Log> make_null_log() { return std::make_unique<NullLog>(); }

}  // namespace lumenflow::cli
