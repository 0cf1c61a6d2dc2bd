#include "sidekick/storage/adopted_record.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "sidekick/constants.h"
#include "sidekick/storage/checksum.h"
#include "sidekick/tool_impl/time.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::string_view kBase32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kTimeDigits = 10;

bool is_id(Collection collection, std::string_view id) {
  const std::string_view prefix = id_prefix(collection);
  if (!id.starts_with(prefix) || id.size() != prefix.size() + kUlidSize) return false;
  return std::ranges::all_of(id.substr(prefix.size()),
                             [](char c) { return kBase32.find(c) != std::string_view::npos; });
}

std::int64_t time_of(const json::Value& record) {
  const Result<std::int64_t> created = parse_time(json::string_or(record, "created_at", {}));
  return created.ok() ? std::max<std::int64_t>(*created, 0) : 0;
}

std::string derived_id(Collection collection, const json::Value& record) {
  std::string ulid(kUlidSize, '0');
  auto time = static_cast<std::uint64_t>(time_of(record));
  for (std::size_t i = kTimeDigits; i-- > 0; time >>= 5) ulid[i] = kBase32[time & 31];
  const std::string hash = sha256_hex_of(json::string_or(record, "id", {}));
  for (std::size_t i = kTimeDigits; i < kUlidSize; ++i)  // 5 of the 8 bits that two digits make
    ulid[i] = kBase32[std::stoul(hash.substr(2 * (i - kTimeDigits), 2), nullptr, 16) & 31];
  return std::string(id_prefix(collection)) + ulid;
}

// Changes a record, and knows whether it did.
class Adoption {
 public:
  explicit Adoption(json::Value& record) : record_(record) {}
  json::Object& record_members() { return record_.as_object(); }
  const json::Value& value() const { return record_; }
  bool changed() const { return changed_; }

  void set(std::string_view member, json::Value value) {
    record_.as_object().set(member, std::move(value));
    changed_ = true;
  }
  void drop(std::string_view member) { changed_ = record_.as_object().erase(member) || changed_; }
  void want_text(std::string_view member, std::string_view fallback) {
    if (const json::Value* found = record_.find(member); found == nullptr || !found->is_string()) set(member, fallback);
  }
  void want_one_of(std::string_view member, std::initializer_list<std::string_view> words, std::string_view fallback) {
    if (std::ranges::find(words, json::string_or(record_, member, {})) == words.end()) set(member, fallback);
  }
  void want_list(std::string_view member) {
    if (const json::Value* found = record_.find(member); found == nullptr || !found->is_array())
      set(member, json::Array{});
  }
  void want_texts(std::string_view member) {
    want_list(member);
    const json::Array& list = record_.find(member)->as_array();
    json::Array texts;
    std::ranges::copy_if(list, std::back_inserter(texts), [](const json::Value& item) { return item.is_string(); });
    if (texts.size() != list.size()) set(member, std::move(texts));
  }
  void want_object(std::string_view member, json::Value fallback) {
    if (const json::Value* found = record_.find(member); found == nullptr || !found->is_object())
      set(member, std::move(fallback));
  }
  void want_boolean(std::string_view member, bool fallback) {
    if (const json::Value* found = record_.find(member); found == nullptr || !found->is_boolean())
      set(member, fallback);
  }
  void want_time(std::string_view member, std::string_view fallback) {
    if (!parse_time(json::string_or(record_, member, {})).ok()) set(member, fallback);
  }
  void drop_unless_time(std::string_view member) {
    if (record_.find(member) != nullptr && !parse_time(json::string_or(record_, member, {})).ok()) drop(member);
  }

 private:
  json::Value& record_;
  bool changed_ = false;
};

using Words = std::vector<std::string_view>;

// The members that records of a collection may have.
const Words& members_of(Collection collection) {
  static const Words kTask{"id",   "title",       "description", "status", "priority",   "tags",       "due_at",
                           "cron", "next_due_at", "last_due_at", "note",   "created_at", "updated_at", "completed_at"};
  static const Words kMemory{"id", "type", "content", "tags", "created_at"};
  static const Words kChannel{"id", "name", "type", "settings", "created_at", "updated_at"};
  static const Words kMessage{"id", "channel", "provider", "sender", "content", "metadata", "created_at", "delivery"};
  static const Words kRoutine{"id",      "name",        "steps",       "cron",       "on_event",
                              "enabled", "next_due_at", "last_due_at", "created_at", "updated_at"};
  switch (collection) {
    case Collection::kTasks:
      return kTask;
    case Collection::kMemories:
      return kMemory;
    case Collection::kChannels:
      return kChannel;
    case Collection::kMessages:
      return kMessage;
    case Collection::kRoutines:
      break;
  }
  return kRoutine;
}

void drop_strangers(Collection collection, Adoption& adoption) {
  const Words& known = members_of(collection);
  std::vector<std::string> strangers;
  for (const json::Member& member : adoption.record_members())
    if (std::ranges::find(known, member.key) == known.end()) strangers.push_back(member.key);
  for (const std::string& stranger : strangers) adoption.drop(stranger);
}

void complete(Collection collection, const std::string& old_id, Adoption& adoption) {
  switch (collection) {
    case Collection::kTasks:
      adoption.want_text("title", "(untitled)");
      adoption.want_one_of("status", {kStatusPending, kStatusDone}, kStatusPending);
      adoption.want_one_of("priority", {"P0", "P1", "P2", "P3"}, kPriorityDefault);
      adoption.want_texts("tags");
      break;
    case Collection::kMemories:
      adoption.want_one_of("type", {"fact", "preference", "note", "snippet"}, "note");
      adoption.want_text("content", "");
      adoption.want_texts("tags");
      break;
    case Collection::kChannels:
      adoption.want_text("name", old_id);
      adoption.want_one_of("type", {kTypeTerminal, "conductor", kTypeWebhook}, kTypeTerminal);
      adoption.want_object("settings", json::Object{});
      break;
    case Collection::kMessages:
      adoption.want_text("content", "");
      adoption.want_text("sender", kSenderDefault);
      adoption.want_text("provider", kTypeTerminal);
      adoption.want_object("delivery", json::Object{{"state", "stored"}});
      break;
    case Collection::kRoutines:
      adoption.want_text("name", old_id);
      adoption.want_list("steps");
      adoption.want_boolean("enabled", true);
      break;
  }
}

// The older layout named a message's channel by id.
void name_channel(const AdoptedNames& names, Adoption& adoption) {
  const auto channel = names.channels.find(json::string_or(adoption.value(), "channel_id", {}));
  adoption.want_text("channel", channel == names.channels.end() ? kChannelDefault : std::string_view(channel->second));
}

}  // namespace

bool adopt(Collection collection, json::Value& record, AdoptedNames& names) {
  Adoption adoption(record);
  const std::string old_id(json::string_or(record, "id", {}));
  if (!is_id(collection, old_id)) adoption.set("id", derived_id(collection, record));
  complete(collection, old_id, adoption);
  if (collection == Collection::kMessages) name_channel(names, adoption);
  adoption.want_time("created_at", format_time(0));
  const bool is_updated = collection != Collection::kMemories && collection != Collection::kMessages;
  if (is_updated) adoption.want_time("updated_at", json::string_or(record, "created_at", {}));
  for (const char* time : {"due_at", "next_due_at", "last_due_at", "completed_at"}) adoption.drop_unless_time(time);
  drop_strangers(collection, adoption);
  if (collection == Collection::kChannels) {
    const std::string name(json::string_or(record, "name", {}));
    names.channels.insert_or_assign(old_id, name);
    names.channels.insert_or_assign(std::string(json::string_or(record, "id", {})), name);
  }
  return adoption.changed();
}

}  // namespace lumenflow::sidekick
