#include "sidekick/storage/recovery.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include "sidekick/storage/adopted_record.h"
#include "sidekick/storage/checksum.h"
#include "sidekick/storage/document.h"
#include "sidekick/storage/store_files.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::string_view kSegmentEnd = ".log";

// What the segments say together.
struct LogContent {
  std::vector<LoggedChange> changes;   // not folded yet
  std::vector<std::string> audit;      // likewise
  std::set<DocumentHashes> documents;  // what the documents may be if nobody else wrote them
  std::uint64_t audit_bytes = 0;
  std::string initialized_at;
  bool any = false;
};

bool is_known(const LogContent& log, Collection collection, const std::string& hash) {
  return std::ranges::any_of(log.documents,
                             [&](const DocumentHashes& documents) { return documents[index_of(collection)] == hash; });
}

Status take_segment(const ReadSegment& segment, LogContent& log) {
  std::vector<LoggedChange> own_changes;
  std::vector<std::string> own_audit;
  for (const LogLine& line : segment.lines) {
    LUMENFLOW_TRY_ASSIGN(const std::optional<LogHeader> header, header_of(line.value));
    if (header) {
      log.documents = {header->documents};
      if (!log.any) log.audit_bytes = header->audit_bytes;
      log.initialized_at = header->initialized_at;
      log.any = true;
    } else if (const auto folding = hashes_of(line.value, "folding")) {
      log.documents.insert(*folding);
    } else if (const auto folded = hashes_of(line.value, "folded")) {
      // All before this segment is in the documents.
      log.documents = {*folded};
      log.changes.clear();
      log.audit.clear();
      log.audit_bytes = static_cast<std::uint64_t>(json::integer_or(line.value, "audit_bytes", 0));
    } else {
      for (LoggedChange& change : changes_of(line.value)) own_changes.push_back(std::move(change));
      if (const json::Value* audit = line.value.find("audit"); audit != nullptr && audit->is_array())
        for (const json::Value& event : audit->as_array()) own_audit.push_back(json::serialize(event));
      if (line.value.find("initialized_at") != nullptr)
        log.initialized_at = json::string_or(line.value, "initialized_at", {});
    }
  }
  std::ranges::move(own_changes, std::back_inserter(log.changes));
  std::ranges::move(own_audit, std::back_inserter(log.audit));
  return {};
}

std::optional<std::uint64_t> segment_number(std::string_view name) {
  if (!name.ends_with(kSegmentEnd)) return std::nullopt;
  name.remove_suffix(kSegmentEnd.size());
  std::uint64_t number = 0;
  const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (fault != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

Result<LogContent> read_log(Disk& disk, Recovered& recovered) {
  LogContent log;
  LUMENFLOW_TRY_ASSIGN(const std::vector<std::string> names, disk.list(kLogFolder));
  std::map<std::uint64_t, std::string> paths;
  for (const std::string& name : names)
    if (const auto number = segment_number(name)) paths.emplace(*number, std::string(kLogFolder) + "/" + name);
  for (const auto& [number, path] : paths) {
    recovered.next_segment = number + 1;
    recovered.segments.push_back(path);
    LUMENFLOW_TRY_ASSIGN(const std::optional<std::string> text, disk.read(path));
    if (!text) continue;
    const ReadSegment segment = read_segment(*text);
    if (!segment.damaged.empty()) {
      std::string report = path + ": ";
      for (const std::uint64_t offset : segment.damaged)
        report += "the line at byte " + std::to_string(offset) + " cannot be read; ";
      report += std::to_string(segment.lines.size()) + " other lines were read";
      recovered.problems.push_back(report);
      recovered.asides.push_back({path, "corrupt", *text, report + "\n"});
    }
    if (Status status = take_segment(segment, log); !status.ok()) return std::move(status).error().with_context(path);
  }
  return log;
}

// --- documents ---

std::string listed(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(line).append(1, '\n');
  return text;
}

Status read_documents(Disk& disk, const LogContent& log, Recovered& recovered,
                      std::array<bool, kCollections.size()>& edited) {
  AdoptedNames names;
  for (const Collection collection : kCollections) {
    const std::size_t at = index_of(collection);
    std::string path = document_path(collection);
    DocumentMark& mark = recovered.marks[at];
    LUMENFLOW_TRY_ASSIGN(mark.stamp, disk.stamp(path));  // before the content: what changes in between is noticed later
    LUMENFLOW_TRY_ASSIGN(std::optional<std::string> text, disk.read(path));
    if (text) mark.hash = sha256_hex_of(*text);
    const bool ours = log.any && is_known(log, collection, mark.hash);
    edited[at] = log.any && !ours;
    if (const std::string older = older_path(collection); older != path) {
      LUMENFLOW_TRY_ASSIGN(std::optional<std::string> older_text, disk.read(older));
      if (older_text) {
        recovered.older_files.push_back(older);
        if (!text) {
          text = std::move(older_text);
          path = older;
        } else {
          recovered.asides.push_back({older, "older", *std::move(older_text), {}});
        }
      }
    }
    if (!text) {
      if (edited[at])
        recovered.problems.push_back(path + " was removed by somebody else; newer changes are all that is left");
      continue;
    }
    LUMENFLOW_TRY_ASSIGN(LoadedDocument document, load_document(collection, path, *text, ours, names));
    const char* why = document.broken ? "corrupt" : document.older ? "older" : "outside";
    recovered.rewrite[at] = document.older || document.broken || document.changed;
    if (document.older || !document.report.empty())
      recovered.asides.push_back({path, why, *std::move(text), std::move(document.report)});
    std::ranges::move(document.problems, std::back_inserter(recovered.problems));
    recovered.base.load(collection, std::move(document.records));
  }
  return {};
}

// --- changes ---

// A change to a record that somebody else changed as well, or took away.
bool is_contested(const LoggedChange& change, const std::string* found) {
  if (found == nullptr) return change.was.has_value();
  if (change.value && json::serialize(*change.value) == *found) return false;
  return !change.was || *change.was != crc32_hex(*found);
}

Status apply_changes(Disk& disk, const LogContent& log, const std::array<bool, kCollections.size()>& edited,
                     Recovered& recovered) {
  std::set<std::pair<Collection, std::string>> seen;
  std::array<std::vector<std::string>, kCollections.size()> contested;
  for (const LoggedChange& change : log.changes) {
    const std::size_t at = index_of(change.collection);
    if (edited[at] && seen.emplace(change.collection, change.id).second &&
        is_contested(change, recovered.base.of(change.collection).records.find(change.id)))
      contested[at].push_back(change.id);
    if (change.value)
      recovered.state.put(change.collection, change.id, *change.value, json::serialize(*change.value));
    else
      recovered.state.erase(change.collection, change.id);
  }
  for (const Collection collection : kCollections) {
    const std::vector<std::string>& ids = contested[index_of(collection)];
    const std::string path = document_path(collection);
    if (ids.empty()) continue;
    const std::string problem = path + ": changed by somebody else and by a call, of which the call's change stands: " +
                                std::to_string(ids.size()) + " records; the other version is kept beside it";
    recovered.problems.push_back(problem);
    LUMENFLOW_TRY_ASSIGN(std::optional<std::string> text, disk.read(path));
    recovered.asides.push_back({path, "outside", std::move(text).value_or(""), problem + "\n" + listed(ids)});
  }
  return {};
}

// --- audit ---

// How many of `expected` the text begins with, each as a line; `text` loses them.
std::size_t take_lines(std::string_view& text, const std::vector<std::string>& expected) {
  std::size_t count = 0;
  for (; count < expected.size(); ++count) {
    const std::string& line = expected[count];
    if (text.size() <= line.size() || !text.starts_with(line) || text[line.size()] != '\n') break;
    text.remove_prefix(line.size() + 1);
  }
  return count;
}

// Whether there is a whole line that the log does not hold.
bool has_foreign_line(std::string_view text, const std::vector<std::string>& ours) {
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    if (end == std::string_view::npos) return false;
    const std::string_view line = text.substr(start, end - start);
    if (std::ranges::find(ours, line) == ours.end() && json::parse(line, {.depth_max = 256}).ok()) return true;
    start = end + 1;
  }
  return false;
}

// The file may end with some of the lines that the log holds, the last of them torn.
Status read_audit(Disk& disk, const LogContent& log, Recovered& recovered) {
  LUMENFLOW_TRY_ASSIGN(recovered.audit_stamp, disk.stamp(kAuditPath));
  LUMENFLOW_TRY_ASSIGN(std::optional<std::string> text, disk.read(kAuditPath));
  if (!text) text.emplace();
  std::uint64_t expected_bytes = log.any ? log.audit_bytes : text->size();
  if (text->size() < expected_bytes) {
    recovered.problems.push_back(std::string(kAuditPath) +
                                 " was cut by somebody else: " + std::to_string(expected_bytes) +
                                 " bytes were there, " + std::to_string(text->size()) + " are left");
    expected_bytes = text->size();
  }
  std::string_view tail = std::string_view(*text).substr(expected_bytes);
  std::vector<std::string> pending = log.audit;
  pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(take_lines(tail, pending)));
  recovered.audit_bytes = text->size() - tail.size();
  if (has_foreign_line(tail, pending)) {  // somebody else wrote lines: they stay
    std::erase_if(pending, [&](const std::string& line) { return tail.find(line) != std::string_view::npos; });
    recovered.audit_bytes = text->size();
  } else if (!tail.empty() && pending.empty()) {
    recovered.problems.push_back(std::string(kAuditPath) + ": what stands at byte " +
                                 std::to_string(recovered.audit_bytes) + " is no audit line");
    recovered.audit_bytes = text->size();
  }
  text->resize(recovered.audit_bytes);
  recovered.audit_unterminated = !text->empty() && text->back() != '\n';
  for (const std::uint64_t offset : recovered.audit.index_file(*text))
    recovered.problems.push_back(std::string(kAuditPath) + ": what stands at byte " + std::to_string(offset) +
                                 " is no audit line");
  for (std::string& line : pending) recovered.audit.append(std::move(line));
  return {};
}

}  // namespace

Result<LoadedDocument> load_document(Collection collection, const std::string& path, std::string_view text, bool ours,
                                     AdoptedNames& names) {
  Result<ReadDocument> read = read_document(collection, text);
  if (!read.ok()) return std::move(read).error().with_context(path);
  LoadedDocument loaded;
  loaded.older = read->older;
  loaded.broken = read->fault.has_value();
  if (read->fault) {
    loaded.problems.push_back(path + ": cannot be read from byte " + std::to_string(read->fault->offset) + " on (" +
                              read->fault->message + "); " + std::to_string(read->records.size()) +
                              " records were saved, a copy of the file is kept beside it");
    loaded.changed = true;
  }
  for (const std::string& dropped : read->dropped) {
    loaded.problems.push_back(path + ": not a record, left out: " + dropped.substr(0, 200));
    loaded.changed = true;
  }
  std::map<std::string, std::string> by_id;
  for (json::Value& record : read->records) {
    if (!ours && adopt(collection, record, names)) loaded.changed = true;
    std::string id(json::string_or(record, "id", {}));
    if (!by_id.insert_or_assign(id, json::serialize(record)).second) {
      loaded.problems.push_back(path + ": " + id + " stands there twice; the later one was taken");
      loaded.changed = true;
    }
  }
  for (auto& [id, record] : by_id) loaded.records.push_back({id, std::move(record)});
  if (!loaded.problems.empty() || loaded.changed)
    loaded.report = listed(loaded.problems) + std::to_string(loaded.records.size()) + " records taken over\n";
  return loaded;
}

Result<Recovered> recover(Disk& disk) {
  Recovered recovered;
  LUMENFLOW_TRY_ASSIGN(const LogContent log, read_log(disk, recovered));
  std::array<bool, kCollections.size()> edited{};
  LUMENFLOW_TRY(read_documents(disk, log, recovered, edited));
  recovered.state = recovered.base;
  LUMENFLOW_TRY(apply_changes(disk, log, edited, recovered));
  recovered.state.initialized_at = log.initialized_at;
  LUMENFLOW_TRY(read_audit(disk, log, recovered));
  recovered.has_changes = !log.changes.empty() || !log.audit.empty();
  // What was written and not synced by a process that was killed is about to be shown: make it last.
  if (recovered.has_changes)
    for (const std::string& path : recovered.segments) {
      LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<AppendFile> segment, disk.open(path, Disk::Open::kExisting));
      LUMENFLOW_TRY(segment->sync());
    }
  return recovered;
}

}  // namespace lumenflow::sidekick
