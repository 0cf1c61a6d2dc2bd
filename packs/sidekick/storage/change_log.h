// The log of changes: lines of text, each with its checksum, written before anything else is.
//
// A line is eight hexadecimal digits (CRC-32 of the JSON), a space, one JSON object, a newline. A segment begins with a
// header; each group of lines that is synced together begins with a line that says how much was synced before it. What
// the objects mean: docs/formats/sidekick-files.md. Pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/json.h"
#include "lumenflow/result.h"
#include "sidekick/storage/collection.h"

namespace lumenflow::sidekick {

inline constexpr int kLogVersion = 1;

// SHA-256 of each document's bytes; empty: there is no such file.
using DocumentHashes = std::array<std::string, kCollections.size()>;

// What the folder held when a segment was begun.
struct LogHeader {
  std::uint64_t segment = 0;
  std::uint64_t audit_bytes = 0;
  std::string initialized_at;
  DocumentHashes documents;
};

// One record put or erased. `was` is the CRC-32 of the text it had before; nothing when it was not there.
struct LoggedChange {
  Collection collection = Collection::kTasks;
  std::string id;
  std::optional<json::Value> value;  // nothing: erased
  std::optional<std::string> was;
};

// --- writing: each appends whole lines ---

std::string header_line(const LogHeader& header);
std::string synced_line(std::uint64_t offset);  // the offset that this very line will have
std::string folding_line(const DocumentHashes& documents);
std::string folded_line(const DocumentHashes& documents, std::uint64_t audit_bytes);

// The audit file is about to be replaced by one that begins with these bytes.
struct AuditRewriting {
  std::uint64_t bytes = 0;
  std::string hash;  // SHA-256
};
std::string audit_rewriting_line(const AuditRewriting& rewriting);

// A transaction, put together as it runs.
class TransactionLine {
 public:
  void put(Collection collection, std::string_view id, const std::string* was, std::string_view text);
  void erase(Collection collection, std::string_view id, const std::string& was);
  void initialize(std::string_view at);
  void audit(std::string_view event);
  bool empty() const { return changes_.empty() && audit_.empty() && initialized_at_.empty(); }
  std::string line() const;

 private:
  void begin_change();
  std::string changes_, audit_, initialized_at_;
};

// --- reading ---

struct LogLine {
  std::uint64_t offset = 0;
  json::Value value;
};

struct ReadSegment {
  std::vector<LogLine> lines;            // the header first, when it can be read
  std::vector<std::uint64_t> damaged;    // offsets of lines that had been synced and cannot be read
  std::optional<std::uint64_t> torn_at;  // where a tail begins that was never synced
};

ReadSegment read_segment(std::string_view text);

// Nothing when the line is no header. UNSUPPORTED_FORMAT for a version that is newer than this program.
Result<std::optional<LogHeader>> header_of(const json::Value& line);
// The document hashes of a `folding` or `folded` line.
std::optional<AuditRewriting> audit_rewriting_of(const json::Value& line);
std::optional<DocumentHashes> hashes_of(const json::Value& line, std::string_view member);
// The changes of a transaction, in order; none for other lines.
std::vector<LoggedChange> changes_of(const json::Value& line);

}  // namespace lumenflow::sidekick
