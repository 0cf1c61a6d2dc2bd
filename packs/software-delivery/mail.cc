// mem:signal and mem:inbox: named mailboxes in which agents of one workspace leave each other word.
//
// A message is there until its reader acknowledges it by position: read twice rather than lost. Keys of the store:
// `mail/<box>/<position>`, `mail-last/<box>`.
#include "software-delivery/tools.h"

namespace lumenflow::software_delivery {
namespace {

constexpr std::int64_t kUnreadMax = 1'000;

std::string key_of(const std::string& box, std::int64_t position) {
  const std::string digits = std::to_string(position);
  return "mail/" + box + "/" + std::string(20 - digits.size(), '0') + digits;
}

Answer<std::int64_t> last_position(pack::Store& store, const std::string& key) {
  const Result<std::optional<json::Value>> found = store.get(key);
  if (!found.ok()) return found.error();
  return *found ? (*found)->as_integer() : 0;
}

}  // namespace

Data signal_mailbox(Call& call) {
  pack::Store& store = call.context.store();
  const std::string box = call.text("mailbox");
  SD_TRY_ASSIGN(const std::int64_t last, last_position(store, "mail-last/" + box));
  SD_TRY_ASSIGN(const std::int64_t read, last_position(store, "mail-read/" + box));
  if (last - read >= kUnreadMax)
    return refuse("MAILBOX_FULL", "'" + box + "' has 1000 messages that nobody has acknowledged");
  json::Object message{{"position", last + 1},
                       {"from", call.context.subject()},
                       {"text", call.text("text")},
                       {"at_ms", call.context.now_ms()}};
  if (const json::Value* data = call.input.find("data")) message.set("data", *data);
  if (const Status put = store.put(key_of(box, last + 1), std::move(message)); !put.ok()) return put.error();
  if (const Status put = store.put("mail-last/" + box, last + 1); !put.ok()) return put.error();
  return json::Value(json::Object{{"mailbox", box}, {"position", last + 1}});
}

Data read_mailbox(Call& call) {
  pack::Store& store = call.context.store();
  const std::string box = call.text("mailbox");
  SD_TRY_ASSIGN(const std::int64_t last, last_position(store, "mail-last/" + box));
  SD_TRY_ASSIGN(std::int64_t read, last_position(store, "mail-read/" + box));
  const std::int64_t acknowledged = json::integer_or(call.input, "acknowledge", 0);
  if (acknowledged > last)
    return refuse("INVALID_INPUT", "'" + box + "' has no message " + std::to_string(acknowledged) + " yet");
  for (std::int64_t each = read + 1; each <= acknowledged; ++each)
    if (const Status erased = store.erase(key_of(box, each)); !erased.ok()) return erased.error();
  if (acknowledged > read) {
    read = acknowledged;
    if (const Status put = store.put("mail-read/" + box, read); !put.ok()) return put.error();
  }
  const auto limit = static_cast<std::size_t>(json::integer_or(call.input, "limit", 20));
  const Result<std::vector<pack::StoreItem>> items = store.scan("mail/" + box + "/", {}, limit);
  if (!items.ok()) return items.error();
  json::Array messages;
  for (const pack::StoreItem& item : *items) messages.push_back(item.value);
  const auto unread = last - read;
  return json::Value(json::Object{{"mailbox", box}, {"messages", std::move(messages)}, {"unread", unread}});
}

}  // namespace lumenflow::software_delivery
