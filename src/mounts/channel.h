// The port to a server: one request and all that is said until it is answered, over pipes or HTTP.
//
// A channel is used by one thread at a time; a run's cancellation ends ask() from any.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lumenflow/json.h"
#include "lumenflow/result.h"
#include "mcp/message.h"
#include "pack/hosted_run.h"

namespace lumenflow::mounts {

using Deadline = std::optional<std::chrono::steady_clock::time_point>;  // nothing: none

// Hears what a server says while it works on a request.
class Inbound {
 public:
  virtual ~Inbound() = default;
  virtual void notice(std::string_view method, const json::Value& params) = 0;
  virtual void working(std::string_view message) = 0;  // what a task says of itself
  // What the server asks of its client. METHOD_NOT_ALLOWED for what is not offered.
  virtual Result<json::Value> answer(std::string_view method, const json::Value& params) = 0;
  // Likewise several at once, each under its key.
  virtual Result<json::Object> answer_all(const json::Object& requests) = 0;
};

inline constexpr int kMessageDepthMax = 256;  // servers in the wild nest deeper than our own clients

struct Asked {
  std::string method;
  json::Value params = json::Object{};
  std::vector<std::pair<std::string, std::string>> headers = {};  // what HTTP repeats of it
  Deadline deadline = {};                                         // then it is cancelled
  pack::HostedRun* run = nullptr;                                 // whose cancellation is heeded; null: none
  Inbound* inbound = nullptr;
};

struct Reply {
  enum class Kind : std::uint8_t {
    kResult,
    kRefusal,    // a JSON-RPC error
    kFault,      // the server broke the protocol, or is gone: `error` says how
    kCancelled,  // or out of time
  } kind = Kind::kFault;
  json::Value result;
  mcp::RpcError refusal;
  Error error{ErrorCode::kToolCrashed, {}};
  bool not_taken = false;  // kFault: the server never got to see the request, or says that it did nothing of it
  int http_status = 0;     // 0: not by HTTP
};

struct ChannelLimits {
  std::size_t messages_max = 10'000;          // from the server, for one request
  std::size_t message_bytes_max = 64u << 20;  // of them together, but for the answer
  std::size_t answer_bytes_max = 9u << 20;
  std::chrono::milliseconds cancel_grace{500};
};

class Channel {
 public:
  virtual ~Channel() = default;
  virtual Reply ask(const Asked& asked) = 0;
  virtual Status tell(std::string_view method, const json::Value& params) = 0;  // a notification
  // Has the next requests say which revision they are of, where the way there wants to know.
  virtual void speaks(const std::string& revision) = 0;
};

}  // namespace lumenflow::mounts
