// The sidekick pack in a real kernel that stands still. For tests only; one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/server_fixture.h"
#include "kernel/testing/kernel_world.h"

namespace lumenflow::testing {

class SidekickWorld : public kernel::KernelWorld {
 public:
  // Not yet open. `storage` is the adapter: "journal", or "filesystem" in a temporary folder that goes with this.
  explicit SidekickWorld(std::string_view storage = "journal");

  // The whole answer of a call, without its metadata.
  json::Value answer(const std::string& tool, std::string_view input);
  // Its data; the test fails when it was refused.
  json::Value data(const std::string& tool, std::string_view input);
  // The code of its refusal; empty when it succeeded.
  std::string refusal(const std::string& tool, std::string_view input);
  // All that the pack keeps in the journal, as text.
  std::string pack_store() const;
  // The payloads of the events of this kind, in order, as text.
  std::vector<std::string> payloads(std::string_view kind) const;

 private:
  http::TemporaryFolder folder_;
};

std::string text(const json::Value& value, std::string_view pointer);

}  // namespace lumenflow::testing
