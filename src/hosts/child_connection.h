// A child and its pipes: lines to it, lines from it, and its stderr taken away meanwhile. All waiting is one poll().
//
// One thread at a time, but for wake(). SIGPIPE must be ignored by the process. What it holds of the child's output is
// bounded: one line, and what was asked for is written before more is read.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "hosts/pack_log.h"
#include "lumenflow/result.h"
#include "sandbox/launcher.h"

namespace lumenflow::pack {
class HostedRun;
}

namespace lumenflow::hosts {

class ChildConnection {
 public:
  using Deadline = std::optional<std::chrono::steady_clock::time_point>;  // nothing: none
  enum class Event : std::uint8_t {
    kLine,
    kClosed,   // the child closed its stdout, or is gone
    kTooLong,  // a line over the limit
    kWoken,    // wake() was called since the last event of this kind
    kTime,
  };

  // INTERNAL when the operating system has no descriptor left.
  static Result<std::unique_ptr<ChildConnection>> make(std::unique_ptr<sandbox::Child> child,
                                                       std::size_t line_bytes_max, PackLog& log);
  ~ChildConnection();
  ChildConnection(const ChildConnection&) = delete;
  ChildConnection& operator=(const ChildConnection&) = delete;

  // Queues a line with its newline; next() writes it.
  void send(std::string_view line) { outgoing_.append(line); }
  // Waits for what comes first. A line that is there already comes before all else but a wake.
  Event next(std::string& line, Deadline deadline);
  // Writes what is queued, as far as the child takes it at once.
  void flush();
  // Waits until the child has taken what is queued, but for a little. False: next() has something to say first.
  bool drain(Deadline deadline);
  // Any thread: next() returns.
  void wake();
  void forget_wake();  // takes back a wake that nobody waited for

  sandbox::Child& child() { return *child_; }
  // What is said to it before its stdin is closed, with its newline; empty: nothing.
  void says_farewell_by(std::string line) { farewell_ = std::move(line); }
  const std::string& farewell() const { return farewell_; }
  // What its user knows of it, kept as long as it lives.
  struct Memory {
    virtual ~Memory() = default;
  };
  std::unique_ptr<Memory> memory;
  std::int64_t next_id() { return ++last_id_; }

 private:
  ChildConnection(std::unique_ptr<sandbox::Child> child, int wake_fd, std::size_t line_bytes_max, PackLog& log);
  bool take_line(std::string& line);
  bool wait(Deadline deadline);  // false: the time has come
  void read_stdout();
  void read_stderr();

  std::unique_ptr<sandbox::Child> child_;
  const int wake_fd_;
  const std::size_t line_bytes_max_;
  LineCutter errors_;
  std::string outgoing_;
  std::size_t written_ = 0;  // of outgoing_
  std::string incoming_;
  std::size_t taken_ = 0;     // of incoming_
  std::size_t searched_ = 0;  // of incoming_: no newline before it
  bool closed_ = false;       // stdout
  bool errors_closed_ = false;
  bool woken_ = false;
  std::int64_t last_id_ = 0;
  std::string farewell_;
};

// Has a run's cancellation wake the thread that waits for the child, as long as this lives. A null run is never
// cancelled.
class CancelWakes {
 public:
  CancelWakes(pack::HostedRun* run, ChildConnection& child);
  ~CancelWakes();
  CancelWakes(const CancelWakes&) = delete;
  CancelWakes& operator=(const CancelWakes&) = delete;

 private:
  pack::HostedRun* const run_;
  ChildConnection& child_;
};

// For people: how a child ended that closed its stdout. Waits for it a tenth of a second.
std::string how_it_ended(ChildConnection& child);

}  // namespace lumenflow::hosts
