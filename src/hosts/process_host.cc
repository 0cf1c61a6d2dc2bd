#include "hosts/process_host.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/executor.h"
#include "hosts/process_pack.h"

namespace lumenflow::hosts {

// Shared with the packs that were loaded, which may outlive the host.
class ProcessHost::Core {
 public:
  Core(sandbox::Launcher& launcher, ProcessHostOptions options)
      : launcher_(launcher), options_(std::move(options)), keeper_(options_.shutdown) {}

  std::shared_ptr<ProcessPack> make(const ProcessPackSource& source) {
    auto pack = std::make_shared<ProcessPack>(launcher_, options_, protocol_, keeper_, source);
    const std::lock_guard lock(mutex_);
    std::erase_if(packs_, [](const auto& other) { return other.expired(); });
    packs_.push_back(pack);
    return pack;
  }

  void close() {
    std::vector<std::weak_ptr<ProcessPack>> packs;
    {
      const std::lock_guard lock(mutex_);
      packs.swap(packs_);
    }
    for (const auto& each : packs)
      if (const std::shared_ptr<ProcessPack> pack = each.lock()) pack->close();
  }

  const ProcessHostOptions& options() const { return options_; }

 private:
  sandbox::Launcher& launcher_;
  const ProcessHostOptions options_;
  const Protocol protocol_;
  Keeper keeper_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<ProcessPack>> packs_;
};

// What each handler shares: the pack, and behind it what the pack refers to.
struct ProcessHost::Held {
  std::shared_ptr<Core> core;
  std::shared_ptr<ProcessPack> pack;  // goes first
};

ProcessHost::ProcessHost(sandbox::Launcher& launcher, ProcessHostOptions options)
    : core_(std::make_shared<Core>(launcher, std::move(options))) {}

ProcessHost::~ProcessHost() { core_->close(); }

Status ProcessHost::load(const ProcessPackSource& source, pack::Registration& registration) {
  const std::shared_ptr<ProcessPack> pack = core_->make(source);
  LUMENFLOW_TRY_ASSIGN(const ProcessPack::Introduction introduction, pack->introduce());
  const Held held{core_, pack};
  registration.runs_on(std::make_shared<ThreadPoolExecutor>(core_->options().threads, core_->options().queue_max));
  registration.isolation(introduction.isolation);
  for (const std::string& tool : introduction.tools)
    registration.tool(tool, {}, [held](pack::ToolContext& context, const json::Value& input) {
      return held.pack->call(context, input);
    });
  for (const ProcessPack::Introduction::Handler& handler : introduction.handlers) {
    pack::ReplayKey replay_key;
    if (handler.replay_key) replay_key = [held](const pack::Event& event) { return held.pack->replay_key(event); };
    registration.handler(
        handler.kind, {.idempotent = handler.idempotent},
        [held](pack::HandlerContext& context, const pack::Event& event) { return held.pack->handle(context, event); },
        std::move(replay_key));
  }
  if (introduction.offers_status)
    registration.status([held](const pack::StartedCall& call) { return held.pack->status(call); });
  return {};
}

}  // namespace lumenflow::hosts
