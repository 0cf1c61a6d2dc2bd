#include "hosts/secret_values.h"

#include <algorithm>
#include <utility>

namespace lumenflow::hosts {
namespace {

constexpr std::string_view kMask = "***";
constexpr std::size_t kValueBytesMin = 3;
constexpr std::size_t kLineBytesMin = 8;  // of a value of several lines: short ones are punctuation

void replace_all(std::string& text, std::string_view needle) {
  for (std::size_t at = 0; (at = text.find(needle, at)) != std::string::npos; at += kMask.size())
    text.replace(at, needle.size(), kMask);
}

}  // namespace

void SecretValues::add_needle(std::string needle) {
  if (std::ranges::find(needles_, needle) != needles_.end()) return;
  const auto shorter = [&](const std::string& other) { return other.size() < needle.size(); };
  needles_.insert(std::ranges::find_if(needles_, shorter), std::move(needle));
}

void SecretValues::add(std::string_view value) {
  if (value.size() < kValueBytesMin) return;
  const auto add_both = [&](std::string_view text) {
    add_needle(std::string(text));
    const std::string quoted = json::serialize(std::string(text));
    add_needle(quoted.substr(1, quoted.size() - 2));
  };
  const std::lock_guard lock(mutex_);
  if (std::ranges::find(needles_, value) != needles_.end()) return;
  add_both(value);
  while (value.find('\n') != std::string_view::npos || !value.empty()) {
    const std::size_t end = value.find('\n');
    if (std::string_view line = value.substr(0, end); line.size() >= kLineBytesMin) add_both(line);
    if (end == std::string_view::npos) return;
    value.remove_prefix(end + 1);
  }
}

std::string SecretValues::masked(std::string_view text) const {
  std::string out(text);
  const std::lock_guard lock(mutex_);
  for (const std::string& needle : needles_) replace_all(out, needle);
  return out;
}

json::Value SecretValues::masked_value(json::Value value) const {
  if (const std::string* text = value.if_string()) return masked(*text);
  if (const json::Array* array = value.if_array()) {
    json::Array out;
    for (const json::Value& item : *array) out.push_back(masked_value(item));
    return out;
  }
  if (const json::Object* object = value.if_object()) {
    json::Object out;
    for (const json::Member& member : *object) out.set(masked(member.key), masked_value(member.value));
    return out;
  }
  return value;
}

Error SecretValues::masked(const Error& error) const {
  std::vector<ErrorDetail> details;
  for (const ErrorDetail& detail : error.details()) details.push_back({masked(detail.pointer), masked(detail.reason)});
  return {error.code(), masked(error.message()), std::move(details)};
}

void SecretValues::mask_errors(Message& message) const {
  {
    const std::lock_guard lock(mutex_);
    if (needles_.empty()) return;
  }
  Message::Refusal& refusal = message.refusal;
  refusal.message = masked(refusal.message);
  refusal.details = masked_value(std::move(refusal.details));
  if (!message.body.is_object()) return;
  if (json::Value* error = message.body.as_object().find("error")) *error = masked_value(std::move(*error));
}

}  // namespace lumenflow::hosts
