#include "sidekick/storage/store_files.h"

#include <array>

namespace lumenflow::sidekick {

std::string document_path(Collection collection) {
  constexpr std::array<const char*, kCollections.size()> kPaths{"tasks/tasks.json", "memory/memory.json",
                                                                "channels/channels.json", "channels/outbox.json",
                                                                "routines/routines.json"};
  return std::string(kStoreFolder) + "/" + kPaths[index_of(collection)];
}

std::string older_path(Collection collection) {
  if (collection == Collection::kMemories) return std::string(kStoreFolder) + "/memory/memories.json";
  if (collection == Collection::kMessages) return std::string(kStoreFolder) + "/channels/messages.json";
  return document_path(collection);
}

std::string segment_path(std::uint64_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < 8) digits.insert(0, 8 - digits.size(), '0');
  return std::string(kLogFolder) + "/" + digits + ".log";
}

}  // namespace lumenflow::sidekick
