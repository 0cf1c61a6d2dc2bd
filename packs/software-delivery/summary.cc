// wu:summary: what wu:done would merge now, for whoever is asked to approve it. It refuses what wu:done would refuse.
#include <algorithm>

#include "software-delivery/gate_runs.h"
#include "software-delivery/merging.h"
#include "software-delivery/pieces.h"
#include "software-delivery/plan.h"

namespace lumenflow::software_delivery {
namespace {

constexpr std::size_t kSummaryFilesMax = 100, kCommitsMax = 20, kIgnoredMax = 20;
constexpr std::size_t kPathsBytesMax = 16u << 10;  // of files together: an approval's event may not be of any size
constexpr std::size_t kBriefBytesMax = 200;
constexpr char kFieldEnd = '\x1f';

// Its beginning, in whole characters.
std::string beginning_of(std::string text) {
  if (text.size() <= kBriefBytesMax) return text;
  const auto is_within = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; };
  std::size_t end = kBriefBytesMax;
  while (end > 0 && is_within(text[end])) --end;
  text.resize(end);
  return text + "…";
}

// "12\t3\tpath"; of what is no text "-\t-\tpath".
struct Changed {
  std::string path;
  std::int64_t insertions = 0, deletions = 0;
  bool binary = false;
};

Changed changed_of(const std::string& line) {
  Changed out;
  const std::size_t first = std::min(line.find('\t'), line.size());
  const std::size_t second = std::min(line.find('\t', first + 1), line.size());
  out.binary = line.starts_with("-");
  if (!out.binary) {
    out.insertions = std::atoll(line.c_str());
    out.deletions = first < line.size() ? std::atoll(line.c_str() + first + 1) : 0;
  }
  out.path = second < line.size() ? line.substr(second + 1) : std::string();
  return out;
}

json::Value shown(const Changed& file) {
  json::Object out{{"path", file.path}};
  if (file.binary)
    out.set("binary", true);
  else {
    out.set("insertions", file.insertions);
    out.set("deletions", file.deletions);
  }
  return json::Value(std::move(out));
}

Done add_files(Call& call, const Facts& facts, json::Object& out) {
  SD_TRY_ASSIGN(const std::string said, call.git.run({"diff", "--numstat", "-z", "--no-renames", "--no-ext-diff",
                                                      "--no-textconv", facts.target_tip, *facts.branch_tip, "--"}));
  json::Array files;
  std::int64_t insertions = 0, deletions = 0;
  std::size_t bytes = 0;
  const std::vector<std::string> lines = pieces_of(said, '\0');
  for (const std::string& line : lines) {
    const Changed file = changed_of(line);
    insertions += file.insertions;
    deletions += file.deletions;
    bytes += file.path.size();
    if (files.size() < kSummaryFilesMax && bytes <= kPathsBytesMax) files.push_back(shown(file));
  }
  out.set("files_changed", static_cast<std::uint64_t>(lines.size()));
  out.set("insertions", insertions);
  out.set("deletions", deletions);
  out.set("files", std::move(files));
  return Nothing{};
}

Done add_commits(Call& call, const Facts& facts, json::Object& out) {
  const std::string range = facts.target_tip + ".." + *facts.branch_tip;
  SD_TRY_ASSIGN(const std::string count, call.git.run({"rev-list", "--count", range, "--"}));
  SD_TRY_ASSIGN(const std::string said, call.git.run({"log", "-z", "--no-show-signature", "--format=%H%x1f%an%x1f%s",
                                                      "--max-count=" + std::to_string(kCommitsMax), range, "--"}));
  json::Array commits;
  for (const std::string& line : pieces_of(said, '\0')) {
    const std::vector<std::string> fields = pieces_of(line, kFieldEnd);
    if (fields.size() < 2) continue;
    commits.push_back(json::Object{{"commit", fields[0]},
                                   {"author", beginning_of(fields[1])},
                                   {"subject", fields.size() < 3 ? std::string() : beginning_of(fields[2])}});
  }
  out.set("commit_count", static_cast<std::int64_t>(std::atoll(count.c_str())));
  out.set("commits", std::move(commits));
  return Nothing{};
}

// Those that are not required, too: whether one has failed is for whoever decides.
Done add_gates(Call& call, const Facts& facts, json::Object& out) {
  SD_TRY_ASSIGN(const std::vector<Gate> gates, read_gates(call.context.config()));
  SD_TRY_ASSIGN(const auto green, green_on(call.context, facts.wu_id, *facts.branch_tip, gates));
  json::Array shown_gates;
  for (const Gate& gate : gates) {
    const auto passed = green.find(gate.id);
    json::Object each{
        {"gate", gate.id}, {"required", gate.required}, {"status", passed == green.end() ? "not_passed" : "passed"}};
    if (passed != green.end()) {
      each.set("evidence_ref", passed->second.evidence_ref);
      each.set("at_ms", passed->second.at_ms);
    }
    shown_gates.push_back(std::move(each));
  }
  out.set("gates", std::move(shown_gates));
  return Nothing{};
}

}  // namespace

Data summarise_work_unit(Call& call) {
  if (call.site.in_hand.has(call.text("wu_id")))
    return refuse("WU_BUSY", "another call is at " + call.text("wu_id") + " now; try again when it has ended");
  SD_TRY_ASSIGN(const Subject subject, subject_of(call));
  const Facts& facts = subject.facts;
  json::Object out{{"wu_id", facts.wu_id}, {"title", subject.work_unit.title}, {"merged_into", facts.target}};
  if (const Plan plan = plan_for(facts); plan.writes_workspace()) {  // wu:done goes on with a merge that was cut off
    out.set("commit", facts.record->commit);
    out.set("goes_on", plan.text());
    return json::Value(std::move(out));
  }
  SD_TRY(check_mergeable(call, facts));
  SD_TRY(check_asked_for(call, facts));
  SD_TRY(done(check_gates(call, facts)));
  out.set("commit", *facts.branch_tip);
  out.set("branch", facts.place.branch);
  out.set("base", facts.target_tip);
  SD_TRY(add_files(call, facts, out));
  SD_TRY(add_commits(call, facts, out));
  SD_TRY(add_gates(call, facts, out));
  if (!facts.ignored.empty()) {
    const std::size_t shown = std::min(facts.ignored.size(), kIgnoredMax);
    out.set("deletes", json::Array(facts.ignored.begin(), facts.ignored.begin() + static_cast<std::ptrdiff_t>(shown)));
    out.set("deletes_count", static_cast<std::uint64_t>(facts.ignored.size()));
  }
  return json::Value(std::move(out));
}

}  // namespace lumenflow::software_delivery
