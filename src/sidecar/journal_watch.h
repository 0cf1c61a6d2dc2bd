// What becomes of the journal, for clients that subscribed to something and calls that wait for an approval. It reads
// the journal from where it stood when somebody first wanted to know; the log's bell only says that there is more.
//
// Used on the io thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "sidecar/routes.h"

namespace lumenflow::sidecar {

class JournalWatch {
 public:
  explicit JournalWatch(RouteContext& context) : context_(context) {}

  struct Change {
    std::string kind;      // of the event; empty: none
    std::string finished;  // the receipt of a call that has ended; empty: none
    bool lists = false;    // the registry may be another
    bool closing = false;  // the sidecar ends
  };
  // Listens as long as the answer lives.
  using Listener = std::function<void(const Change&)>;
  [[nodiscard]] std::shared_ptr<const void> listen(Listener listener);
  // `ended` is called once when the call has ended, also before now, with what is recorded of it.
  void when_ended(const ReceiptId& receipt, std::function<void(std::optional<kernel::CallResult>)> ended);

 private:
  struct State;
  void begin();
  static void look(const std::shared_ptr<State>& state);
  static bool look_at_registry(State& state);
  static void expect_registry(const std::shared_ptr<State>& state, int looks);
  static void tell(State& state, const Change& change);

  RouteContext& context_;
  std::shared_ptr<State> state_;  // shared with the bell and with the listeners' handles
};

// What the journal has of an ended call, as its completion would have said it; nothing while it has not ended.
std::optional<kernel::CallResult> recorded_result(RouteContext& context, const ReceiptId& receipt);

}  // namespace lumenflow::sidecar
