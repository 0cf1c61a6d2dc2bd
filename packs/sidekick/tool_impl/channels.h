// channel:configure, channel:send and channel:receive.
//
// A channel is `{id, name, type, settings, created_at, updated_at}`, a message
// `{id, channel, provider, sender, content, metadata?, created_at, delivery: {state, detail?, at?}}`.
#pragma once

#include "sidekick/tool_impl/call.h"

namespace lumenflow::sidekick {

Answer configure_channel(Call& call);
Answer send_message(Call& call);
Answer receive_messages(Call& call);

// The channel of this name; nothing when there is none.
Result<std::optional<Record>> find_channel(const Snapshot& channels, std::string_view name);
json::Value make_channel(std::string id, std::string_view name, std::string_view type, json::Value settings,
                         const std::string& now);

}  // namespace lumenflow::sidekick
