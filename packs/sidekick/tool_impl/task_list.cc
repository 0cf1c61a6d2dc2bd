#include <algorithm>

#include "sidekick/constants.h"
#include "sidekick/tool_impl/page.h"
#include "sidekick/tool_impl/task.h"
#include "sidekick/tool_impl/tasks.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::size_t kScanBatch = 256;

struct Page {
  json::Array items;
  std::string last_id;
  bool more = false;  // another task follows that the filter accepts
};

// Takes what the filter accepts until one more than `limit` is found.
void take(std::vector<Record> records, std::size_t limit, TaskFilter& filter, Page& page) {
  for (Record& record : records) {
    if (!filter.accepts(record.value)) continue;
    if (page.items.size() == limit) {
      page.more = true;
      return;
    }
    page.items.push_back(std::move(record.value));
    page.last_id = std::move(record.id);
  }
}

}  // namespace

Answer list_tasks(Call& call) {
  LUMENFLOW_TRY_ASSIGN(TaskFilter filter, TaskFilter::from(call.input));
  LUMENFLOW_TRY_ASSIGN(const std::string_view cursor, read_cursor(call.input, kTaskIdPrefix));
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Snapshot> tasks, call.storage.read(Collection::kTasks));
  const std::size_t limit = call.input.limit();
  const std::size_t batch = filter.accepts_all() ? limit + 1 : kScanBatch;

  Page page;
  std::string before(cursor);
  bool at_end = false;
  while (!at_end && !page.more) {
    if (call.context.cancelled()) return Error(ErrorCode::kToolCancelled, "cancelled while looking through the tasks");
    LUMENFLOW_TRY_ASSIGN(std::vector<Record> records, tasks->newest(before, batch));
    at_end = records.size() < batch;
    if (!records.empty()) before = records.back().id;
    take(std::move(records), limit, filter, page);
  }

  json::Object data;
  data.reserve(3);
  data.append("count", static_cast<std::int64_t>(page.items.size()));
  data.append("items", std::move(page.items));
  if (page.more) data.append("next_cursor", make_cursor(page.last_id));
  return answer(std::move(data));
}

}  // namespace lumenflow::sidekick
