#include <algorithm>

#include "sidekick/constants.h"
#include "sidekick/tool_impl/channels.h"
#include "sidekick/tool_impl/page.h"
#include "sidekick/tool_impl/transport.h"
#include "sidekick/tool_impl/ulid.h"

namespace lumenflow::sidekick {
namespace {

// Messages of one channel or of all, oldest first, behind an id.
Result<std::vector<Record>> next_messages(const Snapshot& messages, std::optional<std::string_view> channel,
                                          std::string_view after, std::size_t limit) {
  if (channel) return messages.indexed({*channel, *channel, after}, limit);
  return messages.oldest(after, limit);
}

}  // namespace

// The cursor is always there: with it a caller asks again later for what came meanwhile.
Answer receive_messages(Call& call) {
  const std::optional<std::string_view> channel = call.input.text("channel");
  const std::optional<std::string_view> provider = call.input.text("provider");
  if (provider && !is_provider(*provider))
    return refusal("PROVIDER_NOT_REGISTERED", "no provider '" + std::string(*provider) + "' is registered");
  const std::string mark = query_mark(call.input, {"channel", "provider"});  // since may follow the reader
  LUMENFLOW_TRY_ASSIGN(const std::string_view cursor, read_cursor(call.input, kMessageIdPrefix, mark));
  LUMENFLOW_TRY_ASSIGN(const std::optional<std::int64_t> since_ms, call.input.time_ms("since"));
  std::string after = std::string(kMessageIdPrefix) + ulid_floor(since_ms.value_or(0));
  after = std::max<std::string>(after, std::string(cursor));

  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Snapshot> messages, call.storage.read(Collection::kMessages));
  const std::size_t limit = call.input.limit();
  json::Array items;
  for (bool at_end = false; !at_end && items.size() < limit;) {
    if (call.context.cancelled()) return Error(ErrorCode::kToolCancelled, "cancelled while reading messages");
    const std::size_t batch = provider ? kScanBatch : limit - items.size();
    LUMENFLOW_TRY_ASSIGN(std::vector<Record> records, next_messages(*messages, channel, after, batch));
    at_end = records.size() < batch;
    for (Record& record : records) {
      if (items.size() == limit) break;
      after = record.id;
      if (!provider || json::string_or(record.value, "provider", {}) == *provider)
        items.push_back(std::move(record.value));
    }
  }
  json::Object data;
  data.append("count", static_cast<std::int64_t>(items.size()));
  data.append("items", std::move(items));
  data.append("next_cursor", make_cursor(after, mark));
  return answer(std::move(data));
}

}  // namespace lumenflow::sidekick
