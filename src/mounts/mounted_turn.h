// One call of a mounted server on its way; of mounted_pack.h's files alone.
#pragma once

#include "mounts/call_inbound.h"
#include "mounts/mounted_pack.h"

namespace lumenflow::mounts {

struct MountedPack::Turn {
  pack::ToolContext& context;
  pack::HostedRun& run;
  const json::Value& input;
  const Tool& tool;
  CallInbound inbound;
};

inline ChannelLimits channel_limits(const MountHostOptions& options) {
  ChannelLimits limits;
  limits.messages_max = options.programs.requests_max;
  limits.message_bytes_max = options.programs.request_bytes_max;
  limits.answer_bytes_max = options.programs.line_bytes_max;
  return limits;
}

}  // namespace lumenflow::mounts
