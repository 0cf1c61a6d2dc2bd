// A pack as a program of its own: what it registers, served over the pack protocol on stdin and stdout.
//
//   int main() { return lumenflow::pack::run(register_pack); }
//
// One thread; the host gives one thing at a time. What differs from a pack compiled into lumenflow:
// - `workspace_root()` is empty, and `has_tool()` knows the pack's own tools only;
// - `run_programs()` runs them one after the other, and what they write is text: what is not UTF-8 is replaced;
// - `transact()`, `wake()`, timers and `turns()` are not there, nobody is shown `notify_operator()`;
// - `fetch()` is judged by the call's network scope, so a request has no allowlist of its own (INVALID_INPUT);
// - `scan_descending()` reads all items of the prefix.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lumenflow/pack.h"

namespace lumenflow::pack {

// Until the host is done: the exit code of main. Takes stdin and stdout for itself: what the pack prints goes to
// stderr. `register_pack` runs once, when the host has said what the pack's configuration is. A registration with
// timers or an input rule, which only packs compiled into the program can have, is refused. A handler that throws is a
// crash of its call, which ends alone.
int run(void (*register_pack)(Registration&));

// What a host offers to a program beyond a HostContext. Lives as long as the context.
class ProcessRun {
 public:
  virtual ~ProcessRun() = default;
  // Calls another tool, with scopes no wider than this run's: its data, or the error it ended with (a code that is not
  // one of lumenflow's stands in the message).
  virtual Result<json::Value> invoke(std::string_view tool, json::Value input,
                                     std::optional<std::string> idempotency_key = {}) = 0;
  // Changes or reads one of the workspace's tasks, on behalf of the caller: `step` is create, claim, block, unblock,
  // wait, resume, release, delegate, complete, show, list or lanes, the input what kernel:task_<step> takes.
  virtual Result<json::Value> tasks(std::string_view step, json::Value input,
                                    std::optional<std::string> idempotency_key = {}) = 0;
  // Whether an event of this kind was handled under that replay key.
  virtual Result<bool> was_handled(std::string_view kind, std::string_view replay_key) = 0;
  virtual void progress(double fraction, std::string_view message) = 0;  // 0 to 1
  // A line for the workspace's log; `level` is debug, info, warn or error, `fields` an object of scalars.
  virtual void log(std::string_view level, std::string_view message, json::Value fields = json::Object{}) = 0;
};

// Null in a pack that is compiled into lumenflow.
ProcessRun* process_run(HostContext& context);

}  // namespace lumenflow::pack
