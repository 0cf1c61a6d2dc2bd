#include <array>

#include "sidekick/tool_impl/channels.h"
#include "sidekick/tools/descriptor.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::string_view kChannelScope = ".sidekick/channels/**";
constexpr pack::ToolTraits kReachesOut{.store_only = false, .bounded = false};

constexpr std::array<Field, 2> kSettings{{{"url"}, {"timeout_ms"}}};
constexpr std::array<Field, 6> kChannel{{{"id", kRequired},
                                         {"name", kRequired},
                                         {"type", kRequired},
                                         {"settings", kRequired, kSettings},
                                         {"created_at", kRequired},
                                         {"updated_at", kRequired}}};
constexpr std::array<Field, 2> kChannelAnswer{{{"channel", kRequired, kChannel}, {"dry_run"}}};
constexpr std::array<Field, 3> kDelivery{{{"state", kRequired}, {"detail"}, {"at"}}};
constexpr std::array<Field, 8> kMessage{{{"id", kRequired},
                                         {"channel", kRequired},
                                         {"provider", kRequired},
                                         {"sender", kRequired},
                                         {"content", kRequired},
                                         {"metadata"},
                                         {"created_at", kRequired},
                                         {"delivery", kRequired, kDelivery}}};
constexpr std::array<Field, 2> kMessageAnswer{{{"message", kRequired, kMessage}, {"dry_run"}}};
constexpr std::array<Field, 3> kChannelPage{
    {{"items", kRequired, kMessage}, {"count", kRequired}, {"next_cursor", kRequired}}};

constexpr std::array<Field, 4> kConfigure{
    {{"name", kRequired}, {"type"}, {"settings", Presence::kOptional, kSettings}, {"dry_run"}}};
constexpr std::array<Field, 6> kSend{
    {{"content", kRequired}, {"channel"}, {"provider"}, {"sender"}, {"metadata"}, {"dry_run"}}};
constexpr std::array<Field, 5> kReceive{{{"channel"}, {"provider"}, {"cursor"}, {"since"}, {"limit"}}};

constexpr std::array<ToolDescriptor, 3> kChannelTools{
    {{"channel:configure", Permission::kWrite, kChannelScope, kBounded, kConfigure, kChannelAnswer, configure_channel},
     {"channel:send", Permission::kWrite, kChannelScope, kReachesOut, kSend, kMessageAnswer, send_message},
     {"channel:receive", Permission::kRead, kChannelScope, kUnbounded, kReceive, kChannelPage, receive_messages}}};

}  // namespace

std::span<const ToolDescriptor> channel_tools() { return kChannelTools; }

}  // namespace lumenflow::sidekick
