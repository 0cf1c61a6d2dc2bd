#include "sidekick/storage/collection.h"

namespace lumenflow::sidekick {

std::string_view name(Collection collection) {
  constexpr std::array<std::string_view, kCollections.size()> kNames{"tasks", "memories", "channels", "messages",
                                                                     "routines"};
  return kNames[index_of(collection)];
}

std::string_view id_prefix(Collection collection) {
  constexpr std::array<std::string_view, kCollections.size()> kPrefixes{"task-", "mem-", "chan-", "msg-", "routine-"};
  return kPrefixes[index_of(collection)];
}

}  // namespace lumenflow::sidekick
