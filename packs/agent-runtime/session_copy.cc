#include "agent-runtime/session_copy.h"

#include "agent-runtime/workspace_file.h"

namespace lumenflow::agent_runtime {
namespace {

constexpr std::string_view kIgnoreFile = ".agent-runtime/.gitignore";
constexpr std::size_t kIgnoreBytesMax = 1u << 20;

// Whoever commits all that there is means their work, not what agents were told. What somebody has put there stays.
Status keep_out_of_git(const std::string& workspace_root) {
  const Result<std::string> there = read_workspace_file(workspace_root, kIgnoreFile, kIgnoreBytesMax);
  if (there.ok() || there.error().code() != ErrorCode::kNotFound) return {};
  return write_workspace_file(workspace_root, kIgnoreFile, "*\n");
}

}  // namespace

void show_session(pack::HostContext& context, const SessionRecord& session, const std::vector<Message>& messages) {
  const std::string& root = context.workspace_root();
  Status written = keep_out_of_git(root);
  if (written.ok())
    written =
        write_workspace_file(root, session_file(session.id), json::serialize(document_of(session, messages)) + "\n");
  if (!written.ok())
    context.log("warn", "the session's copy was not written", json::Object{{"reason", written.error().message()}});
}

}  // namespace lumenflow::agent_runtime
