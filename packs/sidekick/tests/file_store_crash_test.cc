// The power goes before every single change to the disk, and comes back to each of several things that may be left.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "crash_disk.h"
#include "sidekick/storage/document.h"
#include "sidekick/storage/file_store.h"
#include "sidekick/storage/store_files.h"

namespace lumenflow::sidekick {
namespace {

constexpr int kOutcomes = 6;  // of one power cut

std::string ulid(std::uint64_t n) {
  std::string text = std::to_string(n);
  return std::string(26 - text.size(), '0') + text;
}

// All that is stored, as text.
Result<std::string> content_of(const FileStore& store) {
  std::string text;
  for (const Collection collection : kCollections)
    store.published(collection).records.ascend("", [&](const RecordTree::Item& item) {
      text += item.key + "=" + item.text + "\n";
      return true;
    });
  LUMENFLOW_TRY_ASSIGN(const std::vector<std::string> audit, store.read_audit("", 1'000'000));
  for (const std::string& line : audit) text += line + "\n";
  return text;
}

// Random transactions on a store, with what the store holds after each of them.
class Workload {
 public:
  Workload(CrashDisk& disk, unsigned seed) : disk_(disk), random_(seed) { reopen(); }

  void step() {
    switch (random_() % 10) {
      case 0:
        return reopen();
      case 1:
      case 2:
        EXPECT_TRUE(store_->fold().ok());
        return;
      default:
        return write_group();
    }
  }

  std::vector<std::string> contents{""};  // after as many transactions
  std::size_t acknowledged = 0;
  std::size_t staged() const { return contents.size() - 1; }

 private:
  void reopen() {
    store_.reset();
    store_ = *FileStore::open(disk_);
  }
  void write_group() {
    std::vector<std::shared_ptr<FileStore::Group>> groups;
    for (std::size_t n = 1 + random_() % 3; n > 0; --n) groups.push_back(stage_one());
    for (const auto& group : groups) EXPECT_TRUE(store_->flush(group).ok());
    acknowledged = staged();
  }
  std::shared_ptr<FileStore::Group> stage_one() {
    std::map<std::pair<std::size_t, std::string>, std::string> records = records_;
    const std::string event = R"({"id":"evt-)" + ulid(++events_) + R"(","tool":"x"})";
    const auto change = [&](Draft& draft) -> Status {
      for (std::size_t n = 1 + random_() % 3; n > 0; --n) {
        const Collection collection = kCollections[random_() % kCollections.size()];
        const std::string id = std::string(id_prefix(collection)) + ulid(random_() % 12);
        if (random_() % 4 == 0) {
          draft.erase(collection, id);
          records.erase({index_of(collection), id});
        } else {
          const json::Value value = json::Object{{"id", id}, {"text", std::string(random_() % 90, 'x')}};
          draft.put(collection, id, value);
          records[{index_of(collection), id}] = json::serialize(value);
        }
      }
      draft.append_audit(event);
      return {};
    };
    // What it will make of the store is known before the disk hears of it.
    audit_ += event + "\n";
    contents.emplace_back();
    auto group = store_->stage([&](Draft& draft) {
      const Status status = change(draft);
      records_ = records;
      std::string& content = contents.back();
      for (const auto& [key, text] : records_) content += key.second + "=" + text + "\n";
      content += audit_;
      return status;
    });
    EXPECT_TRUE(group.ok());
    return *group;
  }

  CrashDisk& disk_;
  std::mt19937 random_;
  std::unique_ptr<FileStore> store_;
  std::map<std::pair<std::size_t, std::string>, std::string> records_;
  std::string audit_;
  std::uint64_t events_ = 0;
};

// What is wrong with the disk after a power cut; empty: nothing.
std::string fault_of(CrashDisk& disk, const Workload& workload, std::size_t acknowledged, std::size_t staged) {
  const auto is_one_of_them = [&](const std::string& content) {
    for (std::size_t n = acknowledged; n <= staged; ++n)
      if (workload.contents[n] == content) return true;
    return false;
  };
  for (const Collection collection : kCollections) {
    const std::string text = disk.text(document_path(collection));
    const Result<ReadDocument> document = read_document(collection, text);
    if (!text.empty() && (!document.ok() || document->fault)) return document_path(collection) + " is torn";
  }
  Result<std::unique_ptr<FileStore>> store = FileStore::open(disk);
  if (!store.ok()) return "it does not open: " + store.error().to_string();
  const Result<std::string> recovered = content_of(**store);
  if (!recovered.ok()) return recovered.error().to_string();
  if (!is_one_of_them(*recovered)) return "what was recovered was never written:\n" + *recovered;
  if (!(*store)->stats().problems.empty()) return (*store)->stats().problems.front();

  // And on from there: another write, the documents, another opening.
  const auto add = [](Draft& draft) -> Status {
    draft.put(Collection::kTasks, "task-zz", json::Object{{"id", "task-zz"}});
    return {};
  };
  if (const Status status = (*store)->transact(add); !status.ok()) return status.error().to_string();
  if (const Status status = (*store)->fold(); !status.ok()) return status.error().to_string();
  const Result<std::string> written = content_of(**store);
  store->reset();
  store = FileStore::open(disk);
  if (!store.ok()) return "it does not open again: " + store.error().to_string();
  const Result<std::string> again = content_of(**store);
  if (!again.ok() || !written.ok() || *again != *written) return "folding changed something";
  if (disk.text(kAuditPath).find('\0') != std::string::npos) return "the audit file is torn";
  return {};
}

struct Tally {
  int points = 0;
  int faults = 0;
  std::string first_fault;
};

Tally cut_power_everywhere(unsigned seeds, int steps, const std::function<bool(const std::string&)>& forgets_sync) {
  Tally tally;
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    CrashDisk disk;
    disk.forgets_sync = forgets_sync;
    Workload* running = nullptr;
    std::mt19937 random(seed * 7919);
    struct Moment {
      std::unique_ptr<CrashDisk> disk;
      std::size_t acknowledged, staged;
    };
    std::vector<Moment> moments;
    disk.before_change = [&] {
      if (running == nullptr) return;
      for (int i = 0; i < kOutcomes; ++i)
        moments.push_back({disk.after_power_cut(random), running->acknowledged, running->staged()});
    };
    Workload workload(disk, seed);
    running = &workload;
    for (int i = 0; i < steps; ++i) workload.step();
    for (const Moment& moment : moments) {
      ++tally.points;
      const std::string fault = fault_of(*moment.disk, workload, moment.acknowledged, moment.staged);
      if (fault.empty()) continue;
      if (tally.faults++ == 0) tally.first_fault = "seed " + std::to_string(seed) + ": " + fault;
    }
  }
  return tally;
}

TEST(FileStoreCrash, LosesNothingAcknowledgedAndAppliesNothingByHalf) {
  const Tally tally = cut_power_everywhere(16, 40, {});
  std::printf("%d crash points\n", tally.points);
  EXPECT_GE(tally.points, 20'000);
  EXPECT_EQ(tally.faults, 0) << tally.first_fault;
}

// Each sync is there for a reason: without it the same test finds something lost.
TEST(FileStoreCrash, FindsOutAboutEverySyncThatIsLeftOut) {
  const auto in = [](const char* part) {
    return [part](const std::string& path) { return path.find(part) != std::string::npos; };
  };
  for (const auto& [what, forgets] : std::map<std::string, std::function<bool(const std::string&)>>{
           {"the log", in(".log")},
           {"the log's name", [](const std::string& path) { return path == kLogFolder; }},
           {"documents", in(".json.new")},
           {"documents' names", [](const std::string& path) { return path == ".sidekick/tasks"; }},
           {"the audit file", in("events.jsonl")},
           {"the audit file's name", [](const std::string& path) { return path == kAuditFolder; }},
           {"the folders' names", [](const std::string& path) { return path == kStoreFolder || path.empty(); }}}) {
    const Tally tally = cut_power_everywhere(2, 40, forgets);
    EXPECT_GT(tally.faults, 0) << "nobody missed the sync of " << what << " at " << tally.points << " crash points";
  }
}

// A junk line is taken out of the audit file; wherever the power goes meanwhile, the trail is whole and said once.
TEST(FileStoreCrash, TakingJunkOutOfTheAuditFileLosesNoLineAndDoublesNone) {
  const auto write = [](FileStore& store, int n) {
    return store.transact([&](Draft& draft) -> Status {
      draft.append_audit(R"({"id":"evt-)" + ulid(static_cast<std::uint64_t>(n)) + "\"}");
      return {};
    });
  };
  std::mt19937 random(7);
  int cuts = 0;
  bool finished = false;
  for (int at = 0; !finished; ++at) {
    CrashDisk disk;
    {
      const auto store = *FileStore::open(disk);
      ASSERT_TRUE(write(*store, 1).ok() && store->fold().ok());
    }
    disk.put(kAuditPath, "junk that is longer than the line that will be appended, by far: it must not hide it\n" +
                             disk.text(kAuditPath) + "more junk\n");
    const auto store = *FileStore::open(disk);
    ASSERT_TRUE(write(*store, 2).ok());
    std::vector<std::unique_ptr<CrashDisk>> left;
    int change = 0;
    disk.before_change = [&] {
      if (change++ != at) return;
      for (int outcome = 0; outcome < kOutcomes; ++outcome) left.push_back(disk.after_power_cut(random));
    };
    ASSERT_TRUE(store->fold().ok());
    finished = left.empty();
    if (finished) left.push_back(std::make_unique<CrashDisk>(disk));
    for (const auto& after : left) {
      ++cuts;
      for (const bool folded : {false, true}) {
        const auto again = FileStore::open(*after);
        ASSERT_TRUE(again.ok()) << again.error().to_string();
        std::vector<std::string> ids;
        const std::vector<std::string> lines = *(*again)->read_audit("", 10);
        for (const std::string& line : lines) ids.push_back(audit_id(line));
        EXPECT_EQ(ids, (std::vector<std::string>{"evt-" + ulid(1), "evt-" + ulid(2)})) << at;
        for (const std::string& problem : (*again)->stats().problems)
          EXPECT_EQ(problem.find("was cut"), std::string::npos) << at << ": " << problem;
        if (!folded) {
          ASSERT_TRUE((*again)->fold().ok());
        }
      }
    }
  }
  EXPECT_GT(cuts, 50);
}

}  // namespace
}  // namespace lumenflow::sidekick
