// The document of a collection: JSON for people, one record a line.
//
//   {
//     "version": 1,
//     "tasks": [
//       {"id":"task-…","title":"…"},
//       …
//     ]
//   }
//
// Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/json.h"
#include "lumenflow/result.h"
#include "sidekick/storage/collection.h"
#include "sidekick/storage/record_tree.h"

namespace lumenflow::sidekick {

inline constexpr int kDocumentVersion = 1;

struct ReadDocument {
  struct Fault {
    std::uint64_t offset = 0;  // of the byte where reading failed
    std::string message;
  };
  std::vector<json::Value> records;  // objects, in the document's order; salvaged ones have an id
  std::vector<std::string> dropped;  // what stood there and is no record, as text
  bool older = false;                // the older layout: a bare list
  std::optional<Fault> fault;        // the text is no document; `records` is what could be saved of it
};

std::string write_document(Collection collection, const RecordTree& records);

// Text that is broken is searched for records that are whole. UNSUPPORTED_FORMAT for a version newer than this.
Result<ReadDocument> read_document(Collection collection, std::string_view text);

}  // namespace lumenflow::sidekick
