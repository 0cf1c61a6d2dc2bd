// memory:recall: newest first, or ranked when there is a query.
//
// A ranked page's cursor names the memory it ended with, that memory's score, and the newest memory there was when the
// first page was made: later pages leave out what came after, so that arrivals change neither figures nor order.
#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>

#include "sidekick/constants.h"
#include "sidekick/tool_impl/memories.h"
#include "sidekick/tool_impl/page.h"
#include "sidekick/tool_impl/ranking.h"
#include "sidekick/tool_impl/tags.h"
#include "sidekick/tool_impl/words.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::string_view kRecallCursor = "r2.";
constexpr std::size_t kScoreDigits = 16;

class MemoryFilter {
 public:
  explicit MemoryFilter(const Input& input) : type_(input.text("type")), tags_(input.labels("tags")) {}
  bool accepts_all() const { return !type_ && tags_.accepts_all(); }
  bool accepts(const json::Value& memory) {
    return (!type_ || json::string_or(memory, "type", {}) == *type_) && tags_.accepts(memory);
  }

 private:
  std::optional<std::string_view> type_;
  TagFilter tags_;
};

struct Place {
  Hit last;
  std::string newest;  // of all memories that the pages are made of
};

std::string to_cursor(const Place& place, const std::string& mark) {
  std::string score(kScoreDigits, '0');
  std::array<char, kScoreDigits> digits;
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), std::bit_cast<std::uint64_t>(place.last.score), 16)
          .ptr;
  const auto size = static_cast<std::size_t>(end - digits.data());
  score.replace(kScoreDigits - size, size, digits.data(), size);
  return std::string(kRecallCursor) + place.last.id + "." + score + "." + place.newest + "." + mark;
}

Result<std::optional<Place>> to_place(const Input& input, const std::string& mark) {
  const std::optional<std::string_view> cursor = input.text("cursor");
  if (!cursor) return std::optional<Place>();
  constexpr std::size_t kIdSize = kMemoryIdPrefix.size() + kUlidSize;
  if (cursor->size() != kRecallCursor.size() + kIdSize + 1 + kScoreDigits + 1 + kIdSize + 1 + mark.size() ||
      !cursor->starts_with(kRecallCursor))
    return foreign_cursor();
  const std::string_view rest = cursor->substr(kRecallCursor.size());
  const std::string_view id = rest.substr(0, kIdSize);
  const std::string_view score = rest.substr(kIdSize + 1, kScoreDigits);
  const std::string_view newest = rest.substr(kIdSize + 1 + kScoreDigits + 1, kIdSize);
  std::uint64_t bits = 0;
  const auto [end, fault] = std::from_chars(score.data(), score.data() + score.size(), bits, 16);
  if (!is_id(id, kMemoryIdPrefix) || !is_id(newest, kMemoryIdPrefix) || fault != std::errc() ||
      end != score.data() + score.size())
    return foreign_cursor();
  if (!cursor->ends_with("." + mark)) return cursor_of_another_query();
  return std::optional(Place{{std::string(id), std::bit_cast<double>(bits)}, std::string(newest)});
}

// Looks at every memory up to `newest` once. `newest` is set when it was empty.
Result<std::vector<Hit>> rank(Call& call, const Snapshot& memories, std::string_view query, std::string& newest) {
  Ranking ranking(query_words(query));
  MemoryFilter filter(call.input);
  std::vector<std::string_view> texts;
  std::string before;
  for (bool at_end = false; !at_end;) {
    if (call.context.cancelled())
      return Error(ErrorCode::kToolCancelled, "cancelled while looking through the memories");
    LUMENFLOW_TRY_ASSIGN(const std::vector<Record> records, memories.newest(before, kScanBatch));
    at_end = records.size() < kScanBatch;
    if (records.empty()) break;
    if (newest.empty()) newest = records.front().id;
    for (const Record& record : records) {
      if (record.id > newest) continue;
      texts = {json::string_or(record.value, "content", {})};
      if (const json::Value* tags = record.value.find("tags"); tags != nullptr && tags->is_array())
        for (const json::Value& tag : tags->as_array())
          if (tag.is_string()) texts.push_back(tag.as_string());
      ranking.add(record.id, texts, filter.accepts(record.value));
    }
    before = records.back().id;
  }
  return ranking.hits();
}

Answer ranked_page(Call& call, std::string_view query) {
  const std::string mark = query_mark(call.input);
  LUMENFLOW_TRY_ASSIGN(const std::optional<Place> place, to_place(call.input, mark));
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Snapshot> memories, call.storage.read(Collection::kMemories));
  std::string newest = place ? place->newest : std::string();
  LUMENFLOW_TRY_ASSIGN(const std::vector<Hit> hits, rank(call, *memories, query, newest));
  auto at = hits.begin();
  if (place) {
    // Behind the memory itself while it is there, whatever became of the scores; else behind where it would stand.
    const auto same = std::find_if(hits.begin(), hits.end(), [&](const Hit& hit) { return hit.id == place->last.id; });
    at = same != hits.end() ? same + 1 : std::upper_bound(hits.begin(), hits.end(), place->last, ranks_before);
  }
  const auto left = static_cast<std::size_t>(hits.end() - at);
  const auto end = at + static_cast<std::ptrdiff_t>(std::min(call.input.limit(), left));
  json::Array items;
  for (auto hit = at; hit != end; ++hit) {
    LUMENFLOW_TRY_ASSIGN(std::optional<json::Value> memory, memories->find(hit->id));
    if (memory) items.push_back(*std::move(memory));
  }
  json::Object data;
  data.append("count", static_cast<std::int64_t>(items.size()));
  data.append("items", std::move(items));
  if (end != hits.end()) data.append("next_cursor", to_cursor({*(end - 1), newest}, mark));
  return answer(std::move(data));
}

}  // namespace

Answer recall_memories(Call& call) {
  if (const std::optional<std::string_view> query = call.input.text("query")) return ranked_page(call, *query);
  MemoryFilter filter(call.input);
  std::function<bool(const json::Value&)> accepts;
  if (!filter.accepts_all()) accepts = [&filter](const json::Value& memory) { return filter.accepts(memory); };
  return newest_page(call, Collection::kMemories, kMemoryIdPrefix, accepts);
}

}  // namespace lumenflow::sidekick
