#include "mounts/mount_host.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "hosts/pack_executor.h"
#include "mounts/mounted_pack.h"

namespace lumenflow::mounts {

// Shared with the packs that were loaded, which may outlive the host.
class MountHost::Core {
 public:
  Core(std::function<sandbox::Launcher&()> launcher, MountHostOptions options)
      : launcher_(std::move(launcher)), options_(std::move(options)), keeper_(options_.programs.shutdown) {}

  std::shared_ptr<MountedPack> make(const hosts::ProcessPackSource& source) {
    auto pack = std::make_shared<MountedPack>(launcher_, options_, keeper_, source);
    const std::lock_guard lock(mutex_);
    std::erase_if(packs_, [](const auto& other) { return other.expired(); });
    packs_.push_back(pack);
    return pack;
  }

  void close() {
    std::vector<std::weak_ptr<MountedPack>> packs;
    {
      const std::lock_guard lock(mutex_);
      packs.swap(packs_);
    }
    for (const auto& each : packs)
      if (const std::shared_ptr<MountedPack> pack = each.lock()) pack->close();
  }

  const MountHostOptions& options() const { return options_; }

 private:
  const std::function<sandbox::Launcher&()> launcher_;
  const MountHostOptions options_;
  hosts::Keeper keeper_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<MountedPack>> packs_;
};

MountHost::MountHost(std::function<sandbox::Launcher&()> launcher, MountHostOptions options)
    : core_(std::make_shared<Core>(std::move(launcher), std::move(options))) {}

MountHost::~MountHost() { core_->close(); }

Status MountHost::load(const hosts::ProcessPackSource& source, pack::Registration& registration) {
  const std::shared_ptr<MountedPack> pack = core_->make(source);
  LUMENFLOW_TRY(pack->read_definitions(source));
  registration.runs_on(std::make_shared<hosts::PackExecutor>(pack->instances(), core_->options().programs.queue_max));
  registration.isolation(pack->isolation());
  // What each handler shares: the pack goes before what it refers to.
  struct Held {
    std::shared_ptr<Core> core;
    std::shared_ptr<MountedPack> pack;
  };
  const Held held{core_, pack};
  for (const std::string& tool : pack->tools())
    registration.tool(tool, {}, [held](pack::ToolContext& context, const json::Value& input) {
      return held.pack->call(context, input);
    });
  return {};
}

}  // namespace lumenflow::mounts
