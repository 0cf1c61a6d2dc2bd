#include "uplink/outbox_files.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "base/sha256.h"
#include "journal/emitted.h"
#include "journal/outbox.h"
#include "json/canonical.h"
#include "uplink/source.h"

namespace lumenflow::uplink {
namespace {

constexpr std::size_t kPage = 512;

std::string file_name(Position position) {
  std::string digits = std::to_string(position.value());
  return std::string(20 - digits.size(), '0') + digits + ".json";
}

}  // namespace

Status OutboxFiles::refresh() {
  if (!made_) {
    LUMENFLOW_TRY(files_.make_directories(join_path(folder_, "dead-letters"), 0700));
    made_ = true;
  }
  LUMENFLOW_TRY(refresh_pending());
  return refresh_dead_letters();
}

// Oldest first, over all streams.
Result<std::string> OutboxFiles::pending_lines() const {
  const auto source = make_journal_source(log_);
  LUMENFLOW_TRY_ASSIGN(const OutboxView view, source->view());
  std::vector<std::pair<Position, std::string>> lines;
  for (const auto& [stream, row] : view.streams) {
    std::size_t bytes = 0, count = 0;
    Position after;
    for (bool more = true; more && count < kLinesMax && bytes < kBytesMax;) {
      LUMENFLOW_TRY_ASSIGN(Backlog page, source->backlog(stream, after, view.end, kPage, kBytesMax));
      more = page.more;
      for (BacklogEvent& event : page.events) {
        bytes += event.text.size() + 1;
        ++count;
        after = event.position;
        lines.emplace_back(event.position, std::move(event.text));
      }
    }
  }
  std::ranges::sort(lines);
  std::string text;
  for (std::size_t i = 0; i < lines.size() && i < kLinesMax; ++i) {
    if (i > 0 && text.size() + lines[i].second.size() > kBytesMax) break;
    text.append(lines[i].second).append(1, '\n');
  }
  return text;
}

Status OutboxFiles::refresh_pending() {
  LUMENFLOW_TRY_ASSIGN(const std::string text, pending_lines());
  const std::string hash = to_hex(sha256(text));
  if (hash == written_) return {};
  LUMENFLOW_TRY(files_.write_atomic(join_path(folder_, "pending.jsonl"), text, 0600));
  written_ = hash;
  return {};
}

Status OutboxFiles::refresh_dead_letters() {
  const std::string folder = join_path(folder_, "dead-letters");
  LUMENFLOW_TRY_ASSIGN(const std::vector<std::string> there, files_.list(folder));
  std::set<std::string> gone(there.begin(), there.end());
  LUMENFLOW_TRY_ASSIGN(const auto tables, log_.snapshot());
  LUMENFLOW_TRY_ASSIGN(const auto streams, journal::outbox_streams(*tables));
  for (const auto& [stream, row] : streams) {
    for (Position after;;) {
      LUMENFLOW_TRY_ASSIGN(const auto letters, journal::outbox_dead_letters(*tables, stream, after, kPage));
      for (const log::DeadLetter& letter : letters) {
        after = letter.position;
        const std::string name = file_name(letter.position);
        if (gone.erase(name) != 0) continue;
        LUMENFLOW_TRY_ASSIGN(const log::StoredRow entries, log_.row_at(letter.position));
        std::string text = R"({"event":)";
        text += journal::envelope_text(entries.entries[letter.position.value() - entries.first.value()]);
        text += R"(,"position":)" + std::to_string(letter.position.value()) + R"(,"reason":)";
        json::append_canonical_string(clip_utf8(letter.reason, letter.reason.size()), text);
        LUMENFLOW_TRY(files_.write_atomic(join_path(folder, name), text + "}\n", 0600));
      }
      if (letters.size() < kPage) break;
    }
  }
  for (const std::string& name : gone) LUMENFLOW_TRY(files_.remove(join_path(folder, name)));
  return {};
}

}  // namespace lumenflow::uplink
