// The Log in memory, for tests and simulation: durable means committed. And a Log that misbehaves on demand.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "log/log.h"

namespace lumenflow::log {

std::unique_ptr<Log> make_memory_log(std::string log_id);

// Faults for whoever uses a Log. The caller sets them between calls, on the writer's thread.
struct LogFaults {
  bool fail_append = false;
  bool fail_put = false;
  std::optional<std::uint64_t> fail_put_after;  // so many puts and erases of a batch succeed, the next one fails
  bool fail_commit = false;  // the batch is undone, as when the disk is full
  bool fail_read = false;
};

// Passes everything on to `inner` but for the faults that `faults` asks for at that moment. Borrows `faults`.
std::unique_ptr<Log> make_faulty_log(std::unique_ptr<Log> inner, const LogFaults& faults);

}  // namespace lumenflow::log
