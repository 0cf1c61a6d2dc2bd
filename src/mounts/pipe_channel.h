// A server that is a child of this process: one JSON-RPC message per line of its stdin and stdout.
//
// Borrows the child. One thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hosts/child_connection.h"
#include "mounts/channel.h"

namespace lumenflow::mounts {

class PipeChannel final : public Channel {
 public:
  PipeChannel(hosts::ChildConnection& child, const ChannelLimits& limits) : child_(child), limits_(limits) {}

  Reply ask(const Asked& asked) override;
  Status tell(std::string_view method, const json::Value& params) override;
  void speaks(const std::string&) override {}
  // What it has said since the last request. False: it is gone, or says what nobody asked for.
  bool settle(Inbound& inbound);
  bool usable() const { return usable_; }  // the child can be asked again

 private:
  std::optional<Reply> take(const std::string& line, const Asked& asked, std::int64_t id);
  std::optional<Reply> take_message(mcp::Message message, const Asked& asked, std::int64_t id);
  Reply cancelled(const Asked& asked, std::int64_t id);
  Reply fault(ErrorCode code, std::string what);

  hosts::ChildConnection& child_;
  const ChannelLimits limits_;
  std::size_t messages_ = 0, bytes_ = 0;  // of the request at hand
  bool usable_ = true;
};

}  // namespace lumenflow::mounts
