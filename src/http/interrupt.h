// Ends the requests of a Client from another thread: for whoever must stop and has a request that waits.
//
// Thread safe; shared between the client and whoever stops it. It stays fired: later requests fail at once.
#pragma once

#include <atomic>
#include <mutex>
#include <set>

namespace lumenflow::http {

class Interrupt {
 public:
  // Requests under way fail with UNREACHABLE, those that are being connected within a second.
  void fire();
  bool fired() const { return fired_; }

  // --- the client's ---
  void opened(int socket);
  void close(int socket);  // closes it, so that its number is nobody else's before it is forgotten here

 private:
  std::atomic<bool> fired_ = false;
  std::mutex mutex_;
  std::set<int> sockets_;
};

}  // namespace lumenflow::http
