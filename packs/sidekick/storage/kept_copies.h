// Copies of files that were damaged, or edited in a way that could not be taken over whole: those that are still to be
// made, and those that lie beside the files until a person takes them away.
//
// add() and problems() from any thread; keep() by one at a time.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "lumenflow/result.h"
#include "sidekick/storage/disk.h"

namespace lumenflow::sidekick {

// A copy of a file to be kept before the file itself is replaced: `<path>.<why>-<n>`, and a report beside it.
struct Aside {
  std::string path;
  std::string why;  // "corrupt", "older", "outside"
  std::string content;
  std::string report;                 // empty: none
  std::vector<std::string> problems;  // what a person should know of it
};

class KeptCopies {
 public:
  explicit KeptCopies(std::vector<Aside> due) : due_(std::move(due)) {}

  void add(Aside aside);
  // Makes the copies that are due. One that says the same is enough.
  Status keep(Disk& disk);
  // What there is to say of the copies that are due, and of those (`corrupt`, `outside`) that are there now, whoever
  // made them. Reads the store's folders, whatever is stored in them.
  std::vector<std::string> problems(Disk& disk) const;

 private:
  std::vector<std::string> known_of(Disk& disk, const std::string& copy) const;

  mutable std::mutex mutex_;  // never held over disk access
  std::vector<Aside> due_;
  mutable std::map<std::string, std::vector<std::string>> known_;  // path of a copy -> what is said of it
};

}  // namespace lumenflow::sidekick
