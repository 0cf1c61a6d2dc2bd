#include "kernel/call_notices.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/secret_shapes.h"
#include "kernel/running_call.h"

namespace lumenflow::kernel {
namespace {

constexpr std::size_t kMessageBytesMax = 16 * 1024;

std::string masked(const std::string& text) {
  const auto without =
      replace_secrets(text, SecretSearch::kAssignments, [](std::string_view) { return std::string("***"); });
  return without ? *without : text;
}

std::string shown_message(const std::string& message) {
  return std::string(clip_utf8(masked(message), kMessageBytesMax));
}

json::Value shown_data(json::Value value) {
  if (const std::string* const text = value.if_string()) return json::Value(masked(*text));
  if (value.is_array())
    for (json::Value& item : value.as_array()) item = shown_data(std::move(item));
  if (value.is_object())
    for (json::Member& member : value.as_object()) member.value = shown_data(std::move(member.value));
  return value;
}

}  // namespace

CallNotices::Watch CallNotices::watch(const ReceiptId& receipt, CallListener listener) {
  const std::lock_guard lock(table_->mutex);
  const std::uint64_t id = table_->next_id++;
  auto kept = std::make_shared<const CallListener>(std::move(listener));  // shared: see Entry
  table_->by_receipt[receipt.str()].push_back({id, std::move(kept)});
  ++table_->listeners;
  const auto forget = [table = table_, receipt = receipt.str(), id](const void*) {
    std::shared_ptr<const CallListener> last;  // ends outside of the lock: what it holds may be anything
    const std::lock_guard guard(table->mutex);
    const auto found = table->by_receipt.find(receipt);
    if (found == table->by_receipt.end()) return;
    const auto entry = std::ranges::find(found->second, id, &Entry::id);
    if (entry == found->second.end()) return;
    last = std::move(entry->listener);
    found->second.erase(entry);
    if (found->second.empty()) table->by_receipt.erase(found);
    --table->listeners;
  };
  return Watch(this, forget);
}

void CallNotices::say(const RunningCall& call, CallNotice notice) const {
  if (!any()) return;
  std::vector<std::shared_ptr<const CallListener>> told;
  {
    const std::lock_guard lock(table_->mutex);
    const auto add = [&](const ReceiptId& receipt) {
      const auto found = table_->by_receipt.find(receipt.str());
      if (found == table_->by_receipt.end()) return;
      for (const Entry& entry : found->second) told.push_back(entry.listener);
    };
    add(call.receipt);
    for (const OuterCall* outer = call.call.outer.get(); outer != nullptr; outer = outer->outer.get())
      add(outer->receipt);
  }
  if (told.empty()) return;
  notice.receipt_id = call.receipt.str();
  notice.tool = call.tool != nullptr ? call.tool->descriptor.name : std::string(clip_utf8(call.call.tool, 200));
  notice.message = shown_message(notice.message);
  if (notice.kind == CallNotice::Kind::kNote) notice.data = shown_data(std::move(notice.data));
  for (const auto& listener : told) (*listener)(notice);
}

void CallNotices::say_finished(const RunningCall& call, const CallResult& result) const {
  if (!any()) return;
  CallNotice notice;
  notice.kind = CallNotice::Kind::kFinished;
  notice.outcome = journal::name(result.outcome);
  say(call, std::move(notice));
}

std::shared_ptr<NoticeMailbox> NoticeMailbox::make(Post post, Take take) {
  return std::shared_ptr<NoticeMailbox>(new NoticeMailbox(std::move(post), std::move(take)));
}

CallListener NoticeMailbox::listener() {
  return [self = shared_from_this()](const CallNotice& notice) { self->put(notice); };
}

void NoticeMailbox::put(const CallNotice& notice) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    const bool goes_on = notice.kind == CallNotice::Kind::kText && !waiting_.empty() &&
                         waiting_.back().kind == CallNotice::Kind::kText &&
                         waiting_.back().receipt_id == notice.receipt_id;
    if (goes_on) {  // what waits is posted already
      waiting_.back().message += notice.message;
      return;
    }
    const bool matters = notice.kind == CallNotice::Kind::kText || notice.kind == CallNotice::Kind::kNote;
    if (waiting_.size() >= kWaitingMax && !matters) {
      ++dropped_;
      return;
    }
    waiting_.push_back(notice);
    waiting_.back().dropped = std::exchange(dropped_, 0);
    if (std::exchange(posted_, true)) return;
  }
  post_([self = shared_from_this()] { self->drain(); });
}

void NoticeMailbox::drain() {
  std::deque<CallNotice> taken;
  {
    const std::lock_guard lock(mutex_);
    taken = std::exchange(waiting_, {});
    posted_ = false;
  }
  for (const CallNotice& notice : taken)
    if (take_) take_(notice);
}

void NoticeMailbox::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    waiting_.clear();
  }
  take_ = {};
}

}  // namespace lumenflow::kernel
