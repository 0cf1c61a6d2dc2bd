#include "agent-runtime/settings.h"

#include <algorithm>
#include <cstdlib>

namespace lumenflow::agent_runtime {
namespace {

std::string setting(const json::Value& map, std::string_view key) { return std::string(json::string_or(map, key, "")); }

std::optional<double> number(const json::Value& map, std::string_view key) {
  const json::Value* value = map.find(key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->as_double();
}

std::vector<std::string> texts(const json::Value& map, std::string_view key) {
  std::vector<std::string> out;
  if (const json::Value* list = map.find(key); list != nullptr && list->is_array())
    for (const json::Value& item : list->as_array())
      if (const std::string* word = item.if_string()) out.push_back(*word);
  return out;
}

// "90d", as the schema has it.
std::int64_t milliseconds(const std::string& text) {
  const std::int64_t count = std::atoll(text.c_str());
  switch (text.back()) {
    case 's':
      return count * 1'000;
    case 'm':
      return count * 60'000;
    case 'h':
      return count * 3'600'000;
    default:
      return count * 24 * 3'600'000;
  }
}

void lower(std::uint64_t& limit, const json::Value& asked, std::string_view key) {
  if (const auto value = number(asked, key); value && *value >= 0)
    limit = std::min(limit, static_cast<std::uint64_t>(*value));
}

}  // namespace

Limits narrowed(const Limits& limits, const json::Value& asked) {
  Limits out = limits;
  lower(out.turns, asked, "max_turns_per_session");
  lower(out.tool_calls, asked, "max_tool_calls_per_session");
  lower(out.input_bytes, asked, "max_input_bytes");
  if (const auto cost = number(asked, "max_cost_usd"))
    out.cost_usd = out.cost_usd ? std::min(*out.cost_usd, *cost) : *cost;
  if (const auto timeout = number(asked, "timeout_ms"))
    out.timeout_ms = std::min(out.timeout_ms.value_or(INT64_MAX), static_cast<std::int64_t>(*timeout));
  return out;
}

Settings read_settings(const json::Value& section) {
  Settings settings;
  settings.default_model = setting(section, "default_model");
  if (const json::Value* models = section.find("models"); models != nullptr && models->is_object())
    for (const json::Member& member : models->as_object()) {
      Model model;
      model.profile = member.key;
      model.provider = setting(member.value, "provider");
      model.model = setting(member.value, "model");
      model.base_url = setting(member.value, "base_url");
      model.base_url_env = setting(member.value, "base_url_env");
      model.api_key_env = setting(member.value, "api_key_env");
      if (const json::Value* price = member.value.find("price_usd_per_million_tokens")) {
        model.input_price = number(*price, "input");
        model.output_price = number(*price, "output");
      }
      settings.models.push_back(std::move(model));
    }
  if (const json::Value* intents = section.find("intents"); intents != nullptr && intents->is_object())
    for (const json::Member& member : intents->as_object())
      settings.intents.push_back({member.key, setting(member.value, "description")});
  if (const json::Value* limits = section.find("limits")) {
    const auto set = [&](std::uint64_t& limit, std::string_view key) {
      if (const auto value = number(*limits, key)) limit = static_cast<std::uint64_t>(*value);
    };
    set(settings.limits.turns, "max_turns_per_session");
    set(settings.limits.tool_calls, "max_tool_calls_per_session");
    set(settings.limits.input_bytes, "max_input_bytes");
    settings.limits.cost_usd = number(*limits, "max_cost_usd");
  }
  if (const json::Value* retention = section.find("session_retention")) {
    if (const std::string age = setting(*retention, "age"); !age.empty()) settings.retention.age_ms = milliseconds(age);
    settings.retention.count = static_cast<std::size_t>(
        json::integer_or(*retention, "count", static_cast<std::int64_t>(settings.retention.count)));
  }
  return settings;
}

std::vector<pack::Intent> intents_of(const json::Value& section) {
  std::vector<pack::Intent> out;
  if (const json::Value* intents = section.find("intents"); intents != nullptr && intents->is_object())
    for (const json::Member& member : intents->as_object())
      out.push_back({member.key, texts(member.value, "allow_tools"), texts(member.value, "approval_required_tools")});
  return out;
}

Result<Model> find_model(const Settings& settings, std::string_view profile) {
  std::string wanted(profile);
  if (wanted.empty()) wanted = settings.default_model;
  if (wanted.empty() && settings.models.size() == 1) wanted = settings.models.front().profile;
  if (wanted.empty())
    return Error(ErrorCode::kInvalidConfiguration,
                 settings.models.empty() ? "no model is configured: name one in agent_runtime.models"
                                         : "several models are configured: name one in agent_runtime.default_model");
  const auto found = std::ranges::find(settings.models, wanted, &Model::profile);
  if (found == settings.models.end())
    return Error(ErrorCode::kInvalidConfiguration, "agent_runtime.models has no '" + wanted + "'");
  return *found;
}

}  // namespace lumenflow::agent_runtime
