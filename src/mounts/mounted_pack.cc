#include "mounts/mounted_pack.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/encoding.h"
#include "base/files.h"
#include "hosts/pause.h"
#include "mounts/call_inbound.h"
#include "mounts/header_values.h"
#include "mounts/http_channel.h"
#include "mounts/tool_answer.h"
#include "pack/pack_files.h"

namespace lumenflow::mounts {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kLoggedBytesMax = 4096;
constexpr std::size_t kRemoteInstances = 16;

struct ChildMemory final : hosts::ChildConnection::Memory {
  Known known;
};

ChannelLimits channel_limits(const MountHostOptions& options) {
  ChannelLimits limits;
  limits.messages_max = options.programs.requests_max;
  limits.message_bytes_max = options.programs.request_bytes_max;
  limits.answer_bytes_max = options.programs.line_bytes_max;
  return limits;
}

}  // namespace

struct MountedPack::Turn {
  pack::ToolContext& context;
  pack::HostedRun& run;
  const json::Value& input;
  const Tool& tool;
  CallInbound inbound;
};

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

bool MountedPack::enter(hosts::ChildConnection& child) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  at_work_.push_back(&child);
  return true;
}

void MountedPack::leave(hosts::ChildConnection& child) {
  const std::lock_guard lock(mutex_);
  std::erase(at_work_, &child);
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

Result<MountedPack::Lease> MountedPack::start(const hosts::ProgramPlace& place) {
  LUMENFLOW_TRY_ASSIGN(std::unique_ptr<sandbox::Child> child, launcher_().start(program_.confinement(place)));
  LUMENFLOW_TRY_ASSIGN(std::unique_ptr<hosts::ChildConnection> connection,
                       hosts::ChildConnection::make(std::move(child), options_.programs.line_bytes_max, log_));
  connection->memory = std::make_unique<ChildMemory>();
  return Lease{place.key, std::move(connection)};
}

Result<MountedPack::Lease> MountedPack::lease(const hosts::ProgramPlace& place, Inbound& inbound,
                                              pack::HostedRun* run) {
  while (std::unique_ptr<hosts::ChildConnection> child = children_->take(place.key)) {
    if (PipeChannel(*child, channel_limits(options_)).settle(inbound)) return Lease{place.key, std::move(child)};
    child->child().kill();  // it ended, or spoke out of turn: nobody's call is the worse for it
  }
  LUMENFLOW_TRY_ASSIGN(const milliseconds time, children_->pause());
  if (!hosts::pause(time, run)) return Error(ErrorCode::kToolCancelled, "the run was cancelled");
  return start(place);
}

void MountedPack::give_back(Lease lease, bool usable, const Error* why) {
  leave(*lease.child);
  if (usable) {
    if (why == nullptr) children_->note_success();
    return children_->put_back(lease.key, std::move(lease.child));
  }
  lease.child->child().kill();
  write_log(LogLevel::kWarn, "mounts", "a server's process was ended",
            {{"pack", id_}, {"reason", why == nullptr ? std::string() : secrets_.masked(*why).message()}});
  if (why != nullptr && why->code() != ErrorCode::kToolCancelled) children_->note_fault();
}

Status MountedPack::make_ready(Channel& channel, Known& known, Turn& turn) {
  const auto now = steady_clock::now();
  const Deadline deadline = now + options_.connect;
  Session session(channel, known.peer);
  LUMENFLOW_TRY(session.connect(deadline, options_.probe, &turn.run, &turn.inbound));
  if (!known.due(now, options_.definitions_age)) return {};
  Definitions found;
  LUMENFLOW_TRY_ASSIGN(found.tools, session.list_tools(deadline, &turn.run, &turn.inbound));
  std::vector<Change> changes;
  std::string difference;
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(pinned_, true)) accepted_ = found;  // declared by hand: what it is first is what it must stay
    changes = compare(accepted_, found);
    if (!changes.empty()) difference = render(changes, accepted_, found);
  }
  const bool first = known.checked == Known::Time();
  std::map<std::string, std::string, std::less<>> blocked = blocked_by(changes);
  if (!changes.empty() && (first || known.stale || blocked != known.blocked))
    write_log(LogLevel::kWarn, "mounts", "a mounted server's tools are not those that were accepted",
              {{"pack", id_},
               {"difference", std::string(clip_utf8(secrets_.masked(difference), kLoggedBytesMax))},
               {"help", "lumenflow pack import-mcp --update --id " + id_}});
  known.blocked = std::move(blocked);
  known.checked = now;
  known.stale = false;
  return {};
}

pack::ToolResult MountedPack::ask(Channel& channel, Known& known, Turn& turn) {
  if (const auto blocked = known.blocked.find(turn.tool.entry); blocked != known.blocked.end())
    return pack::ToolCrash{ErrorCode::kDefinitionChanged,
                           "the tool is not the one that was accepted: " + blocked->second +
                               ". An operator sees the difference, and may accept it, with `lumenflow pack import-mcp "
                               "--update --id " +
                               id_ + "`",
                           true};
  ToolCall call;
  call.name = turn.tool.entry;
  call.arguments = turn.input;
  call.token = turn.context.receipt_id();
  call.receipt_id = turn.context.receipt_id();
  if (is_remote()) call.headers = parameter_headers(turn.tool.input_schema, turn.input);
  Session session(channel, known.peer);
  Reply reply = session.call(call, turn.inbound.offers(), {}, &turn.run, &turn.inbound);
  known.stale = known.stale || turn.inbound.tools_changed() || reply.refusal.code == mcp::kHeaderMismatch ||
                reply.refusal.code == mcp::kInvalidParams;
  switch (reply.kind) {
    case Reply::Kind::kResult: {
      pack::ToolResult result = answer_of(std::move(reply.result), turn.tool.structured);
      if (auto* const failure = std::get_if<pack::ToolError>(&result)) {
        failure->message = secrets_.masked(failure->message);
        failure->details = secrets_.masked_value(std::move(failure->details));
      }
      if (auto* const broken = std::get_if<pack::ToolCrash>(&result)) broken->no_effect = turn.tool.harmless;
      return result;
    }
    case Reply::Kind::kRefusal:
      reply.refusal.message = secrets_.masked(reply.refusal.message);
      reply.refusal.data = secrets_.masked_value(std::move(reply.refusal.data));
      return answer_of(std::move(reply.refusal));
    case Reply::Kind::kCancelled:
      return crash(reply.error, false);  // the call has been ended already
    case Reply::Kind::kFault:
      break;
  }
  return crash(reply.error, reply.not_taken || turn.tool.harmless);
}

pack::ToolResult MountedPack::call_child(Turn& turn) {
  const Result<hosts::ProgramPlace> place = program_.place_of(turn.run.scopes(), turn.tool.required_env, secrets_);
  if (!place.ok()) return crash(place.error(), true);
  Result<Lease> lease = this->lease(*place, turn.inbound, &turn.run);
  if (!lease.ok()) return crash(lease.error(), true);
  hosts::ChildConnection& child = *lease->child;
  turn.run.held_by(child.child().isolation());
  if (!enter(child)) return crash(Error(ErrorCode::kToolCrashed, "the pack is being ended"), true);
  PipeChannel channel(child, channel_limits(options_));
  Known& known = static_cast<ChildMemory&>(*child.memory).known;
  known.stale = known.stale || turn.inbound.tools_changed();
  if (const Status ready = make_ready(channel, known, turn); !ready.ok()) {
    give_back(*std::move(lease), false, &ready.error());
    return crash(ready.error(), true);
  }
  pack::ToolResult result = ask(channel, known, turn);
  const auto* const crashed = std::get_if<pack::ToolCrash>(&result);
  const Error why(crashed == nullptr ? ErrorCode::kInternal : crashed->code,
                  crashed == nullptr ? "" : crashed->message);
  give_back(*std::move(lease), channel.usable(), crashed == nullptr ? nullptr : &why);
  return result;
}

pack::ToolResult MountedPack::call_remote(Turn& turn) {
  Result<HttpTarget> target = target_of(url_, turn.run.scopes().network);
  if (!target.ok()) return crash(target.error(), true);
  turn.run.held_by("remote: " + target->url.origin());
  HttpOptions options;
  options.ca_file = options_.ca_file;
  if (!bearer_env_.empty()) {
    const char* const token = std::getenv(bearer_env_.c_str());
    if (token == nullptr || *token == '\0')
      return crash(Error(ErrorCode::kInvalidConfiguration,
                         "the environment variable " + bearer_env_ + " is not set where lumenflow was started"),
                   true);
    options.bearer = token;
    secrets_.add(token);
  }
  const ChannelLimits limits = channel_limits(options_);
  for (bool again = false;; again = true) {
    Known known;
    std::string session;
    {
      const std::lock_guard lock(remote_mutex_);
      HttpChannel channel(*target, options, limits, ids_, remote_session_);
      const Status ready = make_ready(channel, remote_, turn);
      remote_session_ = channel.session();
      if (!ready.ok()) {
        const bool lost = channel.session_lost();
        remote_ = {};
        remote_session_.clear();
        if (lost && !again) continue;
        return crash(ready.error(), true);
      }
      known = remote_;
      session = remote_session_;
    }
    HttpChannel channel(*target, options, limits, ids_, session);
    channel.speaks(known.peer.revision);
    pack::ToolResult result = ask(channel, known, turn);
    const std::lock_guard lock(remote_mutex_);
    remote_.stale = remote_.stale || known.stale;
    if (!channel.session_lost()) return result;
    if (remote_session_ == session) {
      remote_ = {};
      remote_session_.clear();
    }
    if (again) return result;  // the server did nothing of it, so it is asked once more
  }
}

}  // namespace lumenflow::mounts
