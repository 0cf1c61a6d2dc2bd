// The copies of sessions that people read, one file each. They are written after the record and never read: changing
// them changes nothing. Any thread.
#pragma once

#include <string>
#include <vector>

#include "agent-runtime/session.h"

namespace lumenflow::agent_runtime {

inline std::string session_file(const std::string& id) { return ".agent-runtime/sessions/" + id + ".json"; }

// In a folder that git ignores. What cannot be written is said in the log: the session goes on without.
void show_session(pack::HostContext& context, const SessionRecord& session, const std::vector<Message>& messages);

}  // namespace lumenflow::agent_runtime
