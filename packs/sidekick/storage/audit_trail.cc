#include "sidekick/storage/audit_trail.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace lumenflow::sidekick {
namespace {

constexpr std::string_view kIdFirst = R"({"id":")";  // how the pack itself begins a line

std::uint64_t hash_of(std::string_view id) { return std::hash<std::string_view>()(id); }

}  // namespace

std::string audit_id(std::string_view line) {
  if (line.starts_with(kIdFirst) && line.ends_with('}')) {
    const std::string_view rest = line.substr(kIdFirst.size());
    const std::size_t end = rest.find('"');
    if (end != std::string_view::npos && rest.substr(0, end).find('\\') == std::string_view::npos)
      return std::string(rest.substr(0, end));
  }
  const Result<json::Value> value = json::parse(line, {.depth_max = 256});
  return value.ok() ? std::string(json::string_or(*value, "id", {})) : std::string();
}

std::vector<std::uint64_t> AuditTrail::index_file(std::string_view text) {
  in_file_.clear();
  bytes_ = 0;
  for (const std::string& line : pending_) bytes_ += static_cast<std::int64_t>(line.size());
  std::vector<std::uint64_t> skipped;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = text.substr(start, end - start);
    const std::string id = audit_id(line);
    if (!id.empty()) {
      in_file_.push_back({hash_of(id), start, line.size()});
      bytes_ += static_cast<std::int64_t>(line.size());
    } else if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
      skipped.push_back(start);
    }
    start = end + 1;
  }
  return skipped;
}

void AuditTrail::append(std::string line) {
  bytes_ += static_cast<std::int64_t>(line.size());
  pending_.push_back(std::move(line));
}

std::string AuditTrail::pending_text(std::size_t count) const {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text.append(pending_[i]).append(1, '\n');
  return text;
}

void AuditTrail::moved_to_file(std::size_t count, std::uint64_t offset) {
  for (; count > 0; --count) {
    const std::string& line = pending_.front();
    in_file_.push_back({hash_of(audit_id(line)), offset, line.size()});
    offset += line.size() + 1;
    pending_.pop_front();
  }
}

Usage AuditTrail::usage() const { return {static_cast<std::int64_t>(in_file_.size() + pending_.size()), bytes_}; }

Result<AuditPage> AuditTrail::page(std::string_view after, std::size_t limit) const {
  std::size_t first = 0;
  if (!after.empty()) {
    const auto is_it = [&](const std::string& line) { return audit_id(line) == after; };
    const auto in_log = std::ranges::find_if(pending_, is_it);
    const auto in_file = std::find_if(in_file_.rbegin(), in_file_.rend(),
                                      [hash = hash_of(after)](const Place& place) { return place.id_hash == hash; });
    if (in_log != pending_.end())
      first = in_file_.size() + static_cast<std::size_t>(in_log - pending_.begin()) + 1;
    else if (in_file != in_file_.rend())
      first = static_cast<std::size_t>(in_file_.rend() - in_file);
    else
      return Error(ErrorCode::kNotFound, "no audit event " + std::string(after));
  }
  AuditPage page;
  const std::size_t all = in_file_.size() + pending_.size();
  const std::size_t end = std::min(all, first + std::min(limit, all));
  for (std::size_t i = first; i < std::min(end, in_file_.size()); ++i) {
    if (page.lines.empty()) page.offset = in_file_[i].offset;
    page.lines.emplace_back(in_file_[i].offset - page.offset, in_file_[i].length);
    page.bytes = in_file_[i].offset + in_file_[i].length - page.offset;
  }
  for (std::size_t i = std::max(first, in_file_.size()); i < end; ++i)
    page.pending.push_back(pending_[i - in_file_.size()]);
  return page;
}

}  // namespace lumenflow::sidekick
