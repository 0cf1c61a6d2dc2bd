// The revisions of the protocol that are spoken here (basic/versioning).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lumenflow::mcp {

enum class Revision : std::uint8_t { k2024_11_05, k2025_03_26, k2025_06_18, k2025_11_25, k2026_07_28 };

// Newest first, as they are offered.
inline constexpr std::array kRevisions{Revision::k2026_07_28, Revision::k2025_11_25, Revision::k2025_06_18,
                                       Revision::k2025_03_26, Revision::k2024_11_05};
constexpr Revision kLatestWithSessions = Revision::k2025_11_25;
constexpr Revision kLatest = Revision::k2026_07_28;

std::string_view name(Revision revision);  // "2025-11-25"
std::optional<Revision> revision_of(std::string_view name);

// Whether it begins with `initialize` and keeps a session; the later ones say all with each request.
constexpr bool has_sessions(Revision revision) { return revision < Revision::k2026_07_28; }

// What `initialize` is answered with: what was asked for, or the latest that has an `initialize`.
Revision negotiate(std::string_view requested);

// Keys of `_meta` that the protocol reserves.
constexpr std::string_view kMetaVersion = "io.modelcontextprotocol/protocolVersion",
                           kMetaClientInfo = "io.modelcontextprotocol/clientInfo",
                           kMetaClientCapabilities = "io.modelcontextprotocol/clientCapabilities",
                           kMetaServerInfo = "io.modelcontextprotocol/serverInfo",
                           kMetaLogLevel = "io.modelcontextprotocol/logLevel",
                           kMetaSubscription = "io.modelcontextprotocol/subscriptionId";

constexpr std::string_view kTasksExtension = "io.modelcontextprotocol/tasks";

}  // namespace lumenflow::mcp
