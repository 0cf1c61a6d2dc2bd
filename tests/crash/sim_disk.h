// A disk in memory under SQLite: it remembers what was synced and what was not, so that the process can die and the
// power can go before any single change to it, and it fails when told.
//
// While one is alive, every connection that is opened lives on it; of several, on the one that was made or named by
// use() last. Thread safe; restart_process(), cut_power() and the
// rest of what a test does is for when nothing has a file open. All files are in one folder, and names last from when
// that is synced, which SQLite has done with the first sync of a journal.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace lumenflow::crash {

class SimDisk {
 public:
  enum class Fault : std::uint8_t { kNone, kFull, kError, kShort };  // short: half of a write, then an error

  explicit SimDisk(std::uint32_t seed);
  ~SimDisk();
  SimDisk(const SimDisk&) = delete;

  // Connections that are opened from now on live on this one.
  void use();

  // After so many more changes (writes, syncs, truncations, names made and removed) the process is dead: nothing
  // reaches the disk any more, and of a write in progress perhaps a part.
  void die_after(std::uint64_t changes);
  void spare();  // what die_after() said does not count any more
  bool dead() const;
  std::uint64_t changes() const;  // so far

  // The dead process is gone; another may begin. What it wrote is there, synced or not.
  void restart_process();
  // The machine lost its power and has it again: of what was not synced nothing is left, or all, or the beginning with
  // a torn end, or some sectors here and there.
  void cut_power();

  // After so many more changes, so many of them fail. A sync that fails forgets: what it should have synced is not
  // synced by a later one either.
  void fail(Fault fault, std::uint64_t after, std::uint64_t count);
  // The negative control: syncs answer and do nothing.
  void ignore_syncs(bool ignored);

  // Whole files, as a program beside SQLite reads and writes them; empty when absent.
  std::string read(const std::string& path) const;
  void write(const std::string& path, std::string content);
  void remove(const std::string& path);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lumenflow::crash
