// A host in memory, for a pack's own tests: the store, the events and the replay log, without lumenflow.
//
// It keeps to what the real one promises: what a run writes and emits counts when the run succeeds, or not at all; a
// key stands for one event; an event is applied once. It knows no manifest, so `lumenflow pack test` stays the judge of
// that. Not thread safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/kernel_event.h"
#include "lumenflow/pack.h"

namespace lumenflow::pack {

class MemoryHost {
 public:
  explicit MemoryHost(void (*register_pack)(Registration&), json::Value config = json::Object{});
  ~MemoryHost();

  // TOOL_NOT_FOUND, as the tool's own refusal, for what was not registered.
  ToolResult call(std::string_view tool, const json::Value& input);
  // Applies an event; false when it was applied before. NOT_FOUND for a kind without a handler, else the handler's
  // error.
  Result<bool> deliver(const KernelEvent& event);

  // There to be looked at, and to be prepared.
  std::map<std::string, json::Value, std::less<>> store;
  std::vector<KernelEvent> events;              // what was emitted, in order
  std::string now{"2026-03-01T12:00:00.000Z"};  // what runs read from the clock
  // Answers what runs call of other packs; a task's step is the tool `kernel:task_<step>`. Empty: nothing does.
  std::function<Result<Invoked>(std::string_view tool, const json::Value& input)> others;
  const Registration& registration() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lumenflow::pack
