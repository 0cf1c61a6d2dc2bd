// A conversation with one server in whichever revision it speaks: 2026-07-28 (each request says all about itself) or
// 2025-11-25 and older (a handshake comes first).
//
// A Session is for one thread and lives as long as its channel; what outlives it is the Peer.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mounts/channel.h"
#include "mounts/definitions.h"

namespace lumenflow::mounts {

inline constexpr std::string_view kStatelessRevision = "2026-07-28";
inline constexpr std::string_view kHandshakeRevision = "2025-11-25";

// What is known of a server; empty at first.
struct Peer {
  std::string revision;  // empty: not connected
  json::Value server = json::Object{};
  std::string instructions;
  bool prompts = false, resources = false;  // it has such
  bool is_stateless() const { return revision >= kStatelessRevision; }
};

// What its client offers to a server during one call. A handshake and a list of tools offer all of it, so that the list
// does not depend on who calls.
struct Offers {
  bool elicitation = true;
  bool sampling = true;
  bool roots = true;
};

struct ToolCall {
  std::string name;  // as the definitions have it: of a tool, of a prompt, or kResourceEntry with {uri} as arguments
  json::Value arguments;
  json::Value token;                                           // of its progress
  std::string receipt_id;                                      // for the server's own log
  std::vector<std::pair<std::string, std::string>> headers{};  // Mcp-Param-…
};

class Session {
 public:
  Session(Channel& channel, Peer& peer) : channel_(channel), peer_(peer) {}

  // Finds out what the server speaks, unless the peer is connected. `probe`: how long an old server may keep silent
  // about what it does not know. TOOL_CRASHED, TOOL_TIMEOUT, UNREACHABLE, SCOPE_DENIED, UNAUTHENTICATED.
  Status connect(Deadline deadline, std::chrono::milliseconds probe, pack::HostedRun* run, Inbound* inbound);
  // All pages. OUTPUT_TOO_LARGE for more than is kept, TOOL_CRASHED for what is no such list.
  // `content`: prompts, too, and that there are resources.
  Result<std::vector<ToolDefinition>> list_tools(Deadline deadline, bool content, pack::HostedRun* run,
                                                 Inbound* inbound);
  // Resources, then templates, as they are listed.
  Result<json::Array> list_resources(Deadline deadline, pack::HostedRun* run, Inbound* inbound);
  // With what it asks for meanwhile answered by `inbound`.
  Reply call(const ToolCall& call, const Offers& offers, Deadline deadline, pack::HostedRun* run, Inbound* inbound);

 private:
  enum class Era : std::uint8_t { kStateless, kHandshake };
  Reply ask(std::string method, json::Object params, Deadline deadline, pack::HostedRun* run, Inbound* inbound,
            const Offers& offers = {}, std::vector<std::pair<std::string, std::string>> headers = {});
  Reply follow(const json::Value& created, const Offers& offers, Deadline deadline, pack::HostedRun* run,
               Inbound* inbound);
  void keep_capabilities(const json::Value& result);
  // Hands each item of all pages to `take`.
  Status pages(const std::string& method, const std::string& key, Deadline deadline, pack::HostedRun* run,
               Inbound* inbound, const std::function<Status(json::Value item)>& take);
  Result<Era> discover(Deadline deadline, pack::HostedRun* run, Inbound* inbound);
  Status shake_hands(Deadline deadline, pack::HostedRun* run, Inbound* inbound);

  Channel& channel_;
  Peer& peer_;
};

}  // namespace lumenflow::mounts
