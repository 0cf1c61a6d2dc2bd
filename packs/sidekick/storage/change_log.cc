#include "sidekick/storage/change_log.h"

#include <utility>

#include "sidekick/storage/checksum.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::size_t kPrefixBytes = 9;  // the checksum and a space

std::string line_of(std::string_view json) {
  std::string line = crc32_hex(json);
  line.reserve(kPrefixBytes + json.size() + 1);
  return line.append(1, ' ').append(json).append(1, '\n');
}

json::Value to_json(const DocumentHashes& documents) {
  json::Object hashes;
  for (const Collection collection : kCollections) {
    const std::string& hash = documents[index_of(collection)];
    hashes.append(std::string(name(collection)), hash.empty() ? json::Value() : json::Value(hash));
  }
  return hashes;
}

void append_text(std::string& out, std::string_view text) { json::serialize_to(json::Value(text), out); }

// The collection and the id of "tasks/task-…".
std::optional<std::pair<Collection, std::string>> parse_place(std::string_view place) {
  const std::size_t slash = place.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  for (const Collection collection : kCollections)
    if (name(collection) == place.substr(0, slash)) return std::pair(collection, std::string(place.substr(slash + 1)));
  return std::nullopt;
}

}  // namespace

std::string header_line(const LogHeader& header) {
  const json::Value initialized = header.initialized_at.empty() ? json::Value() : json::Value(header.initialized_at);
  json::Object line{{"log", kLogVersion},
                    {"segment", header.segment},
                    {"audit_bytes", header.audit_bytes},
                    {"initialized_at", initialized},
                    {"documents", to_json(header.documents)}};
  return line_of(json::serialize(line));
}

std::string synced_line(std::uint64_t offset) { return line_of("{\"synced\":" + std::to_string(offset) + "}"); }

std::string folding_line(const DocumentHashes& documents) {
  return line_of(json::serialize(json::Object{{"folding", to_json(documents)}}));
}

std::string folded_line(const DocumentHashes& documents, std::uint64_t audit_bytes) {
  return line_of(json::serialize(json::Object{{"folded", to_json(documents)}, {"audit_bytes", audit_bytes}}));
}

std::string audit_rewriting_line(const AuditRewriting& rewriting) {
  std::string json = "{\"audit_rewriting\":{\"bytes\":" + std::to_string(rewriting.bytes) + ",\"sha256\":";
  append_text(json, rewriting.hash);
  return line_of(json + "}}");
}

void TransactionLine::begin_change() {
  if (!changes_.empty()) changes_ += ',';
}

void TransactionLine::put(Collection collection, std::string_view id, const std::string* was, std::string_view text) {
  begin_change();
  changes_ += "{\"put\":";
  append_text(changes_, std::string(name(collection)) + "/" + std::string(id));
  if (was != nullptr) changes_.append(",\"was\":\"").append(crc32_hex(*was)).append(1, '"');
  changes_.append(",\"value\":").append(text).append(1, '}');
}

void TransactionLine::erase(Collection collection, std::string_view id, const std::string& was) {
  begin_change();
  changes_ += "{\"erase\":";
  append_text(changes_, std::string(name(collection)) + "/" + std::string(id));
  changes_.append(",\"was\":\"").append(crc32_hex(was)).append("\"}");
}

void TransactionLine::initialize(std::string_view at) { initialized_at_ = at; }

void TransactionLine::audit(std::string_view event) {
  if (!audit_.empty()) audit_ += ',';
  audit_ += event;
}

std::string TransactionLine::line() const {
  std::string json = "{\"changes\":[";
  json.append(changes_).append(1, ']');
  if (!audit_.empty()) json.append(",\"audit\":[").append(audit_).append(1, ']');
  if (!initialized_at_.empty()) {
    json += ",\"initialized_at\":";
    append_text(json, initialized_at_);
  }
  return line_of(json.append(1, '}'));
}

ReadSegment read_segment(std::string_view text) {
  ReadSegment segment;
  std::vector<std::uint64_t> unreadable;  // since the last point that is known to have been synced
  std::size_t lines_before = 0;           // how many were read before the first of those
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    const std::string_view line = text.substr(start, end == std::string_view::npos ? end : end - start);
    Result<json::Value> value = Error(ErrorCode::kMalformedJson, "no checksum");
    if (end != std::string_view::npos && line.size() > kPrefixBytes &&
        line.substr(0, kPrefixBytes - 1) == crc32_hex(line.substr(kPrefixBytes)))
      value = json::parse(line.substr(kPrefixBytes), {.depth_max = 256});
    if (!value.ok()) {
      if (unreadable.empty()) lines_before = segment.lines.size();
      unreadable.push_back(start);
    } else {
      const json::Value* synced = value->find("synced");
      if (synced != nullptr && *synced == json::Value(static_cast<std::uint64_t>(start))) {
        segment.damaged.insert(segment.damaged.end(), unreadable.begin(), unreadable.end());
        unreadable.clear();
      }
      segment.lines.push_back({start, *std::move(value)});
    }
    start = end == std::string_view::npos ? text.size() : end + 1;
  }
  // Of a group that was not synced any part may be missing: nothing behind the first gap counts.
  if (!unreadable.empty()) {
    segment.torn_at = unreadable.front();
    segment.lines.resize(lines_before);
  }
  return segment;
}

std::optional<DocumentHashes> hashes_of(const json::Value& line, std::string_view member) {
  const json::Value* hashes = line.find(member);
  if (hashes == nullptr) return std::nullopt;
  DocumentHashes documents;
  for (const Collection collection : kCollections)
    documents[index_of(collection)] = json::string_or(*hashes, name(collection), {});
  return documents;
}

std::optional<AuditRewriting> audit_rewriting_of(const json::Value& line) {
  const json::Value* found = line.find("audit_rewriting");
  if (found == nullptr) return std::nullopt;
  return AuditRewriting{static_cast<std::uint64_t>(json::integer_or(*found, "bytes", 0)),
                        std::string(json::string_or(*found, "sha256", {}))};
}

Result<std::optional<LogHeader>> header_of(const json::Value& line) {
  const json::Value* version = line.find("log");
  if (version == nullptr) return std::optional<LogHeader>();
  if (!(*version == json::Value(kLogVersion)))
    return Error(ErrorCode::kUnsupportedFormat, "the log below .sidekick/ has version " + json::serialize(*version) +
                                                    "; this program knows " + std::to_string(kLogVersion) +
                                                    ": use a newer one");
  LogHeader header;
  header.segment = static_cast<std::uint64_t>(json::integer_or(line, "segment", 0));
  header.audit_bytes = static_cast<std::uint64_t>(json::integer_or(line, "audit_bytes", 0));
  header.initialized_at = json::string_or(line, "initialized_at", {});
  header.documents = hashes_of(line, "documents").value_or(DocumentHashes());
  return std::optional(std::move(header));
}

std::vector<LoggedChange> changes_of(const json::Value& line) {
  std::vector<LoggedChange> changes;
  const json::Value* listed = line.find("changes");
  if (listed == nullptr || !listed->is_array()) return changes;
  for (const json::Value& item : listed->as_array()) {
    const bool is_put = item.find("put") != nullptr;
    const auto place = parse_place(json::string_or(item, is_put ? "put" : "erase", {}));
    if (!place) continue;
    LoggedChange change{place->first, place->second, {}, {}};
    if (const json::Value* value = item.find("value"); is_put && value != nullptr) change.value = *value;
    if (item.find("was") != nullptr) change.was = json::string_or(item, "was", {});
    changes.push_back(std::move(change));
  }
  return changes;
}

}  // namespace lumenflow::sidekick
