// A conductor that holds everything in memory and takes events by the real rules, in the test's process, on a real
// socket. Tests only; thread safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/signing.h"
#include "event/stream_intake.h"
#include "http/server_fixture.h"
#include "log/log.h"
#include "lumenflow/json.h"

namespace lumenflow::sidecar {

class SmallConductor {
 public:
  SmallConductor();
  const std::string& url() const { return url_; }
  // What enrolling there would give the workspace ws-42; the key is that of the workspace's journal, whose heads it
  // co-signs then.
  void knows_journal(const std::string& log_public_key);
  std::string enrollment(std::chrono::milliseconds life = std::chrono::hours(24)) const;

  // Says something to the workspace; the command's id.
  std::string say(const std::string& kind, json::Value payload, const std::string& from = "ws-42:conductor",
                  const std::string& stream = "bridge:conductor");
  // Waits for what the workspace says became of it: the last thing it said that is not `running`, unless that is asked
  // for.
  json::Value result_of(const std::string& command_id, bool running = false);
  std::vector<json::Value> events(std::string_view kind);
  json::Value registry();
  json::Value last_heartbeat();
  std::uint64_t hellos();
  std::vector<json::Value> renewals();
  std::vector<json::Value> forks();  // that the workspace told of
  // Takes the events of a clone that goes first: so many, of the queue class.
  void hears_clone(std::uint64_t events);
  // Shows another history of its own from now on, under the same name.
  void rewrite_history();
  // Answers nothing but 503 while it is away; and forgets its conversations.
  void away(bool is_away);
  std::map<std::string, std::vector<json::Value>> results();

 private:
  void take(http::Request request, std::unique_ptr<http::Responder> responder);
  http::Response answer(const http::Request& request, const json::Value& body);
  http::Response hello(const json::Value& body);
  http::Response intake(const json::Value& body);
  void witness(const json::Value& body, json::Object& answer);
  void grow(const std::string& entry);
  void answer_waiting();
  json::Value commands_after(std::uint64_t after) const;

  mutable std::mutex mutex_;
  std::string url_;
  bool away_ = false;
  std::uint64_t session_ = 0, hellos_ = 0;
  std::string log_id_, journal_key_;
  std::map<std::string, event::StreamPlace> places_;
  std::vector<json::Value> events_;
  std::vector<std::string> commands_;
  std::map<std::string, std::uint64_t> command_seqs_;
  std::map<std::string, std::vector<json::Value>> results_;
  json::Value registry_, heartbeat_;
  std::vector<json::Value> renewals_, forks_;
  const Ed25519KeyPair witness_key_ = generate_ed25519(), log_key_ = generate_ed25519();
  std::unique_ptr<log::Log> own_;  // the history that it shows
  std::optional<log::Head> cosigned_;
  std::unique_ptr<http::Responder> waiting_;
  std::uint64_t waiting_after_ = 0;
  http::ServerThread server_;  // last: its thread uses the others
};

}  // namespace lumenflow::sidecar
