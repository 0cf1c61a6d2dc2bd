// One call, whichever way the server is reached: whether its tools are those that were accepted, and what it answers.
#include <utility>

#include "base/encoding.h"
#include "mounts/header_values.h"
#include "mounts/mounted_turn.h"
#include "mounts/session.h"
#include "mounts/tool_answer.h"

namespace lumenflow::mounts {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kLoggedBytesMax = 4096;

// The question that a server would have asked, had the caller been able to answer it; empty for any other refusal.
std::string method_missing(const mcp::RpcError& refusal) {
  if (refusal.code != mcp::kMissingClientCapability) return {};
  const json::Value* const required = refusal.data.find("requiredCapabilities");
  for (const auto& [capability, method] :
       {std::pair("sampling", "sampling/createMessage"), std::pair("elicitation", "elicitation/create"),
        std::pair("roots", "roots/list")})
    if (required != nullptr && required->find(capability) != nullptr) return method;
  return {};
}

}  // namespace

Status MountedPack::make_ready(Channel& channel, Known& known, Turn& turn) {
  const auto now = steady_clock::now();
  const Deadline deadline = now + options_.connect;
  Session session(channel, known.peer);
  LUMENFLOW_TRY(session.connect(deadline, options_.probe, &turn.run, &turn.inbound));
  if (!known.due(now, options_.definitions_age)) return {};
  Definitions found;
  LUMENFLOW_TRY_ASSIGN(found.tools, session.list_tools(deadline, content_, &turn.run, &turn.inbound));
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
      pack::ToolResult result = turn.tool.is_content ? content_of(std::move(reply.result), turn.tool.entry)
                                                     : answer_of(std::move(reply.result), turn.tool.structured);
      if (auto* const failure = std::get_if<pack::ToolError>(&result)) {
        failure->message = secrets_.masked(failure->message);
        failure->details = secrets_.masked_value(std::move(failure->details));
      }
      if (auto* const broken = std::get_if<pack::ToolCrash>(&result)) broken->no_effect = turn.tool.harmless;
      return result;
    }
    case Reply::Kind::kRefusal:
      // What the caller cannot answer is said to them as if the tool were here.
      if (const std::string method = method_missing(reply.refusal); !method.empty() && !turn.context.may_ask(method)) {
        const Result<std::vector<json::Value>> nobody = turn.context.ask({{"missing", method, json::Object{}}});
        return pack::ToolError{std::string(name(ErrorCode::kClientCapabilityMissing)),
                               nobody.ok() ? std::string() : nobody.error().message(),
                               {}};
      }
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

}  // namespace lumenflow::mounts
