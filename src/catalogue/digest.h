// The two names of a catalogue: the manifest hash, which recordings are compatible by, and the contract digest, which
// decides (docs/formats/catalogue.md).
//
// Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/event_type.h"

namespace lumenflow::catalogue {

std::uint32_t fnv1a32(std::string_view bytes);
std::string hex8(std::uint32_t value);  // eight lower-case digits

struct HashEntry {
  std::uint32_t channel = 0;
  std::string type;
  std::int64_t version = 1;
};

// "0:a:b:1|1:c:d:2": by channel, then type, then version, whatever the order given.
std::string serialized(std::vector<HashEntry> entries);
std::string manifest_hash(std::vector<HashEntry> entries);

// Of event types in the order of their channels.
using EventPointers = std::vector<const EventType*>;
std::string manifest_hash(const EventPointers& events);
std::string contract_digest(const EventPointers& events);

// INVALID_INPUT where the schema has no canonical form: a number that another reader would take for another.
Result<std::string> schema_digest(const json::Value& schema);

}  // namespace lumenflow::catalogue
