// A file system under SQLite that fails when told: the disk full, an I/O error, a write cut short. For tests.
//
// While one is alive, it is what every connection opened uses. The faults may be set from any thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>

namespace lumenflow::log {

struct DiskFaults {
  enum Kind { kNone, kFull, kError, kTorn };  // torn: half of the write gets through, then an error
  std::atomic<int> kind{kNone};
  // Operations (writes and syncs of the WAL and the database) that still succeed; from then on all fail.
  std::atomic<int> operations_left{0};
  std::atomic<bool> only_database{false};  // spares the WAL: what a fold-back meets

  void arm(Kind what, int after_operations) {
    operations_left = after_operations;
    kind = what;
  }
  void heal() { kind = kNone; }
};

class FaultyVfs {
 public:
  explicit FaultyVfs(DiskFaults& faults);
  ~FaultyVfs();

 private:
  struct Vfs;
  std::unique_ptr<Vfs> vfs_;
};

}  // namespace lumenflow::log
