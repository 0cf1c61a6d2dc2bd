// The kernel as keeper of the outbox: what the uplink learned, to the strand; `done` comes back on it.
#pragma once

#include <string>
#include <utility>

#include "kernel/kernel.h"
#include "uplink/keeper.h"

namespace lumenflow::sidecar {

class KernelKeeper final : public uplink::OutboxKeeper {
 public:
  explicit KernelKeeper(kernel::Kernel& kernel) : kernel_(kernel) {}
  void acknowledge(const std::string& stream, Position to, Done done) override {
    kernel_.change_outbox([stream, to](journal::Outbox& outbox) { return outbox.acknowledge(stream, to); },
                          std::move(done));
  }
  void dead_letter(const std::string& stream, Position position, const std::string& reason, Done done) override {
    kernel_.change_outbox(
        [stream, position, reason](journal::Outbox& outbox) { return outbox.dead_letter(stream, position, reason); },
        std::move(done));
  }
  void settle(const uplink::Settlement& settlement, Done done) override {
    kernel_.change_outbox(
        [settlement](journal::Outbox& outbox) {
          return outbox.settle(settlement.stream, settlement.mark, settlement.dropped);
        },
        std::move(done));
  }
  void rebase(bool anew, Done done) override {
    if (anew) return kernel_.go_on_anew(std::move(done));
    kernel_.change_outbox([](journal::Outbox& outbox) { return outbox.rebase(); }, std::move(done));
  }
  void receive(const journal::InboundBatch& batch, Done done) override { kernel_.receive(batch, std::move(done)); }

 private:
  kernel::Kernel& kernel_;
};

}  // namespace lumenflow::sidecar
