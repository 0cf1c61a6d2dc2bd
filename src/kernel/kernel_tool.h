// Kernel tools: what changes the workspace's own state, on the same path as every other call. Not packs: they have a
// table of their own, and are reached from the socket and the CLI; some from HTTP and by packs too.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "lumenflow/result.h"
#include "pack/registry.h"

namespace lumenflow::kernel {

struct Call;
class Kernel;
// What a tool does to the kernel's own state, on the strand, in the batch that records the call.
using KernelControl = std::function<pack::ToolResult(Kernel& kernel, const json::Value& input)>;

// The same for those who must know who calls.
using KernelDecision = std::function<pack::ToolResult(Kernel& kernel, const Call& call)>;

// What takes long, on the executor; what it answers is then done on the strand. An error is the tool's own refusal.
using KernelPreparation = std::function<Result<KernelControl>(const json::Value& input)>;

struct KernelTool {
  pack::ActiveTool tool;
  KernelControl control;      // when set, it runs instead of the tool's handler
  KernelPreparation prepare;  // likewise
  KernelDecision decide;      // likewise
  bool operator_key = false;  // the caller must prove possession of the workspace's operator key
  bool on_http = false;       // also from HTTP, where the token must hold the tool's scope
  bool for_packs = false;     // also within calls of packs, where the caller's token must hold it
};

struct KernelToolSpec {
  std::string_view name;  // "kernel:token_mint"
  std::string_view title;
  std::string_view description;
  pack::Permission permission = pack::Permission::kAdmin;
  std::string_view scope;
  std::string_view input_schema;  // JSON text
  std::string_view output_schema;
  bool operator_key = true;
};

// INVALID_CONFIGURATION when a schema of ours is wrong, which a test would have found.
Result<KernelTool> make_kernel_tool(const KernelToolSpec& spec, pack::ToolHandler handler);
Result<KernelTool> make_kernel_tool(const KernelToolSpec& spec, KernelControl control);
Result<KernelTool> make_deciding_kernel_tool(const KernelToolSpec& spec, KernelDecision decide);
Result<KernelTool> make_prepared_kernel_tool(const KernelToolSpec& spec, KernelPreparation prepare,
                                             std::chrono::milliseconds timeout);

// What is signed is a text, so a decision's time has one form: INVALID_INPUT for another.
std::optional<pack::ToolError> fault_of_decided_at(const json::Value& input);

// A fault of ours as the tool's own answer.
inline pack::ToolError refused(const Error& error) { return {std::string(name(error.code())), error.message(), {}}; }

// What the caller is told where a preparation failed.
pack::ToolResult refused_preparation(const Error& error);

}  // namespace lumenflow::kernel
