// One runtime event type: what a pack or the core list declares of it.
//
// Values; not thread safe beyond concurrent reading.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "json/schema.h"
#include "lumenflow/json.h"

namespace lumenflow::catalogue {

inline constexpr std::uint32_t kCapacityDefault = 256;
inline constexpr std::uint32_t kCapacityMax = 1'000'000;
inline constexpr std::int64_t kVersionMax = (std::int64_t{1} << 53) - 1;  // what every reader of JSON holds exactly

constexpr std::uint32_t soft_limit_default(std::uint32_t capacity) { return capacity < 2 ? 1 : capacity * 3 / 4; }

struct EventType {
  std::string type;  // "sample:reactor-primed", unique over core and all packs
  std::int64_t version = 1;
  std::string pack_slug;    // empty: the core's own
  std::string schema_path;  // as it was written; empty: any payload
  // Null where there is none. Shared: catalogue, lock and bus read one schema, and none changes it.
  std::shared_ptr<const json::Value> schema;
  // The same, compiled, formats asserted; null where it was not read from the pack's files, too. Shared likewise.
  std::shared_ptr<const json::Schema> validator;
  std::string schema_digest;  // lower-case hex SHA-256 of its canonical JSON; empty where there is none
  std::uint32_t capacity = kCapacityDefault;
  std::uint32_t soft_limit = soft_limit_default(kCapacityDefault);
  std::string kind;  // the kernel event kind that it is emitted as, too; empty: none
};

bool is_namespace(std::string_view text);   // lower-case words joined by single dashes, at most 32 characters
bool is_event_name(std::string_view text);  // the same, at most 48
bool is_slug(std::string_view text);        // the same, at most 64

inline std::string_view namespace_of(std::string_view type) { return type.substr(0, type.find(':')); }
inline std::string_view name_of(std::string_view type) { return type.substr(type.find(':') + 1); }

}  // namespace lumenflow::catalogue
