#include "kernel/secret_keeper.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/secret_shapes.h"
#include "base/sha256.h"

namespace lumenflow::kernel {
namespace {

constexpr std::string_view kInstead = "[secret]";

std::string word_instead(std::string_view) { return std::string(kInstead); }

bool mask(json::Value& value);

// A signature, or a key's digest: never a secret, whatever it looks like.
bool is_public(const json::Member& member) {
  const std::string* const text = member.value.if_string();
  return text != nullptr && is_random_by_nature(member.key, *text);
}

bool mask_member(json::Member& member) {
  if (is_public(member)) return false;
  std::optional<std::string> key = replace_secrets(member.key, SecretSearch::kShapes, word_instead);
  if (key) member.key = *std::move(key);
  return mask(member.value) || key.has_value();
}

// Whether anything was replaced, in place.
bool mask(json::Value& value) {
  bool masked = false;
  if (const std::string* text = value.if_string()) {
    if (auto without = replace_secrets(*text, SecretSearch::kShapes, word_instead)) {
      value = json::Value(*std::move(without));
      return true;
    }
  } else if (value.is_array()) {
    for (json::Value& item : value.as_array()) masked = mask(item) || masked;
  } else if (value.is_object()) {
    for (json::Member& member : value.as_object()) masked = mask_member(member) || masked;
  }
  return masked;
}

// RFC 6901: `~1` is a slash, `~0` a tilde.
std::string unescaped(std::string_view pointer) {
  std::string out;
  for (std::size_t at = 0; at < pointer.size(); ++at) {
    const bool escape = pointer[at] == '~' && at + 1 < pointer.size();
    out += !escape ? pointer[at] : pointer[++at] == '1' ? '/' : '~';
  }
  return out;
}

bool has_secret(const json::Value& value) {
  if (const std::string* text = value.if_string()) return !find_secrets_in(*text, SecretSearch::kShapes).empty();
  if (const json::Array* items = value.if_array()) {
    for (const json::Value& item : *items)
      if (has_secret(item)) return true;
  } else if (const json::Object* members = value.if_object()) {
    for (const json::Member& member : *members)
      if (!is_public(member) &&
          (has_secret(member.value) || !find_secrets_in(member.key, SecretSearch::kShapes).empty()))
        return true;
  }
  return false;
}

void add_places(const json::Value& value, const std::string& pointer, std::vector<std::string>& places) {
  if (const std::string* text = value.if_string()) {
    if (!find_secrets_in(*text, SecretSearch::kShapes).empty()) places.push_back(pointer);
  } else if (const json::Array* items = value.if_array()) {
    for (std::size_t i = 0; i < items->size(); ++i) add_places((*items)[i], fmt::format("{}/{}", pointer, i), places);
  } else if (const json::Object* members = value.if_object()) {
    for (const json::Member& member : *members) {
      if (is_public(member)) continue;
      if (find_secrets_in(member.key, SecretSearch::kShapes).empty())
        add_places(member.value, pointer + "/" + json::escape_pointer_token(member.key), places);
      else
        places.push_back(pointer);
    }
  }
}

}  // namespace

std::vector<std::string> places_of_secrets(const json::Value& value) {
  std::vector<std::string> places;
  add_places(value, "", places);
  return places;
}

std::optional<std::string> input_without_secrets(std::string_view json, const std::string& hmac_key) {
  return replace_secrets(json, SecretSearch::kShapes, [&](std::string_view secret) {
    return "hmac-sha256:" + to_hex(hmac_sha256(hmac_key, secret));
  });
}

std::string choice_without_secrets(const std::string& text, const std::string& hmac_key) {
  std::optional<std::string> masked = input_without_secrets(text, hmac_key);
  return masked ? *std::move(masked) : text;
}

std::optional<std::string> result_without_secrets(std::string_view json) {
  return replace_secrets(json, SecretSearch::kShapes, word_instead);
}

std::optional<std::string> failure_without_secrets(std::string_view json) {
  return replace_secrets(json, SecretSearch::kAssignments, word_instead);
}

std::optional<json::Value> details_without_secrets(const json::Value& details) {
  const json::Array* items = details.if_array();
  if (items == nullptr) return std::nullopt;
  std::optional<json::Value> masked;
  for (std::size_t i = 0; i < items->size(); ++i) {
    const json::Value* pointer = (*items)[i].find("pointer");
    if (pointer == nullptr || !pointer->is_string()) continue;
    const std::optional<std::string> without =
        replace_secrets(unescaped(pointer->as_string()), SecretSearch::kAssignments, word_instead);
    if (!without) continue;
    if (!masked) masked = details;
    masked->as_array()[i].as_object().set("pointer", *without);
  }
  return masked;
}

std::optional<json::Value> payload_without_secrets(const json::Value& payload) {
  if (!has_secret(payload)) return std::nullopt;
  json::Value masked = payload;
  mask(masked);
  return masked;
}

}  // namespace lumenflow::kernel
