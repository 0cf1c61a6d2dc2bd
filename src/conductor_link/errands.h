// The errands beside the conversation, on a thread of their own.
//
// Thread safe. Borrows what it is given; the source is asked on its thread.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "conductor_link/errand_list.h"

namespace lumenflow::conductor_link {

class Errands {
 public:
  Errands(Account& account, HttpLink& link, ErrandSource& source, const std::string& ca_file);
  ~Errands();
  // Something may be there to be said.
  void ring();

 private:
  void run();

  std::shared_ptr<http::Interrupt> interrupt_;  // shared with the client
  const http::ClientOptions options_;
  ErrandList list_;  // the thread's
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = true;
  bool closing_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace lumenflow::conductor_link
