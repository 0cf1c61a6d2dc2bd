#include "sidekick/storage/adopted_record.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "sidekick/constants.h"
#include "sidekick/storage/checksum.h"
#include "sidekick/tool_impl/cron.h"
#include "sidekick/tool_impl/text.h"
#include "sidekick/tool_impl/time.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::string_view kBase32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kTimeDigits = 10;
constexpr std::size_t kShownBytes = 80;

bool is_id(Collection collection, std::string_view id) {
  const std::string_view prefix = id_prefix(collection);
  if (!id.starts_with(prefix) || id.size() != prefix.size() + kUlidSize) return false;
  return std::ranges::all_of(id.substr(prefix.size()),
                             [](char c) { return kBase32.find(c) != std::string_view::npos; });
}

std::int64_t time_in_id(std::string_view ulid) {
  std::int64_t ms = 0;
  for (const char digit : ulid.substr(0, kTimeDigits)) ms = ms * 32 + static_cast<std::int64_t>(kBase32.find(digit));
  return ms;
}

// What the record says, or its id, or the file that it is in.
std::int64_t time_of(Collection collection, const json::Value& record, const RecordOrigin& origin) {
  const Result<std::int64_t> created = parse_time(json::string_or(record, "created_at", {}));
  if (created.ok()) return std::max<std::int64_t>(*created, 0);
  const std::string_view id = json::string_or(record, "id", {});
  return is_id(collection, id) ? time_in_id(id.substr(id_prefix(collection).size())) : origin.edited_ms;
}

std::string derived_id(Collection collection, const json::Value& record, const RecordOrigin& origin) {
  std::string ulid(kUlidSize, '0');
  auto time = static_cast<std::uint64_t>(time_of(collection, record, origin));
  for (std::size_t i = kTimeDigits; i-- > 0; time >>= 5) ulid[i] = kBase32[time & 31];
  const std::string_view old_id = json::string_or(record, "id", {});
  const std::string hash =
      sha256_hex_of(old_id.empty() ? json::serialize(record) + "#" + std::to_string(origin.twin) : std::string(old_id));
  for (std::size_t i = kTimeDigits; i < kUlidSize; ++i)  // 5 of the 8 bits that two digits make
    ulid[i] = kBase32[std::stoul(hash.substr(2 * (i - kTimeDigits), 2), nullptr, 16) & 31];
  return std::string(id_prefix(collection)) + ulid;
}

// A value as a line of a report shows it.
std::string shown(const json::Value& value) {
  std::string text = json::serialize(value);
  if (text.size() > kShownBytes) {
    std::size_t end = kShownBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text.replace(end, std::string::npos, "…");
  }
  return text;
}

// Changes a record, and knows whether it did.
class Adoption {
 public:
  explicit Adoption(json::Value& record) : record_(record) {}
  json::Object& record_members() { return record_.as_object(); }
  const json::Value& value() const { return record_; }
  Adopted result() && { return std::move(result_); }

  void say(std::string what) { result_.said.push_back(std::move(what)); }
  void set(std::string_view member, json::Value value) {
    if (const json::Value* found = record_.find(member))
      say(std::string(member) + " " + shown(*found) + " became " + shown(value));
    record_.as_object().set(member, std::move(value));
    result_.changed = true;
  }
  void drop(std::string_view member) {
    const json::Value* found = record_.find(member);
    if (found == nullptr) return;
    say(std::string(member) + " " + shown(*found) + " was left out");
    record_.as_object().erase(member);
    result_.changed = true;
  }
  // Takes out what another member says now.
  void forget(std::string_view member) { result_.changed = record_.as_object().erase(member) || result_.changed; }
  void want_text(std::string_view member, std::string_view fallback) {
    if (const json::Value* found = record_.find(member); found == nullptr || !found->is_string()) set(member, fallback);
  }
  void want_visible_text(std::string_view member, std::string_view fallback) {
    if (!is_visible(json::string_or(record_, member, {}))) set(member, fallback);
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
  Adopted result_;
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
      adoption.want_visible_text("title", "(untitled)");
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
      adoption.want_visible_text("name", old_id.empty() ? "(unnamed)" : std::string_view(old_id));
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
      adoption.want_visible_text("name", old_id.empty() ? "(unnamed)" : std::string_view(old_id));
      adoption.want_list("steps");
      adoption.want_boolean("enabled", true);
      break;
  }
}

// The older layout named a message's channel by id.
void name_channel(Adoption& adoption, AdoptedNames& names) {
  const std::string id(json::string_or(adoption.value(), "channel_id", {}));
  const auto channel = names.channels.find(id);
  const bool is_named = !json::string_or(adoption.value(), "channel", {}).empty();
  if (channel != names.channels.end()) {
    adoption.want_visible_text("channel", channel->second);
    adoption.forget("channel_id");
  } else if (!is_named) {
    adoption.want_visible_text("channel", kChannelDefault);
    if (!names.default_since) names.default_since = json::string_or(adoption.value(), "created_at", {});
    if (!id.empty())
      adoption.say("no channel " + id + " is there; the message is in '" + std::string(kChannelDefault) + "'");
  }
}

// A schedule that is none goes; one without its next moment would never fall due.
void check_schedule(Adoption& adoption, std::int64_t from_ms) {
  const json::Value* given = adoption.value().find("cron");
  if (given == nullptr) return;
  const Result<CronSchedule> cron = CronSchedule::parse(json::string_or(adoption.value(), "cron", {}));
  const std::optional<std::int64_t> next_ms = cron.ok() ? cron->next_after(from_ms) : std::nullopt;
  if (!next_ms) return adoption.drop("cron");
  const bool is_over = json::string_or(adoption.value(), "status", {}) == kStatusDone ||
                       !json::boolean_or(adoption.value(), "enabled", true);
  if (!is_over && adoption.value().find("next_due_at") == nullptr) adoption.set("next_due_at", format_time(*next_ms));
}

}  // namespace

Adopted adopt(Collection collection, json::Value& record, const RecordOrigin& origin, AdoptedNames& names) {
  Adoption adoption(record);
  const std::string old_id(json::string_or(record, "id", {}));
  const std::int64_t created_ms = time_of(collection, record, origin);
  if (!is_id(collection, old_id)) adoption.set("id", derived_id(collection, record, origin));
  complete(collection, old_id, adoption);
  adoption.want_time("created_at", format_time(created_ms));
  if (collection == Collection::kMessages) name_channel(adoption, names);
  const bool is_updated = collection != Collection::kMemories && collection != Collection::kMessages;
  if (is_updated) adoption.want_time("updated_at", json::string_or(record, "created_at", {}));
  for (const char* time : {"due_at", "next_due_at", "last_due_at", "completed_at"}) adoption.drop_unless_time(time);
  drop_strangers(collection, adoption);
  if (collection == Collection::kTasks || collection == Collection::kRoutines)
    check_schedule(adoption, std::max(created_ms, origin.edited_ms));
  if (collection == Collection::kChannels) {
    const std::string name(json::string_or(record, "name", {}));
    names.channels.insert_or_assign(old_id, name);
    names.channels.insert_or_assign(std::string(json::string_or(record, "id", {})), name);
  }
  return std::move(adoption).result();
}

}  // namespace lumenflow::sidekick
