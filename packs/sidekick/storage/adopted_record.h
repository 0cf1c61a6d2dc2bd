// Records that this program did not write itself: by hand, or by a program of the older layout.
#pragma once

#include <map>
#include <string>

#include "lumenflow/json.h"
#include "sidekick/storage/collection.h"

namespace lumenflow::sidekick {

// What records of one store say of each other, filled while collections are adopted in their order.
struct AdoptedNames {
  std::map<std::string, std::string, std::less<>> channels;  // id, as it was and as it is -> name
};

// Makes `record` (an object with a string `id`) one that the tools can answer: an id that is no `<prefix><ULID>`
// becomes one, made of the record's own time and a hash of the old id, so that it is the same one each time; members
// that every record of the collection has are added where they are missing or make no sense, and those that none has
// are taken out. Answers whether anything was changed.
bool adopt(Collection collection, json::Value& record, AdoptedNames& names);

}  // namespace lumenflow::sidekick
