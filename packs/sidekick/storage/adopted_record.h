// Records that this program did not write itself: by hand, or by a program of the older layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lumenflow/json.h"
#include "sidekick/storage/collection.h"

namespace lumenflow::sidekick {

// What records of one store say of each other, filled while collections are adopted in their order.
struct AdoptedNames {
  std::map<std::string, std::string, std::less<>> channels;  // id, as it was and as it is -> name
  std::optional<std::string> default_since;  // when the first message was made that no channel of its own is left for
};

// What is known of a record besides what it says.
struct RecordOrigin {
  std::int64_t edited_ms = 0;  // when its file was changed last
  std::size_t twin = 0;        // of records without an id that say the same: how many stand before it
};

struct Adopted {
  bool changed = false;
  std::vector<std::string> said;  // what stood there and was replaced or taken out; not what was only added
};

// Makes `record` (an object) one that the tools can answer: an id that is no `<prefix><ULID>` becomes one, made of the
// record's own time (else its file's) and a hash of the old id or of the record, so that it is the same one each time;
// members that every record of the collection has are added where they are missing or make no sense, and those that
// none has are taken out. A schedule without its next moment is given one.
Adopted adopt(Collection collection, json::Value& record, const RecordOrigin& origin, AdoptedNames& names);

}  // namespace lumenflow::sidekick
