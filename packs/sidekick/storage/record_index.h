// The one index that each collection has beside its ids: what a record is found by without looking through the others.
//
//   tasks, routines   the moment it falls due, UTC with milliseconds: while it is pending or enabled and that moment
//                     was not announced yet
//   channels          the name
//   messages          the name of the channel
//
// It follows from the record alone, so an adapter may store it or make it anew. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lumenflow/json.h"
#include "sidekick/storage/collection.h"

namespace lumenflow::sidekick {

// Nothing when the record is not in the index. At most 400 bytes and without control characters.
std::optional<std::string> index_key(Collection collection, const json::Value& record);

// Records whose keys are from `first` to `last`, both included; of those under `first`, the ones behind `after_id`
// (exclusive; empty: all).
struct IndexRange {
  std::string_view first;
  std::string_view last;
  std::string_view after_id = {};
};

}  // namespace lumenflow::sidekick
