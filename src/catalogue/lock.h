// catalogue.lock.json: the catalogue as it was generated last, schemas included, so that the next generation can tell
// what changed (docs/formats/catalogue.md).
//
// Values; not thread safe beyond concurrent reading.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "catalogue/catalogue.h"
#include "catalogue/fault.h"

namespace lumenflow::catalogue {

inline constexpr std::string_view kLockFile = "catalogue.lock.json";

// A schema that the type had before.
struct EarlierSchema {
  std::int64_t version = 1;
  std::string digest;                         // empty: any payload was taken
  std::shared_ptr<const json::Value> schema;  // null likewise; shared as in EventType
};

struct LockedEvent {
  EventType event;
  std::vector<EarlierSchema> earlier;  // the oldest first
};

struct Lock {
  Lock() = default;
  Lock(Lock&&) = default;  // its index points into its events
  Lock& operator=(Lock&&) = default;

  std::vector<LockedEvent> events;   // by bus channel
  std::vector<LockedEvent> removed;  // by type: packs' types that went for good, as they were then
  std::size_t core_count = 0;
  std::string hash;
  std::string contract_digest;

  const LockedEvent* find(std::string_view type) const;             // null where there is none
  const LockedEvent* find_or_removed(std::string_view type) const;  // likewise
  Catalogue catalogue() const;

 private:
  friend std::optional<Lock> read_lock(const SourceText&, Faults&);
  std::unordered_map<std::string_view, std::size_t> by_type_;  // views into events
};

// Nothing, and LF1077, where it is no lock file, is of a later format, or is not what was generated.
std::optional<Lock> read_lock(const SourceText& source, Faults& faults);

// The same with its text, to which later faults refer.
struct LockFile {
  explicit LockFile(SourceText text) : source(std::move(text)), lock(read_lock(source, faults)) {}

  SourceText source;
  Faults faults;
  std::optional<Lock> lock;
};

// A line for each event. What the types had before goes on being remembered, and so do those that are gone: one that
// comes back may not mean something else by the same version.
std::string render_lock(const Catalogue& catalogue, const Lock* before);

}  // namespace lumenflow::catalogue
