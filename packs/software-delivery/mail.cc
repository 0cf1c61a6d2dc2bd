// mem:signal and mem:inbox: named mailboxes in which agents of one workspace leave each other word.
//
// Each reader has a cursor of its own, so that none acknowledges another's mail away: read twice rather than lost. A
// mailbox keeps its last 1000 messages; a further one takes the place of the oldest, once everybody who reads there has
// acknowledged that. Keys of the store: `mail/<box>/<position>`, `mail-last/<box>`, `mail-read/<box>` (up to where
// messages are no longer kept), `mail-reader/<box>/<digest of who it is>`.
#include <algorithm>

#include "software-delivery/evidence.h"
#include "software-delivery/tools.h"

namespace lumenflow::software_delivery {
namespace {

constexpr std::int64_t kKeptMax = 1'000;
constexpr std::size_t kReadersMax = 100;
// Whoever has not looked for so long holds nobody up; what goes meanwhile is counted and told.
constexpr std::int64_t kPatienceMs = 7 * 24 * 3'600'000LL;

std::string key_of(const std::string& box, std::int64_t position) {
  const std::string digits = std::to_string(position);
  return "mail/" + box + "/" + std::string(20 - digits.size(), '0') + digits;
}

std::string readers_of(const std::string& box) { return "mail-reader/" + box + "/"; }

Answer<std::int64_t> last_position(pack::Store& store, const std::string& key) {
  const Result<std::optional<json::Value>> found = store.get(key);
  if (!found.ok()) return found.error();
  return *found ? (*found)->as_integer() : 0;
}

struct Reader {
  std::string name;          // for people
  std::int64_t read = 0;     // acknowledged up to here
  std::int64_t given = 0;    // shown up to here
  std::int64_t seen_ms = 0;  // when it last looked
};

Reader reader_of(const json::Value& record) {
  return {std::string(json::string_or(record, "name", "")), json::integer_or(record, "read", 0),
          json::integer_or(record, "given", 0), json::integer_or(record, "seen_ms", 0)};
}

json::Value to_json(const Reader& reader) {
  return json::Object{
      {"name", reader.name}, {"read", reader.read}, {"given", reader.given}, {"seen_ms", reader.seen_ms}};
}

// By whom the call is made, never by what it says; a name tells apart the agents of one person.
struct Identity {
  std::string name, key;
};
Identity identity_of(Call& call) {
  const std::string actor = call.context.actor(), session = call.context.session(), name = call.text("reader");
  if (!name.empty()) return {name + ", of " + actor, sha256_hex_of("reader\n" + actor + "\n" + name)};
  if (!session.empty()) return {"session " + session, sha256_hex_of("session\n" + session)};
  return {actor, sha256_hex_of("actor\n" + actor)};
}

// One more reader than there may be takes the place of whoever has not looked for longest, who would begin anew.
Done make_room_for_a_reader(pack::Store& store, const std::string& box) {
  const Result<std::vector<pack::StoreItem>> readers = store.scan(readers_of(box), {}, kReadersMax);
  if (!readers.ok()) return readers.error();
  if (readers->size() < kReadersMax) return Nothing{};
  const auto idlest = std::ranges::min_element(
      *readers, {}, [](const pack::StoreItem& item) { return json::integer_or(item.value, "seen_ms", 0); });
  if (const Status erased = store.erase(idlest->key); !erased.ok()) return erased.error();
  return Nothing{};
}

// Takes the oldest message away, where all who read there have acknowledged it; MAILBOX_FULL.
Done make_room(Call& call, const std::string& box, std::int64_t& gone) {
  pack::Store& store = call.context.store();
  const Result<std::vector<pack::StoreItem>> readers = store.scan(readers_of(box), {}, kReadersMax);
  if (!readers.ok()) return readers.error();
  bool acknowledged = false;
  std::string waiting;
  for (const pack::StoreItem& item : *readers) {
    const Reader reader = reader_of(item.value);
    if (reader.read > gone)
      acknowledged = true;
    else if (reader.seen_ms + kPatienceMs > call.context.now_ms())
      waiting = reader.name;
  }
  if (!acknowledged || !waiting.empty())
    return refuse("MAILBOX_FULL", "'" + box + "' has 1000 messages, and the oldest was not acknowledged by " +
                                      (waiting.empty() ? "anybody" : waiting));
  if (const Status erased = store.erase(key_of(box, ++gone)); !erased.ok()) return erased.error();
  if (const Status put = store.put("mail-read/" + box, gone); !put.ok()) return put.error();
  return Nothing{};
}

// Done with up to there: as far as it was shown.
Done acknowledge(const std::string& box, std::int64_t up_to, std::int64_t last, Reader& reader) {
  if (up_to > last) return refuse("INVALID_INPUT", "'" + box + "' has no message " + std::to_string(up_to) + " yet");
  if (up_to > reader.given)
    return refuse("INVALID_INPUT", "you have not been shown the message " + std::to_string(up_to) + " of '" + box +
                                       "' yet: read it first");
  reader.read = std::max(reader.read, up_to);
  return Nothing{};
}

}  // namespace

Data signal_mailbox(Call& call) {
  pack::Store& store = call.context.store();
  const std::string box = call.text("mailbox");
  SD_TRY_ASSIGN(const std::int64_t last, last_position(store, "mail-last/" + box));
  SD_TRY_ASSIGN(std::int64_t gone, last_position(store, "mail-read/" + box));
  if (last - gone >= kKeptMax) SD_TRY(make_room(call, box, gone));
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
  SD_TRY_ASSIGN(const std::int64_t gone, last_position(store, "mail-read/" + box));
  const Identity identity = identity_of(call);
  const std::string key = readers_of(box) + identity.key;
  const Result<std::optional<json::Value>> found = store.get(key);
  if (!found.ok()) return found.error();
  if (!*found) SD_TRY(make_room_for_a_reader(store, box));
  Reader reader = *found ? reader_of(**found) : Reader{identity.name, gone, gone, 0};
  SD_TRY(acknowledge(box, json::integer_or(call.input, "acknowledge", 0), last, reader));
  const std::int64_t lost = std::max<std::int64_t>(0, gone - reader.read);
  reader.read = std::max(reader.read, gone);
  reader.seen_ms = call.context.now_ms();
  json::Array messages;
  const std::int64_t end = std::min(last, reader.read + json::integer_or(call.input, "limit", 20));
  for (std::int64_t each = reader.read + 1; each <= end; ++each) {
    const Result<std::optional<json::Value>> message = store.get(key_of(box, each));
    if (!message.ok()) return message.error();
    if (*message) messages.push_back(**message);
  }
  reader.given = std::max(reader.given, end);
  if (const Status put = store.put(key, to_json(reader)); !put.ok()) return put.error();
  json::Object out{
      {"mailbox", box}, {"reader", reader.name}, {"messages", std::move(messages)}, {"unread", last - reader.read}};
  if (lost > 0) out.set("lost", lost);
  return json::Value(std::move(out));
}

}  // namespace lumenflow::software_delivery
