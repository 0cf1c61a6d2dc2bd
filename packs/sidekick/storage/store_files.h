// Where the filesystem adapter keeps things, below the workspace's root.
#pragma once

#include <cstdint>
#include <string>

#include "sidekick/storage/collection.h"

namespace lumenflow::sidekick {

inline constexpr char kStoreFolder[] = ".sidekick";
inline constexpr char kLogFolder[] = ".sidekick/log";
inline constexpr char kAuditFolder[] = ".sidekick/audit";
inline constexpr char kAuditPath[] = ".sidekick/audit/events.jsonl";

// The document of a collection, and the name that its file had in the older layout (the same, for some).
std::string document_path(Collection collection);
std::string older_path(Collection collection);

// ".sidekick/log/00000007.log"
std::string segment_path(std::uint64_t number);

}  // namespace lumenflow::sidekick
