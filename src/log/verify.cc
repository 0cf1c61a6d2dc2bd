#include "log/verify.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "log/damage.h"
#include "log/merkle.h"

namespace lumenflow::log {
namespace {

constexpr std::size_t kPageEntries = 1024;

class Verifier {
 public:
  Verifier(const Log& log, std::span<const Head> heads) : log_(log), heads_(heads.begin(), heads.end()) {
    std::sort(heads_.begin(), heads_.end(), [](const Head& a, const Head& b) { return a.size < b.size; });
    report_.head = log_.head();
  }

  Result<VerifyReport> run(const std::function<void(std::uint64_t)>& on_page) {
    if (const Condition condition = log_.condition(); condition.damaged)
      fault(condition.first_affected, condition.first_affected, condition.what);
    check_origins();
    while (frontier_.size() < report_.head.size) {
      LUMENFLOW_TRY_ASSIGN(const bool more, next_page());
      if (!more) break;
      if (on_page) on_page(frontier_.size());
    }
    if (frontier_.size() == report_.head.size) finish();
    if (Status tree = log_.recheck_tree(); !tree.ok()) LUMENFLOW_TRY(take(std::move(tree).error()));
    return std::move(report_);
  }

 private:
  void check_origins() {
    for (const Head& head : heads_)
      if (head.log_id != report_.head.log_id)
        fault(0, 0, "a checkpoint is of log " + head.log_id + ", this is " + report_.head.log_id);
  }

  // False when it cannot go on past a bad entry.
  Result<bool> next_page() {
    Result<std::vector<StoredRow>> page = log_.read(Position(frontier_.size()), kPageEntries);
    if (!page.ok()) {  // row by row to the one that is bad, so that all before it count as checked
      page = log_.read(Position(frontier_.size()), 0);
      if (!page.ok()) {
        LUMENFLOW_TRY(take(std::move(page).error()));
        return false;
      }
    }
    if (page->empty()) {
      fault(frontier_.size() + 1, frontier_.size() + 1, "the entry is missing");
      return false;
    }
    for (const StoredRow& row : *page)
      for (std::size_t i = 0; i < row.entries.size(); ++i)
        if (row.first.value() + i == frontier_.size() + 1 && frontier_.size() < report_.head.size) add(row.entries[i]);
    return true;
  }

  void add(const std::string& entry) {
    frontier_.append(leaf_hash(entry));
    ++report_.entries;
    while (next_head_ < heads_.size() && heads_[next_head_].size <= frontier_.size()) compare(heads_[next_head_++]);
  }

  void compare(const Head& head) {
    const Hash256 root = head.size == 0 ? empty_root() : frontier_.root();
    if (root != head.root) contradicted_ = true;
    if (contradicted_)
      return fault(confirmed_size_ + 1, head.size,
                   "the first " + std::to_string(head.size) + " entries are not those of a checkpoint");
    confirmed_size_ = head.size;
    ++report_.heads;
  }

  void finish() {
    for (; next_head_ < heads_.size() && heads_[next_head_].size == 0; ++next_head_) compare(heads_[next_head_]);
    if (next_head_ < heads_.size() && !contradicted_)  // else the place is before the end that is missing
      fault(confirmed_size_ + 1, report_.head.size + 1,
            "the log has " + std::to_string(report_.head.size) + " entries, a checkpoint has " +
                std::to_string(heads_[next_head_].size) + ": its end is gone, or some after position " +
                std::to_string(confirmed_size_));
    if (frontier_.root() != report_.head.root)
      fault(confirmed_size_ + 1, report_.head.size, "the entries are not those of the tree");
  }

  // Damage goes into the report; other errors end the check.
  Status take(Error error) {
    if (error.code() != ErrorCode::kJournalDamaged) return error;
    const std::uint64_t position = damaged_position(error).value_or(0);
    fault(position, position, error.message());
    return {};
  }

  // The closest says most; of those as close, the first.
  void fault(std::uint64_t first, std::uint64_t last, std::string what) {
    const auto rank = [](std::uint64_t from, std::uint64_t to) {
      return std::pair(from == 0 ? UINT64_MAX : to - from, from);
    };
    if (!report_.intact && rank(first, last) >= rank(report_.first_bad, report_.last_bad)) return;
    report_.intact = false;
    report_.first_bad = first;
    report_.last_bad = last;
    report_.what = std::move(what);
  }

  const Log& log_;
  std::vector<Head> heads_;
  std::size_t next_head_ = 0;
  std::uint64_t confirmed_size_ = 0;
  bool contradicted_ = false;  // a head covers other entries than these
  Frontier frontier_;
  VerifyReport report_;
};

}  // namespace

Result<VerifyReport> verify_all(const Log& log, std::span<const Head> heads,
                                const std::function<void(std::uint64_t)>& on_page) {
  return Verifier(log, heads).run(on_page);
}

}  // namespace lumenflow::log
