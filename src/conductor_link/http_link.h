// The uplink's other side over HTTP: the conductor's routes as the port uplink::Link, over lanes of its own.
//
// hello, send and rebind go one after the other on one lane, so that batches arrive in the order in which they were
// sent; heartbeats and the long poll for commands have lanes of their own. Thread safe. Borrows what it is given;
// callbacks come on the lanes' threads, the last ones while it is destroyed.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "conductor_link/account.h"
#include "conductor_link/lane.h"
#include "conductor_link/wire.h"
#include "uplink/link.h"

namespace lumenflow::conductor_link {

// Heads of the two logs, for each side to sign what it has seen of the other's. Any thread.
class HeadExchange {
 public:
  virtual ~HeadExchange() = default;
  // A conversation begins: what the conductor has seen last of this workspace's journal.
  virtual void greeted(const uplink::Welcome& welcome) = 0;
  // What goes with the next batch; nothing: it is not due.
  virtual std::optional<HeadOffer> offer() = 0;
  virtual void heard(const std::optional<HeadOffer>& offered, const BatchReply& reply) = 0;
  // No answer came to a batch.
  virtual void lost() = 0;
};

struct LinkParts {
  Account& account;
  OpenLane open_lane;                   // called while the link is made
  std::function<Vitals()> vitals;       // any thread
  std::function<std::string()> log_id;  // of the journal; any thread
  HeadExchange* heads = nullptr;        // null: none are exchanged
  std::string sidecar_url = {};         // where the conductor can reach the sidecar; empty: nowhere
  std::chrono::milliseconds timeout{10'000};
  std::chrono::seconds command_wait{30};
};

class HttpLink final : public uplink::Link {
 public:
  explicit HttpLink(LinkParts parts);
  ~HttpLink() override;

  void hello(const uplink::Hello& hello, std::function<void(uplink::HelloAnswer)> done) override;
  void send(std::shared_ptr<const uplink::Batch> batch, std::function<void(uplink::SendAnswer)> done) override;
  void heartbeat(std::uint64_t session, std::function<void(uplink::HeartbeatAnswer)> done) override;
  void fetch(const uplink::Fetch& fetch, std::function<void(uplink::FetchAnswer)> done) override;
  void forked(const std::string& log_id, const std::string& reason, std::function<void(Status)> done) override;
  void rebind(std::function<void(Status)> done) override;

  // Of the conversation that stands; 0: none does.
  std::uint64_t session() const { return session_; }
  // Whether the conductor has asked for the registry since the last time this was asked.
  bool take_registry_wanted() { return registry_wanted_.exchange(false); }

 private:
  LinkParts parts_;
  std::atomic<std::uint64_t> session_{0};
  std::atomic<bool> registry_wanted_{false};
  std::unique_ptr<Lane> talk_;  // the lanes last: they use the others
  std::unique_ptr<Lane> beat_;
  std::unique_ptr<Lane> listen_;
};

// What every request to the conductor shares: its token, its size, what a refusal means.
struct Asked {
  http::Method method = http::Method::kPost;
  std::string path = {};
  std::optional<std::string> body = {};
  std::optional<std::chrono::milliseconds> timeout = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  bool compress = false;  // where the route takes it
};
http::ClientRequest write_request(const Account& account, Asked asked);
struct Reply {
  std::optional<uplink::Refusal> refusal;
  http::ClientResponse response;  // a success, when there is no refusal
};
Reply read_reply(Account& account, Result<http::ClientResponse> response);

// How the conductor is reached by whoever is enrolled there.
http::ClientOptions client_options(const Account& account, const std::string& ca_file);
// Lanes of threads; `ca_file` empty: the system's authorities. Borrows the account.
OpenLane worker_lanes(const Account& account, const std::string& ca_file);

}  // namespace lumenflow::conductor_link
