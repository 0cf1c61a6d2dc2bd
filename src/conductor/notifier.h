// Who hears of an approval: webhooks that admins set, and the browsers and phones that subscribed (Web Push). Best
// effort, outside of everything else: what fails is counted, and the list of approvals has it all the same.
//
// The io thread; requests are sent on threads of their own, so that nobody else waits for a receiver that does not
// answer. Private addresses are not asked unless the conductor is told so.
#pragma once

#include <string>

#include "conductor/context.h"

namespace lumenflow::conductor {

class Notifier {
 public:
  Notifier(Context& context, bool private_hooks) : context_(context), private_hooks_(private_hooks) {}

  void approval_requested(const std::string& workspace, const json::Value& approval);
  bool private_hooks() const { return private_hooks_; }

 private:
  struct Message {
    std::string workspace, text;
  };
  void send_to(const Record& hook, const Message& message);

  Context& context_;
  const bool private_hooks_;
  ThreadPoolExecutor senders_{2, 256};  // last: it ends before what its tasks use
};

}  // namespace lumenflow::conductor
