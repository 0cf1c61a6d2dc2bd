#include "mounts/definitions.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/encoding.h"
#include "json/canonical.h"

namespace lumenflow::mounts {
namespace {

constexpr std::size_t kNameBytesMax = 256;

Error unfit(std::string what) { return {ErrorCode::kInvalidOutput, std::move(what)}; }
Error damaged(std::string what) {
  return {ErrorCode::kInvalidConfiguration, "the accepted definitions: " + std::move(what)};
}

json::Value without(const json::Value& object, std::string_view key) {
  json::Object out = object.as_object();
  out.erase(key);
  return out;
}

Result<std::string> digest_of(const json::Value& stated) {
  LUMENFLOW_TRY_ASSIGN(const Hash256 hash, json::canonical_sha256(stated));
  return "sha256:" + to_hex(hash);
}

std::string shown(const json::Value* value, std::size_t bytes_max) {
  if (value == nullptr) return "nothing";
  std::string text;
  for (const char c : json::serialize(*value)) {  // what is beyond ASCII may turn a line around
    if (static_cast<unsigned char>(c) < 0x7f)
      text += c;
    else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80)
      text += '?';
    if (text.size() >= bytes_max) return text + "...";
  }
  return text;
}

std::vector<std::string> fields_that_differ(const json::Value& before, const json::Value& after) {
  std::vector<std::string> fields;
  for (const json::Member& member : before.as_object()) {
    const json::Value* now = after.find(member.key);
    if (now == nullptr || *now != member.value) fields.push_back(member.key);
  }
  for (const json::Member& member : after.as_object())
    if (before.find(member.key) == nullptr) fields.push_back(member.key);
  return fields;
}

Result<ToolDefinition> define(json::Value tool);

}  // namespace

Result<ToolDefinition> read_prompt_definition(json::Value prompt) {
  if (!prompt.is_object()) return unfit("a prompt is no object");
  const json::Value* const name = prompt.find("name");
  if (name == nullptr || !name->is_string() || name->as_string().empty())
    return unfit("a prompt's name is not a string of 1 to 256 bytes");
  std::string entry = std::string(kPromptEntry) + name->as_string();
  prompt.as_object().set("name", std::move(entry));
  return define(std::move(prompt));
}

Result<ToolDefinition> read_definition(json::Value tool) {
  if (!tool.is_object()) return unfit("a tool is no object");
  const std::string_view name = json::string_or(tool, "name", "");
  if (name.starts_with(kPromptEntry) || name == kResourceEntry)
    return unfit("the tool " + json::serialize(json::Value(name)) + " is called as something else is asked for");
  return define(std::move(tool));
}

namespace {

Result<ToolDefinition> define(json::Value tool) {
  const json::Value* const name = tool.find("name");
  if (name == nullptr || !name->is_string() || name->as_string().empty() || name->as_string().size() > kNameBytesMax)
    return unfit("a tool's name is not a string of 1 to 256 bytes");
  ToolDefinition out;
  out.name = name->as_string();
  out.stated = without(tool, "_meta");
  if (json::serialize(out.stated).size() > kDefinitionBytesMax)
    return unfit("the definition of the tool " + json::serialize(out.name) + " is over 256 KiB");
  Result<std::string> digest = digest_of(out.stated);
  if (!digest.ok())
    return unfit("the definition of the tool " + json::serialize(out.name) + ": " + digest.error().message());
  out.digest = *std::move(digest);
  return out;
}

}  // namespace

std::string digest_of_definition(const json::Value& stated) { return *digest_of(stated); }

const ToolDefinition* Definitions::find(std::string_view name) const {
  const auto found = std::ranges::find(tools, name, &ToolDefinition::name);
  return found == tools.end() ? nullptr : &*found;
}

std::string write_definitions(const Definitions& definitions) {
  json::Array tools;
  for (const ToolDefinition& tool : definitions.tools)
    tools.push_back(json::Object{{"digest", tool.digest}, {"definition", tool.stated}});
  return json::serialize_pretty(json::Object{{"format", kDefinitionsFormat},
                                             {"server", definitions.server},
                                             {"mounted_with", definitions.plan},
                                             {"tools", std::move(tools)}}) +
         "\n";
}

Result<Definitions> parse_definitions(std::string_view text) {
  Result<json::Value> parsed = json::parse(text, {.depth_max = 256});
  if (!parsed.ok()) return damaged(parsed.error().message());
  if (json::string_or(*parsed, "format", "") != kDefinitionsFormat)
    return damaged("the format is not " + std::string(kDefinitionsFormat));
  const json::Value* const tools = parsed->find("tools");
  if (tools == nullptr || !tools->is_array()) return damaged("there is no list of tools");
  Definitions out;
  if (const json::Value* server = parsed->find("server")) out.server = *server;
  if (const json::Value* plan = parsed->find("mounted_with")) out.plan = *plan;
  for (const json::Value& tool : tools->as_array()) {
    const json::Value* const definition = tool.find("definition");
    if (definition == nullptr) return damaged("a tool has no definition");
    Result<ToolDefinition> read = definition->is_object() ? define(*definition) : read_definition(*definition);
    if (!read.ok()) return damaged(read.error().message());
    if (read->digest != json::string_or(tool, "digest", ""))
      return damaged("the digest of the tool " + json::serialize(read->name) + " is not that of its definition");
    if (out.find(read->name) != nullptr) return damaged("the tool " + json::serialize(read->name) + " stands twice");
    out.tools.push_back(*std::move(read));
  }
  return out;
}

std::vector<Change> compare(const Definitions& accepted, const Definitions& found) {
  std::vector<Change> changes;
  std::set<std::string> explained;  // of the new names
  for (const ToolDefinition& was : accepted.tools) {
    const ToolDefinition* const now = found.find(was.name);
    if (now != nullptr) {
      if (now->digest != was.digest)
        changes.push_back({Change::Kind::kChanged, was.name, {}, fields_that_differ(was.stated, now->stated)});
      continue;
    }
    const auto same = std::ranges::find_if(found.tools, [&](const ToolDefinition& other) {
      return accepted.find(other.name) == nullptr && !explained.contains(other.name) &&
             without(other.stated, "name") == without(was.stated, "name");
    });
    if (same == found.tools.end()) {
      changes.push_back({Change::Kind::kRemoved, was.name, {}, {}});
    } else {
      explained.insert(same->name);
      changes.push_back({Change::Kind::kRenamed, was.name, same->name, {}});
    }
  }
  for (const ToolDefinition& now : found.tools)
    if (accepted.find(now.name) == nullptr && !explained.contains(now.name))
      changes.push_back({Change::Kind::kAdded, now.name, {}, {}});
  return changes;
}

std::string render(const std::vector<Change>& changes, const Definitions& accepted, const Definitions& found,
                   std::size_t line_bytes_max) {
  const std::size_t value_max = line_bytes_max / 2;
  std::string out;
  for (const Change& change : changes) {
    const json::Value name(change.name), renamed(change.renamed_to);
    switch (change.kind) {
      case Change::Kind::kAdded:
        out += "+ tool " + shown(&name, value_max) + " was added\n";
        out += "    description: " + shown(found.find(change.name)->stated.find("description"), value_max) + "\n";
        break;
      case Change::Kind::kRemoved:
        out += "- tool " + shown(&name, value_max) + " is gone\n";
        break;
      case Change::Kind::kRenamed:
        out += "~ tool " + shown(&name, value_max) + " is called " + shown(&renamed, value_max) + " now\n";
        break;
      case Change::Kind::kChanged:
        out += "~ tool " + shown(&name, value_max) + " was changed\n";
        for (const std::string& field : change.fields) {
          const json::Value key(field);
          out += "    " + shown(&key, 80) + "\n";
          out += "      - " + shown(accepted.find(change.name)->stated.find(field), line_bytes_max) + "\n";
          out += "      + " + shown(found.find(change.name)->stated.find(field), line_bytes_max) + "\n";
        }
        break;
    }
  }
  return out;
}

}  // namespace lumenflow::mounts
