#include "kernel/secret_keeper.h"

#include "base/encoding.h"
#include "base/secret_shapes.h"
#include "base/sha256.h"

namespace lumenflow::kernel {
namespace {

constexpr std::string_view kInstead = "[secret]";

std::string word_instead(std::string_view) { return std::string(kInstead); }

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
    for (json::Member& member : value.as_object()) masked = mask(member.value) || masked;
  }
  return masked;
}

bool has_secret(const json::Value& value) {
  if (const std::string* text = value.if_string()) return !find_secrets_in(*text, SecretSearch::kShapes).empty();
  if (const json::Array* items = value.if_array()) {
    for (const json::Value& item : *items)
      if (has_secret(item)) return true;
  } else if (const json::Object* members = value.if_object()) {
    for (const json::Member& member : *members)
      if (has_secret(member.value)) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> input_without_secrets(std::string_view json, const std::string& hmac_key) {
  return replace_secrets(json, SecretSearch::kShapes, [&](std::string_view secret) {
    return "hmac-sha256:" + to_hex(hmac_sha256(hmac_key, secret));
  });
}

std::optional<std::string> result_without_secrets(std::string_view json) {
  return replace_secrets(json, SecretSearch::kShapes, word_instead);
}

std::optional<std::string> failure_without_secrets(std::string_view json) {
  return replace_secrets(json, SecretSearch::kAssignments, word_instead);
}

std::optional<json::Value> payload_without_secrets(const json::Value& payload) {
  if (!has_secret(payload)) return std::nullopt;
  json::Value masked = payload;
  mask(masked);
  return masked;
}

}  // namespace lumenflow::kernel
