// What a call asks its client at once, and the answers as they come.
//
// Shared by the tool's thread, which waits, and the io thread, which fills in the answers; `mutex` guards what both
// see.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mcp_server/call.h"

namespace lumenflow::mcp_server {

struct McpCall::Round {
  std::vector<pack::Question> questions;
  std::vector<std::string> keys;                    // what each is called to the client
  std::vector<std::optional<json::Value>> answers;  // the io thread's, until done
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false, cancelled = false;
  std::optional<Error> error;

  bool complete() const {
    return std::ranges::all_of(answers, [](const auto& answer) { return answer.has_value(); });
  }
  void finish(std::optional<Error> why = {}) {
    const std::lock_guard lock(mutex);
    done = true;
    error = std::move(why);
    changed.notify_all();
  }
};

}  // namespace lumenflow::mcp_server
