// Which stored inputs and outputs refer to a blob: of each blob, the last row that does, as input and as output.
// Because bodies go from the oldest on, a blob is not needed any more once its last row's part is gone.
//
// The writing half is the Log's writer's thread and belongs to its open batch.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "journal/body.h"
#include "journal/cut.h"
#include "log/log.h"

namespace lumenflow::journal {

inline constexpr std::string_view kBlobUsesTable = "blob_uses";    // hash -> last row as input, as output
inline constexpr std::string_view kIdleBlobsTable = "idle_blobs";  // hashes that may not be needed any more

// That the row which begins at `first` has this body. Costs nothing where it names no blob.
Status note_blobs(log::Log& log, Position first, std::string_view body);
// A body that names the blob is gone: it is looked at when it is its turn.
Status note_idle(log::Log& log, const Hash256& blob);

// Of the first `limit` idle blobs: those that no row after `gone` refers to are doomed and returned, the others are
// idle no more.
Result<std::vector<Hash256>> doom_idle_blobs(log::Log& log, BlobStore& blobs, const Cut& gone, std::size_t limit);
// The blob's file is gone, durably. What has come to use it since keeps its place.
Status forget_blob(log::Log& log, const Hash256& blob, const Cut& gone);

}  // namespace lumenflow::journal
