// What is said to the conductor besides events: what became of its commands, which tools there are, and the wish for
// another token, on a thread of its own, while a conversation stands.
//
// Thread safe. Borrows what it is given; the source is asked on its thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "conductor_link/account.h"
#include "conductor_link/http_link.h"

namespace lumenflow::conductor_link {

// What became of a command so far.
struct CommandState {
  std::uint64_t number = 0;  // ascending; of the report, for acknowledged()
  std::string command_id;
  std::string state;     // running, done, refused, cancelled, expired
  json::Object details;  // receipt_id, result, error: what there is
};

struct Registry {
  std::string hash;      // of what it says of the tools
  std::string document;  // JSON
};

class ErrandSource {
 public:
  virtual ~ErrandSource() = default;
  // Behind `after`, ascending, until one of the limits.
  virtual Result<std::vector<CommandState>> states(std::uint64_t after, std::size_t limit) = 0;
  // The conductor knows how it ended: it need not be said again.
  virtual void acknowledged(std::uint64_t number) = 0;
  virtual Registry registry() = 0;
};

class Errands {
 public:
  Errands(Account& account, HttpLink& link, ErrandSource& source, const std::string& ca_file);
  ~Errands();
  // Something may be there to be said.
  void ring();

 private:
  void run();
  bool go(http::Client& client);  // whether all of it was taken
  bool push_registry(http::Client& client);
  bool say_states(http::Client& client, std::uint64_t session);
  // Whether to go on.
  bool say(http::Client& client, std::uint64_t session, const CommandState& state);

  Account& account_;
  HttpLink& link_;
  ErrandSource& source_;
  std::shared_ptr<http::Interrupt> interrupt_;  // shared with the client
  const http::ClientOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = true;
  bool closing_ = false;
  std::string registry_said_;             // the thread's: the hash that the conductor has
  std::set<std::uint64_t> running_said_;  // likewise, by number: that they run
  std::thread thread_;                    // last: it uses the others
};

}  // namespace lumenflow::conductor_link
