// A conductor in this process, on real sockets, with an admin; and workspaces that speak to it as theirs would. Every
// answer, and every request that was accepted, is held against GET /openapi.json. Tests only. Used by the test's
// thread; requests may be made on others.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/signing.h"
#include "base/time.h"
#include "conductor/principal.h"
#include "http/client.h"
#include "http/testing/raw_socket.h"
#include "http/token.h"
#include "lumenflow/json.h"

namespace lumenflow::conductor {

struct Store;

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Answer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  json::Value value;  // null when the body is no JSON
  std::string header(std::string_view name) const;
  std::string code() const;                             // of a problem; empty when there is none
  std::string text(std::string_view pointer) const;     // the string there, empty when there is none
  std::int64_t number(std::string_view pointer) const;  // -1 when there is none
};

// The clock of both sides: the machine's, moved.
class MovedClock final : public Clock {
 public:
  Timestamp now() const override { return system_.now() + std::chrono::milliseconds(moved_ms_.load()); }
  std::chrono::nanoseconds monotonic() const override {
    return system_.monotonic() + std::chrono::milliseconds(moved_ms_.load());
  }
  void advance(std::chrono::milliseconds by) { moved_ms_ += by.count(); }

 private:
  SystemClock system_;
  std::atomic<std::int64_t> moved_ms_{0};
};

class ConductorWorld {
 public:
  explicit ConductorWorld(std::string store = "memory");  // memory or sqlite; and starts it
  ~ConductorWorld();

  // Of a sqlite store: as a new process would, on the same port. `meanwhile` may change its files.
  void restart(const std::function<void()>& meanwhile = {});
  void stop();

  Answer send(http::Method method, const std::string& path, std::optional<std::string> body = {},
              Headers headers = {}) const;
  Answer get(const std::string& path, Headers headers = {}) const {
    return send(http::Method::kGet, path, {}, std::move(headers));
  }
  Answer post(const std::string& path, const json::Value& body, Headers headers = {}) const {
    return send(http::Method::kPost, path, json::serialize(body), std::move(headers));
  }
  static Headers bearer(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }

  // An operator who is signed in, op-viewer and so on; made when missing.
  Headers operator_session(Role role = Role::kAdmin);
  std::string ticket(const std::string& workspace = "", const std::string& kind = "workspace");
  // Every audit entry, by GET /v2/audit; once the store has settled.
  std::vector<json::Value> audit(const std::string& type = "");

  http::RawSocket connect() const;
  std::uint16_t port() const { return port_; }
  MovedClock clock;
  Store& store();  // while nothing is asked
  const std::string& folder() const { return folder_; }

 private:
  struct Running;
  void start();
  std::string folder_;
  std::string url_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Running> running_;
  std::vector<std::pair<Role, Headers>> sessions_;
};

// The other side: a workspace with its keys, as its sidecar would speak.
class Workspace {
 public:
  explicit Workspace(ConductorWorld& world, std::string id = "ws-42");

  json::Object enrollment(const std::string& ticket) const;  // the request's body
  Answer enroll();                                           // with a fresh ticket; keeps the token
  Answer hello(const std::string& log_id = "");              // keeps the session
  // Queue-class events of the stream `sidecar`, `count` of them, following what was sent before.
  std::vector<std::string> make_events(std::size_t count, const std::string& kind = "acme-demo:job_completed",
                                       const json::Value& payload = json::Object{{"n", 1}});
  Answer post_events(const std::vector<std::string>& events, std::uint64_t after) const;
  json::Object batch(const std::vector<std::string>& events, std::uint64_t after) const;
  // GET /v2/commands with what is durable; and what came of one.
  Answer fetch(std::uint64_t after = 0, const std::string& wait = "0s") const;
  Answer report(const std::string& command_id, const json::Value& report) const;
  std::string assertion(std::chrono::milliseconds skew = {}, const std::string& id = "") const;
  // POST /v2/tokens/renew of a device, by its key.
  Answer renew_device(const std::string& device_id, const P256KeyPair& device_key) const;
  // Says that it has everything that waits, and what that was.
  std::vector<json::Value> take_commands();
  // What the key says for a minute, to be changed by a test and signed by forge_token().
  http::TokenClaims claims_for(const std::string& audience) const;
  Headers headers() const { return ConductorWorld::bearer(token); }

  const std::string id;
  std::string log_id;
  std::string token;
  std::int64_t session = 0;
  P256KeyPair key;
  Ed25519KeyPair log_key;

 private:
  ConductorWorld& world_;
  std::uint64_t seq_ = 0, durable_ = 0;
};

// A phone that a workspace has accepted, over its uplink. The workspace has a session and nothing else waits for it.
struct Device {
  Headers headers;
  P256KeyPair key;
};
Device pair_device(ConductorWorld& world, Workspace& workspace, const std::string& id, const std::string& scope);

// A token signed by any key, with any claims: for what must be refused.
std::string forge_token(const http::TokenClaims& claims, const P256KeyPair& key);

// One frame of an event stream.
struct Frame {
  std::string id, event, data;
  bool end = false;
};
class StreamReader {
 public:
  StreamReader(const ConductorWorld& world, const std::string& path, const Headers& headers);
  int status() const { return status_; }
  Frame next();  // comments are passed over

 private:
  const ConductorWorld& world_;
  const std::string path_;
  http::RawSocket socket_;
  int status_ = 0;
};

}  // namespace lumenflow::conductor
