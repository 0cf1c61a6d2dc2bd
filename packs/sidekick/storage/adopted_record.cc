#include "sidekick/storage/adopted_record.h"

#include <algorithm>

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
  return std::ranges::all_of(id.substr(prefix.size()), [](char c) { return kBase32.find(c) != std::string_view::npos; });
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

class Adoption {
 public:
  explicit Adoption(json::Object& record) : record_(record) {}
  void set(std::string_view member, json::Value value) {
    record_.set(member, std::move(value));
    changed_ = true;
  }
  void want(std::string_view member, json::Value value) {
    if (!record_.contains(member)) set(member, std::move(value));
  }
  bool changed() const { return changed_; }

 private:
  json::Object& record_;
  bool changed_ = false;
};

void complete(Collection collection, const json::Value& record, Adoption& adoption) {
  switch (collection) {
    case Collection::kTasks:
      adoption.want("title", "");
      adoption.want("status", kStatusPending);
      adoption.want("priority", kPriorityDefault);
      adoption.want("tags", json::Array{});
      break;
    case Collection::kMemories:
      adoption.want("type", "note");
      adoption.want("content", "");
      adoption.want("tags", json::Array{});
      break;
    case Collection::kChannels:
      adoption.want("name", json::string_or(record, "id", {}));
      adoption.want("type", "terminal");
      break;
    case Collection::kMessages:
      adoption.want("content", "");
      adoption.want("sender", "assistant");
      break;
    case Collection::kRoutines:
      adoption.want("name", json::string_or(record, "id", {}));
      adoption.want("steps", json::Array{});
      adoption.want("enabled", true);
      break;
  }
}

}  // namespace

bool adopt(Collection collection, json::Value& record, AdoptedNames& names) {
  Adoption adoption(record.as_object());
  const std::string old_id(json::string_or(record, "id", {}));
  if (!is_id(collection, old_id)) adoption.set("id", derived_id(collection, record));
  complete(collection, record, adoption);
  std::string time(json::string_or(record, "created_at", {}));
  if (time.empty()) time = format_time(0);
  adoption.want("created_at", time);
  if (collection != Collection::kMessages) {
    std::string updated(json::string_or(record, "created_at", {}));
    adoption.want("updated_at", std::move(updated));
  }
  if (collection == Collection::kChannels) {
    const std::string name(json::string_or(record, "name", {}));
    names.channels.insert_or_assign(old_id, name);
    names.channels.insert_or_assign(std::string(json::string_or(record, "id", {})), name);
  }
  if (collection == Collection::kMessages) {  // the older layout named a message's channel by id
    const auto channel = names.channels.find(json::string_or(record, "channel_id", {}));
    if (record.find("channel") == nullptr)
      adoption.set("channel", channel == names.channels.end() ? std::string("default") : channel->second);
    if (record.find("channel_id") != nullptr) {
      record.as_object().erase("channel_id");
      adoption.set("channel", json::Value(std::string(json::string_or(record, "channel", {}))));
    }
  }
  return adoption.changed();
}

}  // namespace lumenflow::sidekick
