// The sections of lumenflow.yaml that packs own, judged by the packs' own schemas.
#include "base/secret_reference.h"
#include "kernel/config_sections.h"
#include "pack/scope.h"

namespace lumenflow::kernel::config_sections {
namespace {

using pack::child_pointer;

constexpr std::string_view kInvalid = "LF2011";
constexpr std::string_view kHostFormat = "network-allowlist-entry";

// The schema of the map at `pointer`, found by `properties` and `items` alone: good enough to guess what was meant.
const json::Value* schema_at(const json::Value& schema, std::string_view pointer) {
  const json::Value* at = &schema;
  while (at != nullptr && !pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string_view token = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(token.size());
    const json::Value* properties = at->find("properties");
    const json::Value* items = at->find("items");
    at = properties != nullptr ? properties->find(token) : items;
  }
  return at;
}

std::string did_you_mean(const json::Value& schema, std::string_view pointer) {
  const std::size_t slash = pointer.rfind('/');
  if (slash == std::string_view::npos) return {};
  const json::Value* parent = schema_at(schema, pointer.substr(0, slash));
  const json::Value* properties = parent == nullptr ? nullptr : parent->find("properties");
  if (properties == nullptr || !properties->is_object()) return {};
  std::vector<std::string_view> names;
  for (const json::Member& member : properties->as_object()) names.emplace_back(member.key);
  const auto meant = pack::nearest(pointer.substr(slash + 1), names);
  return meant ? "did you mean '" + *meant + "'?" : "remove it";
}

// The words of an `enum` of strings; empty when the schema at the pointer has none.
std::vector<std::string_view> words_at(const json::Value& schema, std::string_view pointer) {
  const json::Value* at = schema_at(schema, pointer);
  const json::Value* choices = at == nullptr ? nullptr : at->find("enum");
  std::vector<std::string_view> words;
  if (choices == nullptr || !choices->is_array()) return words;
  for (const json::Value& choice : choices->as_array())
    if (const std::string* word = choice.if_string()) words.emplace_back(*word);
  return words;
}

// Strings whose schema says `format: network-allowlist-entry` follow the rule of manifests' allowlist_entries, which
// JSON Schema has no word for.
void check_hosts(pack::Report& report, const json::Value& schema, const json::Value& value,
                 const std::string& pointer) {
  if (const std::string* entry = value.if_string(); entry && json::string_or(schema, "format", "") == kHostFormat) {
    if (const std::string fault = pack::allowlist_entry_fault(*entry); !fault.empty())
      report.at(kInvalid, pointer, pack::shown(value) + " " + fault,
                "write 'api.example.com', 'api.example.com:8443' or '10.0.0.0/8'");
  } else if (const json::Array* list = value.if_array()) {
    const json::Value* items = schema.find("items");
    for (std::size_t i = 0; items != nullptr && i < list->size(); ++i)
      check_hosts(report, *items, (*list)[i], child_pointer(pointer, i));
  } else if (const json::Object* object = value.if_object()) {
    const json::Value* properties = schema.find("properties");
    for (const json::Member& member : *object)
      if (const json::Value* own = properties == nullptr ? nullptr : properties->find(member.key))
        check_hosts(report, *own, member.value, child_pointer(pointer, member.key));
  }
}

// What the schema calls `writeOnly` stands as null in `marked`: it has to be a reference, whatever it looks like.
void find_literals(const json::Value& value, const json::Value& marked, const std::string& pointer,
                   std::vector<pack::SecretLiteral>& out) {
  if (marked.is_null() && value.is_string() && !value.as_string().empty()) {
    if (!is_secret_reference(value.as_string())) out.push_back({pointer, value.as_string()});
  } else if (const json::Array* list = value.if_array(); list != nullptr && marked.is_array()) {
    for (std::size_t i = 0; i < list->size(); ++i)
      find_literals((*list)[i], marked.as_array()[i], child_pointer(pointer, i), out);
  } else if (const json::Object* object = value.if_object(); object != nullptr && marked.is_object()) {
    for (const json::Member& member : *object)
      if (const json::Value* own = marked.find(member.key))
        find_literals(member.value, *own, child_pointer(pointer, member.key), out);
  }
}

void check_section(pack::Report& report, const pack::ConfigSection& section, const json::Value& value,
                   const std::string& pointer) {
  for (const ErrorDetail& detail : section.schema->validate(value)) {
    const std::string at = pointer + detail.pointer;
    const json::Value* written = value.at_pointer(detail.pointer);
    const std::vector<std::string_view> words = words_at(section.source, detail.pointer);
    const std::string name = "'" + section.key + detail.pointer + "' ";
    if (detail.reason == "is not allowed here")
      report.at_key(kInvalid, at, name + "is no setting of the pack", did_you_mean(section.source, detail.pointer));
    else if (!words.empty() && written != nullptr && written->is_string())
      report.not_one_of(kInvalid, at, written->as_string(), words);
    else
      report.at(kInvalid, at, name + detail.reason);
  }
  check_hosts(report, section.source, value, pointer);
}

}  // namespace

void read_pack_sections(Context& context, const std::vector<pack::ConfigSection>& sections) {
  for (const pack::ConfigSection& section : sections) {
    const std::size_t faults_before = context.report.faults();
    const json::Value* value = context.root.find(section.key);
    if (value == nullptr || context.refused_sections.contains(section.key)) continue;
    const std::string pointer = child_pointer("", section.key);
    const bool known = context.config.pack_sections.contains(section.key);  // its type has been judged
    if (!known && !value->is_object() && !value->is_array())
      context.report.wrong_type(pointer, "a map or a list", *value);
    if (section.schema != nullptr && context.report.faults() == faults_before)
      check_section(context.report, section, *value, pointer);
    if (section.schema != nullptr && section.schema->has_write_only())
      find_literals(*value, section.schema->redact_write_only(*value, [](const json::Value&) { return json::Value(); }),
                    pointer, context.secrets);
    context.config.pack_sections.insert_or_assign(section.key, *value);
  }
}

}  // namespace lumenflow::kernel::config_sections
