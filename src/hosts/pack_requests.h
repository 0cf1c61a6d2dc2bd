// What a pack asks of the host while it works on a run, answered by the run's context.
//
// One belongs to one run and is used by its thread.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "hosts/aside.h"
#include "hosts/message.h"
#include "hosts/pack_executor.h"
#include "hosts/pack_log.h"
#include "hosts/protocol.h"
#include "lumenflow/host.h"
#include "pack/hosted_run.h"

namespace lumenflow::hosts {

// The methods that a pack may ask for, as pack/initialize tells it.
const std::vector<std::string_view>& offered_methods();

class PackRequests {
 public:
  // `context` and `threads`, on which the run is, are null for what is asked of a child outside of any run. `run_id` is
  // a receipt's or a delivery's.
  PackRequests(const Protocol& protocol, PackLog& log, std::string run_id, pack::HostContext* context,
               std::shared_ptr<PackExecutor::State> threads)
      : protocol_(protocol), log_(log), run_id_(std::move(run_id)), context_(context), threads_(std::move(threads)) {}

  // How the child is reached in the middle of a request; null: not at all.
  void speak_by(Aside* aside) { aside_ = aside; }
  using Say = std::function<void(std::string line)>;
  // The line that answers a request; empty for a notification. INVALID_REQUEST for a notification that breaks its
  // schema. `say` sends what the child is to hear before the answer; empty: it hears nothing.
  Result<std::string> take(Message message, const Say& say = {});

 private:
  Result<json::Value> answer(const std::string& method, const json::Value& params, const Say& say);
  Result<json::Value> emit(const json::Value& params);
  Result<json::Value> scan(const json::Value& params);
  Result<json::Value> fetch(const json::Value& params);
  Result<json::Value> stream(pack::HttpRequest request);
  Result<json::Value> run_program(const json::Value& params, const Say& say);
  Result<json::Value> invoke(std::string_view tool, const json::Value& params);
  Result<json::Value> ask_caller(const std::string& method, const json::Value& params);
  void notice(const std::string& method, const json::Value& params);

  const Protocol& protocol_;
  PackLog& log_;
  const std::string run_id_;
  pack::HostContext* const context_;
  const std::shared_ptr<PackExecutor::State> threads_;  // shared with them
  Aside* aside_ = nullptr;
  json::Value asked_id_;  // of the request at hand
};

}  // namespace lumenflow::hosts
