// What the strand decides in one batch, kept until the journal has it. Values of the strand.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/strong.h"
#include "kernel/bell.h"
#include "kernel/call.h"
#include "kernel/emitter.h"
#include "kernel/ingress.h"
#include "kernel/running_call.h"
#include "lumenflow/result.h"

namespace lumenflow::kernel {

// What a call's end writes.
struct Ending {
  CallPtr call;
  CallEnd end;
  std::string stored_result;    // redacted
  std::string response_result;  // as the caller sees it
  std::vector<PendingEvent> events;
  std::map<std::string, std::optional<std::string>> store_writes;
  std::optional<journal::Recovery> recovery;  // of what it left behind
};

struct Answer {
  CallPtr call;
  CallResult result;
};

// How a call ends that had started when the process died.
struct CrashedEnd {
  journal::Outcome outcome;
  std::string code, decided_by, result;
  std::optional<journal::Recovery> recovery;
};

// By receipt: what the calls ended as that had started when the process died.
using CrashedCalls = std::map<std::string, journal::Outcome>;

struct Batch {
  std::uint64_t number = 0;
  Position end;  // of its last entry, or of the last before it
  std::vector<Answer> answers;
  std::vector<CallPtr> launches;
  std::vector<Ending> endings_of_effects;                             // ends of two-commit calls
  std::vector<std::pair<std::string, std::uint64_t>> store_versions;  // by pack: those it wrote
  std::vector<std::function<void(const Status&)>> waiting;            // for it to be durable, or to have failed
  Rings rings;                                                        // what the bus is told once it is durable
  bool writes_more = false;                                           // that nobody waits for

  bool empty() const {
    return answers.empty() && launches.empty() && endings_of_effects.empty() && waiting.empty() && !writes_more;
  }
};

}  // namespace lumenflow::kernel
