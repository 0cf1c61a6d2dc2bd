#include "sidekick/tool_impl/page.h"

#include <map>

#include "sidekick/constants.h"
#include "sidekick/storage/checksum.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::string_view kPageCursor = "v2.";
constexpr std::size_t kMarkSize = 8;

struct Page {
  json::Array items;
  std::string last_id;
  bool more = false;  // another record follows that is accepted
};

// Takes what is accepted until one more than `limit` is found.
void take(std::vector<Record> records, std::size_t limit, const std::function<bool(const json::Value&)>& accepts,
          Page& page) {
  for (Record& record : records) {
    if (accepts && !accepts(record.value)) continue;
    if (page.items.size() == limit) {
      page.more = true;
      return;
    }
    page.items.push_back(std::move(record.value));
    page.last_id = std::move(record.id);
  }
}

}  // namespace

std::string query_mark(const Input& input) {
  std::string text;
  if (const json::Object* members = input.value().if_object()) {
    std::map<std::string_view, const json::Value*> sorted;
    for (const json::Member& member : *members)
      if (member.key != "limit" && member.key != "cursor" && member.value != json::Value(false))
        sorted.emplace(member.key, &member.value);
    for (const auto& [key, value] : sorted)
      text.append(key).append(1, '=').append(json::serialize(*value)).append(1, '\n');
  }
  return crc32_hex(text);
}

std::string query_mark(const Input& input, std::initializer_list<std::string_view> members) {
  std::string text;
  for (const std::string_view member : members) text.append(input.text(member).value_or("")).append(1, '\0');
  return crc32_hex(text);
}

std::string make_cursor(std::string_view last_id, std::string_view mark) {
  return std::string(kPageCursor).append(last_id).append(1, '.').append(mark);
}

bool is_id(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) && text.size() == prefix.size() + kUlidSize &&
         text.substr(prefix.size()).find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ") == std::string_view::npos;
}

Error foreign_cursor() { return invalid_field("cursor", "is not the next_cursor of an earlier answer of this tool"); }

Error cursor_of_another_query() {
  return invalid_field("cursor", "belongs to another question: what is asked for must be the same on every page");
}

Result<std::string_view> read_cursor(const Input& input, std::string_view id_prefix, std::string_view mark) {
  const std::optional<std::string_view> cursor = input.text("cursor");
  if (!cursor) return std::string_view();
  const std::size_t id_size = id_prefix.size() + kUlidSize;
  if (!cursor->starts_with(kPageCursor) || cursor->size() != kPageCursor.size() + id_size + 1 + kMarkSize)
    return foreign_cursor();
  const std::string_view id = cursor->substr(kPageCursor.size(), id_size);
  const std::string_view rest = cursor->substr(kPageCursor.size() + id_size);
  if (!is_id(id, id_prefix) || rest.front() != '.') return foreign_cursor();
  if (rest.substr(1) != mark) return cursor_of_another_query();
  return id;
}

Answer newest_page(Call& call, Collection collection, std::string_view id_prefix,
                   const std::function<bool(const json::Value&)>& accepts) {
  const std::string mark = query_mark(call.input);
  LUMENFLOW_TRY_ASSIGN(const std::string_view cursor, read_cursor(call.input, id_prefix, mark));
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Snapshot> snapshot, call.storage.read(collection));
  const std::size_t limit = call.input.limit();
  const std::size_t batch = accepts ? kScanBatch : limit + 1;

  Page page;
  std::string before(cursor);
  bool at_end = false;
  while (!at_end && !page.more) {
    if (call.context.cancelled())
      return Error(ErrorCode::kToolCancelled, "cancelled while looking through the records");
    LUMENFLOW_TRY_ASSIGN(std::vector<Record> records, snapshot->newest(before, batch));
    at_end = records.size() < batch;
    if (!records.empty()) before = records.back().id;
    take(std::move(records), limit, accepts, page);
  }

  json::Object data;
  data.reserve(3);
  data.append("count", static_cast<std::int64_t>(page.items.size()));
  data.append("items", std::move(page.items));
  if (page.more) data.append("next_cursor", make_cursor(page.last_id, mark));
  return answer(std::move(data));
}

}  // namespace lumenflow::sidekick
