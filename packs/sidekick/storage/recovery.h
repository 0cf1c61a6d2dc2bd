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
#include "sidekick/storage/kept_copies.h"
#include "sidekick/storage/store_state.h"

namespace lumenflow::sidekick {

// What a document was when it was last read or written.
struct DocumentMark {
  std::optional<FileStamp> stamp;  // nothing: there is no file
  std::string hash;                // SHA-256; empty without a file
};

// Why a document can be neither read nor written; nothing where it can.
using UnavailableDocuments = std::array<std::optional<Error>, kCollections.size()>;

struct Recovered {
  StoreState state;  // all that is durable
  StoreState base;   // what the documents alone say
  std::array<DocumentMark, kCollections.size()> marks;
  std::array<bool, kCollections.size()> rewrite{};  // the document must be written anew
  UnavailableDocuments unavailable;
  AuditTrail audit;
  std::uint64_t audit_bytes = 0;    // of its file that count; what is behind was torn off
  bool audit_unterminated = false;  // they do not end with a newline
  bool audit_junk = false;          // it holds lines that are no audit lines
  std::optional<FileStamp> audit_stamp;
  std::vector<Aside> asides;
  std::vector<std::string> problems;
  std::vector<std::string> segments;     // paths of the log's files, oldest first
  std::vector<std::string> older_files;  // to be removed once the documents are written
  std::uint64_t next_segment = 1;
  bool has_changes = false;  // in the log and not yet folded
};

// UNSUPPORTED_FORMAT for a log that a newer program wrote; SCOPE_DENIED, IO_ERROR. A document that cannot be read makes
// its own collection unavailable, unless the log holds changes of it.
Result<Recovered> recover(Disk& disk);

// The records of a document's text in ascending order of id, adopted when this program did not write them, and what was
// wrong with it.
struct LoadedDocument {
  std::vector<RecordTree::Item> records;
  std::vector<std::string> problems;  // what a person should know; of the older layout the report alone says it
  std::string report;                 // for the copy that is kept of it; empty: none has to be
  bool older = false;
  bool broken = false;   // could not be read as a whole
  bool changed = false;  // the records are not what the text says
};
struct AdoptedNames;
struct DocumentText {
  std::string_view path;
  std::string_view text;
  bool ours = false;           // this program wrote it
  std::int64_t edited_ms = 0;  // when the file was changed last
};
Result<LoadedDocument> load_document(Collection collection, const DocumentText& document, AdoptedNames& names);

// The lines of a text that are no audit lines, with where they stand; `text` loses them.
struct AuditJunk {
  std::string lines;
  std::vector<std::uint64_t> offsets;
};
AuditJunk take_audit_junk(std::string& text);
// When a file was changed last, in milliseconds since 1970; 0 without one.
std::int64_t modified_ms(const std::optional<FileStamp>& stamp);
// The copy that is kept of them.
Aside aside_of(const AuditJunk& junk);

}  // namespace lumenflow::sidekick
