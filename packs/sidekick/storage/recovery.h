// What a folder holds when it is opened: its documents, with what the log says on top. Reads only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sidekick/storage/audit_trail.h"
#include "sidekick/storage/change_log.h"
#include "sidekick/storage/disk.h"
#include "sidekick/storage/store_state.h"

namespace lumenflow::sidekick {

// A copy of a file to be kept before the file itself is replaced: `<path>.<why>-<n>`, and a report beside it.
struct Aside {
  std::string path;
  std::string why;  // "corrupt", "older", "outside"
  std::string content;
  std::string report;  // empty: none
};

// What a document was when it was last read or written.
struct DocumentMark {
  std::optional<FileStamp> stamp;  // nothing: there is no file
  std::string hash;                // SHA-256; empty without a file
};

struct Recovered {
  StoreState state;  // all that is durable
  StoreState base;   // what the documents alone say
  std::array<DocumentMark, kCollections.size()> marks;
  std::array<bool, kCollections.size()> rewrite{};  // the document must be written anew
  AuditTrail audit;
  std::uint64_t audit_bytes = 0;    // of its file that count; what is behind was torn off
  bool audit_unterminated = false;  // they do not end with a newline
  std::optional<FileStamp> audit_stamp;
  std::vector<Aside> asides;
  std::vector<std::string> problems;
  std::vector<std::string> segments;     // paths of the log's files, oldest first
  std::vector<std::string> older_files;  // to be removed once the documents are written
  std::uint64_t next_segment = 1;
  bool has_changes = false;  // in the log and not yet folded
};

// UNSUPPORTED_FORMAT for what a newer program wrote; SCOPE_DENIED, IO_ERROR.
Result<Recovered> recover(Disk& disk);

// The records of a document's text in ascending order of id, adopted when this program did not write them, and what was
// wrong with it.
struct LoadedDocument {
  std::vector<RecordTree::Item> records;
  std::vector<std::string> problems;
  std::string report;  // for the copy that is kept of it; empty: none has to be
  bool older = false;
  bool broken = false;   // could not be read as a whole
  bool changed = false;  // the records are not what the text says
};
struct AdoptedNames;
Result<LoadedDocument> load_document(Collection collection, const std::string& path, std::string_view text, bool ours,
                                     AdoptedNames& names);

}  // namespace lumenflow::sidekick
