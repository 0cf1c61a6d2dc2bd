// A sidecar in this process: a workspace in a scratch folder, the probe pack, real sockets, and the strand on a thread
// of its own. Every answer, and every request that was accepted, is held against schemas/http. Tests only. Used by the
// test's thread; answers may be awaited on others.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/time.h"
#include "http/client.h"
#include "http/testing/raw_socket.h"
#include "http/token.h"
#include "lumenflow/json.h"
#include "sidecar/keys.h"
#include "sidecar/sidecar.h"
#include "sidecar/workspace.h"

namespace lumenflow::sidecar {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Answer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  json::Value value;  // null when the body is no JSON
  std::string header(std::string_view name) const;
  std::string code() const;                          // of a problem or of a Result's error; empty when there is none
  std::string text(std::string_view pointer) const;  // the string there, empty when there is none
};

struct WorldOptions {
  std::string config = {};  // lines of lumenflow.yaml besides the id
  std::chrono::milliseconds heartbeat{15'000};
  bool uplink = false;
  bool housekeeping = false;
  std::map<std::string, std::string> files = {};  // of the workspace, by path
  kernel::LoadCode load_code = {};                // of packs that are no builtins
  std::vector<Surface> surfaces = {};
};

class SidecarWorld {
 public:
  explicit SidecarWorld(WorldOptions options = {});  // and starts it
  ~SidecarWorld();

  void start();  // again, as a new process would; on the same port
  void write(const std::string& path, const std::string& text) const;  // a file of the workspace
  void begin_drain();                                                  // returns at once
  void wait_until_drained();
  void stop() { begin_drain(), wait_until_drained(); }

  // A token of this workspace; by default of one hour.
  std::string token(const std::string& scope = "workspace audit:read", const std::string& subject = "ws-42",
                    std::chrono::milliseconds life = std::chrono::hours(1)) const;
  http::TokenClaims claims() const;  // of such a token
  // What requests go with that name no other, and calls' streams; and its id.
  const std::string& default_token() const { return token_; }
  const std::string& token_id() const { return token_id_; }

  // One request over TCP; with the default token unless the headers have an Authorization of their own.
  Answer send(http::Method method, const std::string& path, std::optional<std::string> body = {},
              Headers headers = {}) const;
  Answer get(const std::string& path, Headers headers = {}) const;
  Answer call(const std::string& tool, const std::string& input = "{}", Headers headers = {}) const;
  std::future<Answer> call_later(const std::string& tool, const std::string& input = "{}", Headers headers = {}) const;
  // POST /kernel/{tool} by whoever owns the local socket.
  Answer socket_call(const std::string& tool, const json::Value& input, Headers headers = {}) const;
  // The same with the operator's proof.
  Answer operator_call(const std::string& tool, const json::Value& input) const;
  Headers as(const std::string& bearer) const { return {{"Authorization", "Bearer " + bearer}}; }

  http::RawSocket connect() const;
  std::uint16_t port() const { return port_; }
  const std::string& root() const { return root_; }
  const std::string& socket_path() const { return socket_path_; }
  const WorkspaceKeys& keys() const { return keys_; }
  // Every entry of the journal, by GET /audit.
  std::vector<json::Value> entries() const;

 private:
  struct Running;
  const WorldOptions options_;
  std::string root_;
  std::string socket_path_;
  WorkspaceKeys keys_;
  std::string token_, token_id_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Running> running_;
  mutable int proofs_ = 0;
};

// One frame of an event stream.
struct Frame {
  std::string id, event, data, comment;
  bool end = false;  // the stream is over
  json::Value value() const;
};

// Reads GET /events/stream, or the stream that another request is answered with, frame by frame.
class EventReader {
 public:
  // A call of this tool.
  static EventReader of_call(const SidecarWorld& world, const std::string& tool);
  EventReader(const SidecarWorld& world, const std::string& query, const std::string& last_event_id = {});
  int status() const { return status_; }
  Frame next();

 private:
  EventReader(http::RawSocket socket, const std::string& request);
  http::RawSocket socket_;
  std::string target_;  // whose events they are
  int status_ = 0;
};

}  // namespace lumenflow::sidecar
