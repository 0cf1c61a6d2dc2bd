#include "sidekick/storage/recovery.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include "sidekick/constants.h"
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
  std::vector<AuditRewriting> rewritings;  // of the audit file that were begun
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
      log.rewritings.clear();
      log.audit_bytes = static_cast<std::uint64_t>(json::integer_or(line.value, "audit_bytes", 0));
    } else if (auto rewriting = audit_rewriting_of(line.value)) {
      log.rewritings.push_back(*std::move(rewriting));
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
      recovered.asides.push_back({path, "corrupt", *text, report + "\n", {report}});
    }
    if (Status status = take_segment(segment, log); !status.ok()) return std::move(status).error().with_context(path);
  }
  return log;
}

// --- documents ---

// "1 record", "2 records".
std::string counted(std::size_t records) { return std::to_string(records) + (records == 1 ? " record" : " records"); }

std::string listed(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(line).append(1, '\n');
  return text;
}

Status read_document_of(Disk& disk, const LogContent& log, Collection collection, Recovered& recovered,
                        AdoptedNames& names, bool& edited) {
  const std::size_t at = index_of(collection);
  std::string path = document_path(collection);
  DocumentMark& mark = recovered.marks[at];
  LUMENFLOW_TRY_ASSIGN(mark.stamp, disk.stamp(path));  // before the content: what changes in between is noticed later
  LUMENFLOW_TRY_ASSIGN(std::optional<std::string> text, disk.read(path));
  if (text) mark.hash = sha256_hex_of(*text);
  const bool ours = log.any && is_known(log, collection, mark.hash);
  edited = log.any && !ours;
  std::optional<FileStamp> stamp = mark.stamp;
  if (const std::string older = older_path(collection); older != path) {
    LUMENFLOW_TRY_ASSIGN(std::optional<std::string> older_text, disk.read(older));
    if (older_text) {
      recovered.older_files.push_back(older);
      if (!text) {
        text = std::move(older_text);
        path = older;
        LUMENFLOW_TRY_ASSIGN(stamp, disk.stamp(older));
      } else {
        recovered.asides.push_back({older, "older", *std::move(older_text), {}, {}});
      }
    }
  }
  if (!text) {
    if (edited)
      recovered.problems.push_back(path + " was removed by somebody else; newer changes are all that is left");
    return {};
  }
  LUMENFLOW_TRY_ASSIGN(LoadedDocument document,
                       load_document(collection, {path, *text, ours, modified_ms(stamp)}, names));
  const char* why = document.broken ? "corrupt" : document.older ? "older" : "outside";
  recovered.rewrite[at] = document.older || document.broken || document.changed;
  recovered.base.load(collection, std::move(document.records));
  if (document.older || !document.report.empty())
    recovered.asides.push_back({path, why, *std::move(text), std::move(document.report), std::move(document.problems)});
  return {};
}

bool closes_one_collection(const Error& error) {
  return error.code() == ErrorCode::kUnsupportedFormat || error.code() == ErrorCode::kScopeDenied;
}

// The channel that messages were put into because theirs is gone.
void add_default_channel(AdoptedNames& names, Recovered& recovered) {
  const bool is_there =
      std::ranges::any_of(names.channels, [](const auto& channel) { return channel.second == kChannelDefault; });
  if (!names.default_since || is_there || recovered.unavailable[index_of(Collection::kChannels)]) return;
  json::Value channel = json::Object{{"name", kChannelDefault}, {"created_at", *names.default_since}};
  adopt(Collection::kChannels, channel, {}, names);
  recovered.base.put(Collection::kChannels, json::string_or(channel, "id", {}), channel, json::serialize(channel));
  recovered.rewrite[index_of(Collection::kChannels)] = true;
}

Status read_documents(Disk& disk, const LogContent& log, Recovered& recovered,
                      std::array<bool, kCollections.size()>& edited) {
  AdoptedNames names;
  for (const Collection collection : kCollections) {
    const std::size_t at = index_of(collection);
    Status status = read_document_of(disk, log, collection, recovered, names, edited[at]);
    if (status.ok()) continue;
    const bool is_in_log =
        std::ranges::any_of(log.changes, [&](const LoggedChange& change) { return change.collection == collection; });
    if (is_in_log || !closes_one_collection(status.error())) return status;
    recovered.marks[at] = {};
    recovered.unavailable[at] = std::move(status).error();
  }
  add_default_channel(names, recovered);
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
                                std::to_string(ids.size()) + " records";
    LUMENFLOW_TRY_ASSIGN(std::optional<std::string> text, disk.read(path));
    recovered.asides.push_back(
        {path, "outside", std::move(text).value_or(""), problem + "\n" + listed(ids), {problem}});
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
  for (const AuditRewriting& rewriting : log.rewritings)
    if (text->size() >= rewriting.bytes && sha256_hex_of(text->substr(0, rewriting.bytes)) == rewriting.hash)
      expected_bytes = rewriting.bytes;
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
    recovered.audit_bytes = text->size();
  }
  text->resize(recovered.audit_bytes);
  recovered.audit_unterminated = !text->empty() && text->back() != '\n';
  recovered.audit_junk = !recovered.audit.index_file(*text).empty();
  if (recovered.audit_junk) recovered.asides.push_back(aside_of(take_audit_junk(*text)));
  for (std::string& line : pending) recovered.audit.append(std::move(line));
  return {};
}

}  // namespace

Result<LoadedDocument> load_document(Collection collection, const DocumentText& document, AdoptedNames& names) {
  const std::string path(document.path);
  Result<ReadDocument> read = read_document(collection, document.text);
  if (!read.ok()) return std::move(read).error().with_context(path);
  LoadedDocument loaded;
  loaded.older = read->older;
  loaded.broken = read->fault.has_value();
  loaded.changed = loaded.broken || !read->dropped.empty();
  if (read->fault)
    loaded.problems.push_back(path + ": cannot be read from byte " + std::to_string(read->fault->offset) + " on (" +
                              read->fault->message + "); " + counted(read->records.size()) + " saved");
  for (const std::string& dropped : read->dropped)
    loaded.problems.push_back(path + ": not a record, left out: " + dropped.substr(0, 200));
  std::vector<std::string> notes;
  std::map<std::string, std::size_t> seen;  // texts of records without an id
  std::map<std::string, std::string> by_id;
  for (json::Value& record : read->records) {
    if (!document.ours) {
      RecordOrigin origin{document.edited_ms, 0};
      if (json::string_or(record, "id", {}).empty()) origin.twin = seen[json::serialize(record)]++;
      Adopted adopted = adopt(collection, record, origin, names);
      loaded.changed = loaded.changed || adopted.changed;
      for (const std::string& said : adopted.said)
        (loaded.older ? notes : loaded.problems)
            .push_back(path + ": " + std::string(json::string_or(record, "id", {})) + ": " + said);
    }
    std::string id(json::string_or(record, "id", {}));
    if (!by_id.insert_or_assign(id, json::serialize(record)).second) {
      loaded.problems.push_back(path + ": " + id + " stands there twice; the later one was taken");
      loaded.changed = true;
    }
  }
  for (auto& [id, record] : by_id) loaded.records.push_back({id, std::move(record)});
  if (!loaded.problems.empty() || loaded.older)
    loaded.report =
        listed(loaded.problems) + listed(notes) + path + ": " + counted(loaded.records.size()) + " taken over\n";
  return loaded;
}

AuditJunk take_audit_junk(std::string& text) {
  AuditJunk junk;
  std::string good;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = std::string_view(text).substr(start, end - start);
    if (!audit_id(line).empty()) {
      good.append(line).append(1, '\n');
    } else if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
      junk.lines.append(line).append(1, '\n');
      junk.offsets.push_back(start);
    }
    start = end + 1;
  }
  text = std::move(good);
  return junk;
}

Aside aside_of(const AuditJunk& junk) {
  Aside aside{kAuditPath, "corrupt", junk.lines, {}, {}};
  for (const std::uint64_t offset : junk.offsets)
    aside.problems.push_back(std::string(kAuditPath) + ": what stands at byte " + std::to_string(offset) +
                             " is no audit line");
  aside.report = listed(aside.problems);
  return aside;
}

std::int64_t modified_ms(const std::optional<FileStamp>& stamp) { return stamp ? stamp->modified_ns / 1'000'000 : 0; }

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
