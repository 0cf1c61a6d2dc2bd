// Who hears of an approval: webhooks that admins set, and the browsers and phones that subscribed (Web Push). Best
// effort, outside of everything else: what fails is counted, and the list of approvals has it all the same. What was
// not sent when the conductor ended is sent by the next one, while the approval waits.
//
// The io thread; what is sent is sent by notify::Notifier, on threads of its own. Private addresses are not asked
// unless the conductor is told so.
#pragma once

#include <string>

#include "conductor/context.h"
#include "notify/notifier.h"

namespace lumenflow::conductor {

class Notifier {
 public:
  Notifier(Context& context, bool private_hooks);

  // Part of the batch that has the approval: somebody is to be told.
  Status owe(const std::string& workspace, const json::Value& approval);
  void approval_requested(const std::string& workspace, const json::Value& approval);
  // What an earlier run had not sent, of approvals that still wait.
  void resume();
  bool private_hooks() const { return private_hooks_; }

 private:
  void tell(const std::string& workspace, const std::string& notice_id, const std::string& body);
  void send(const Record& hook, const std::string& notice_id, const std::string& body);
  void settle(const std::string& notice_id, const std::string& hook_id);
  void ended(const std::string& hook_id, const std::string& notice_id, notify::Outcome outcome);

  Context& context_;
  const bool private_hooks_;
  notify::Notifier out_;  // last: its threads use the others
};

}  // namespace lumenflow::conductor
