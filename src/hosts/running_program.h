// One program that runs: what it reads, what it writes, and how it ends.
//
// One thread. The destructor ends the program with all it started.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/program.h"
#include "sandbox/launcher.h"

namespace lumenflow::hosts {

class RunningProgram {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Borrows the request. `deadline`: of the program itself, by its request; nothing: none.
  RunningProgram(std::unique_ptr<sandbox::Child> child, const pack::ProgramRequest& request,
                 std::size_t output_bytes_max, std::size_t line_bytes_max);
  ~RunningProgram();
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  // When it is over its time, or has to be looked at anyway.
  std::optional<Time> deadline() const { return deadline_; }
  // What it waits for: as many as take() is given back.
  static constexpr std::size_t kWatched = 4;
  void watch(std::vector<pollfd>& into) const;
  // Reads, writes and ends what is due; its end, once it has one.
  std::optional<pack::ProgramEnd> take(const pollfd* watched, Time now);

 private:
  struct Stream {
    pack::ProgramStream name;
    std::string* kept;
    std::string line;  // begun
    bool open = true;
  };
  void write_input();
  bool read(Stream& stream, int fd);  // whether more may be there at once
  void keep(Stream& stream, std::string_view bytes);
  void end_by(std::string_view limit);
  pack::ProgramEnd finish();

  const std::unique_ptr<sandbox::Child> child_;
  const pack::ProgramRequest& request_;
  const std::size_t output_bytes_max_, line_bytes_max_;
  const Time started_;
  const std::optional<Time> deadline_;
  const int exit_fd_;  // readable when the program is gone; -1: the system cannot say, so it is looked after often
  std::size_t written_ = 0;
  pack::ProgramEnd end_;
  Stream output_, errors_;
};

}  // namespace lumenflow::hosts
