#include "mounts/mounted_pack.h"

#include <utility>

#include "base/files.h"
#include "mounts/mounted_turn.h"
#include "pack/pack_files.h"

namespace lumenflow::mounts {
namespace {

constexpr std::size_t kRemoteInstances = 16;

}  // namespace

MountedPack::MountedPack(std::function<sandbox::Launcher&()> launcher, const MountHostOptions& options,
                         hosts::Keeper& keeper, const hosts::ProcessPackSource& source)
    : launcher_(std::move(launcher)),
      options_(options),
      keeper_(keeper),
      id_(source.manifest.id),
      url_(json::string_or(source.manifest.runtime_options, "url", "")),
      bearer_env_(json::string_or(source.manifest.runtime_options, "bearer_env", "")),
      program_(source.manifest, source.snapshot_dir, source.workspace_root,
               {options.programs.limits, options.programs.read_only_paths, options.programs.expanded_files_max}),
      log_(
          options.programs.log_lines_per_second_max,
          [this, also = options.programs.redact](std::string_view line) {
            const std::string masked = secrets_.masked(line);
            return also ? also(masked) : masked;
          },
          [pack = source.manifest.id](LogLevel level, std::string_view origin, const std::string& line) {
            write_log(level, "mounts", "a server says",
                      {{"pack", pack}, {"origin", std::string(origin)}, {"line", line}});
          }),
      children_(std::make_shared<hosts::Children>(
          hosts::ChildrenLimits{options.programs.idle_children, options.programs.idle, options.programs.backoff_first,
                                options.programs.backoff_max, options.programs.backoff_wait},
          keeper)) {
  instances_ = static_cast<std::size_t>(json::integer_or(
      source.manifest.runtime_options, "instances", is_remote() ? static_cast<std::int64_t>(kRemoteInstances) : 1));
  const json::Value* const written = source.manifest.raw.find("tools");
  for (const pack::ToolDescriptor& tool : source.manifest.tools) {
    Tool out;
    out.entry = tool.name.substr(tool.name.find(':') + 1);
    out.input_schema = tool.input_schema;
    out.required_env = tool.required_env;
    out.harmless = tool.permission == pack::Permission::kRead;
    for (const json::Value& raw : written->as_array()) {
      if (json::string_or(raw, "name", "") != tool.name) continue;
      if (const json::Value* entry = raw.find("entry")) out.entry = entry->as_string();
      out.structured = raw.find("output_schema") != nullptr;
    }
    out.is_content = out.entry.starts_with(kPromptEntry) || out.entry == kResourceEntry;
    content_ = content_ || out.is_content;
    tools_.emplace(tool.name, std::move(out));
  }
  keeper_.watch(children_);
}

MountedPack::~MountedPack() { close(); }

Status MountedPack::read_definitions(const hosts::ProcessPackSource& source) {
  const std::string path(json::string_or(source.manifest.runtime_options, "definitions", ""));
  if (path.empty()) return {};
  const PosixFiles files;
  LUMENFLOW_TRY_ASSIGN(const std::string text, pack::FolderPackFiles(files, source.snapshot_dir).read(path));
  LUMENFLOW_TRY_ASSIGN(accepted_, parse_definitions(text));
  pinned_ = true;
  for (const auto& [name, tool] : tools_)
    if (accepted_.find(tool.entry) == nullptr)
      return Error(ErrorCode::kInvalidConfiguration, "the tool " + name + " has no accepted definition in " + path +
                                                         ": `lumenflow pack import-mcp --update --id " + id_ +
                                                         "` shows what the server has");
  return {};
}

std::string MountedPack::isolation() { return is_remote() ? "remote: " + url_ : launcher_().describe(); }

std::vector<std::string> MountedPack::tools() const {
  std::vector<std::string> names;
  for (const auto& [name, tool] : tools_) names.push_back(name);
  return names;
}

void MountedPack::close() {
  children_->close();
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (hosts::ChildConnection* child : at_work_) child->child().kill();
}

pack::ToolResult MountedPack::crash(const Error& error, bool no_effect) const {
  return pack::ToolCrash{error.code(), secrets_.masked(error).message(), no_effect};
}

pack::ToolResult MountedPack::call(pack::ToolContext& context, const json::Value& input) {
  pack::HostedRun* const run = context.hosted();
  if (run == nullptr || context.cancelled())
    return pack::ToolCrash{ErrorCode::kToolCancelled, "the call was cancelled before the server saw it", true};
  const Tool& tool = tools_.find(context.tool())->second;
  Turn turn{context, *run, input, tool, CallInbound(&context, log_, context.receipt_id())};
  return is_remote() ? call_remote(turn) : call_child(turn);
}

}  // namespace lumenflow::mounts
