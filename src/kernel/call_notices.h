// What a call lets its caller know while it runs: that it has started, how far it is, what it logs, and the same of the
// calls that are made within it. Nothing of it is recorded, and nothing waits for whoever listens.
//
// Thread safe. A listener is called by whatever thread the notice comes from, must be brief and must not throw; one
// that does work of its own has a NoticeMailbox carry it to its thread. A last notice may come after the call's
// completion.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernel/call.h"

namespace lumenflow::kernel {

struct RunningCall;

struct CallNotice {
  enum class Kind : std::uint8_t {
    kStarted,   // its code runs from now on, and all that is recorded of its start is durable
    kProgress,  // `fraction` of it, 0 to 1, is done; `message`
    kText,      // `message` is a further piece of what it has to say
    kNote,      // `note` has happened, with `data`; what that means is between the pack and whoever follows it
    kLog,       // a line at `level`: debug, info, warn, error
    kFinished,  // `outcome` is durable
  };
  Kind kind = Kind::kProgress;
  std::string receipt_id;  // of the call that says it: the one that is listened to, or one that was made within it
  std::string tool;
  double fraction = 0;
  std::string message = {};  // without what looks like a credential, at most 16 KiB of UTF-8
  std::string level = {};
  std::string outcome = {};
  std::string note = {};
  json::Value data = {};      // its strings without what looks like a credential
  std::uint64_t dropped = 0;  // notices before this one that a mailbox had no room for
};

class CallNotices {
 public:
  // Listens for as long as it lives, or until the call's own listeners are let go.
  using Watch = std::shared_ptr<const void>;

  // Whatever state the call is in: one that waits for an approval is listened to when it goes on.
  [[nodiscard]] Watch watch(const ReceiptId& receipt, CallListener listener);
  // Whether anybody listens to anything: saying costs a comparison when nobody does.
  bool any() const { return table_->listeners.load(std::memory_order_relaxed) != 0; }
  // To those who listen to the call, or to one that it was made within.
  void say(const RunningCall& call, CallNotice notice) const;
  void say_finished(const RunningCall& call, const CallResult& result) const;

 private:
  struct Entry {
    std::uint64_t id;
    std::shared_ptr<const CallListener> listener;  // shared with whoever calls it now
  };
  struct Table {
    std::atomic<std::size_t> listeners = 0;
    std::mutex mutex;
    std::uint64_t next_id = 1;
    std::unordered_map<std::string, std::vector<Entry>> by_receipt;
  };
  std::shared_ptr<Table> table_ = std::make_shared<Table>();  // shared with watches, which may outlive this
};

// Carries notices to one thread, in order. What comes while so many wait is dropped, and the next one says how many;
// but never a note, and text is put to the text before it where that still waits.
class NoticeMailbox : public std::enable_shared_from_this<NoticeMailbox> {
 public:
  static constexpr std::size_t kWaitingMax = 256;
  using Post = std::function<void(std::function<void()>)>;  // onto the thread that takes them
  using Take = std::function<void(const CallNotice&)>;

  static std::shared_ptr<NoticeMailbox> make(Post post, Take take);
  CallListener listener();  // keeps the mailbox
  // On the taking thread: what waits is taken now. A completion calls it first, so that nothing comes out of order.
  void drain();
  // Likewise: nothing is taken any more, and what `take` holds is let go.
  void close();

 private:
  NoticeMailbox(Post post, Take take) : post_(std::move(post)), take_(std::move(take)) {}
  void put(const CallNotice& notice);

  const Post post_;
  Take take_;  // the taking thread's
  std::mutex mutex_;
  std::deque<CallNotice> waiting_;
  std::uint64_t dropped_ = 0;
  bool closed_ = false, posted_ = false;
};

}  // namespace lumenflow::kernel
