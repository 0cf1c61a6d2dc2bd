#include "mounts/yaml_text.h"

#include <libfyaml.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/check.h"

namespace lumenflow::mounts {
namespace {

struct Free {
  void operator()(fy_document* document) const { ::fy_document_destroy(document); }
  void operator()(char* text) const { std::free(text); }
};

// What any reader of YAML takes for a string though it is not quoted: letters first, and none of the words with which
// the revisions of YAML mean something else.
bool is_plain(std::string_view text) {
  constexpr std::array<std::string_view, 10> kWords{"true", "false", "null", "yes", "no",
                                                    "on",   "off",   "y",    "n",   "none"};
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (text.empty() || text.size() > 80 || !letter(text[0])) return false;
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [&](char c) { return letter(c) ? static_cast<char>(c | 0x20) : c; });
  if (std::ranges::find(kWords, lower) != kWords.end()) return false;
  return std::ranges::all_of(text, [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || std::string_view("_./-").find(c) != std::string_view::npos;
  });
}

// Null only when there is no memory.
fy_node* node_of(fy_document* document, const json::Value& value) {
  fy_node* node = nullptr;
  bool whole = true;
  if (const json::Object* object = value.if_object(); object != nullptr && !object->empty()) {
    node = ::fy_node_create_mapping(document);
    for (const json::Member& member : *object)
      whole = whole && ::fy_node_mapping_append(node, node_of(document, json::Value(member.key)),
                                                node_of(document, member.value)) == 0;
  } else if (const json::Array* array = value.if_array(); array != nullptr && !array->empty()) {
    node = ::fy_node_create_sequence(document);
    for (const json::Value& item : *array)
      whole = whole && ::fy_node_sequence_append(node, node_of(document, item)) == 0;
  } else if (const std::string* text = value.if_string(); text != nullptr && is_plain(*text)) {
    node = ::fy_node_create_scalar_copy(document, text->data(), text->size());
  } else {  // a JSON text is a YAML text; a string stays in its quotes
    const std::string said = json::serialize(value);
    node = ::fy_node_build_from_malloc_string(document, ::strndup(said.data(), said.size()), said.size());
  }
  LUMENFLOW_CHECK(node != nullptr && whole);
  return node;
}

}  // namespace

std::string yaml_text(const json::Object& document) {
  const std::unique_ptr<fy_document, Free> tree(::fy_document_create(nullptr));
  LUMENFLOW_CHECK(tree != nullptr);
  ::fy_document_set_root(tree.get(), node_of(tree.get(), json::Value(document)));
  constexpr auto kForm =
      static_cast<fy_emitter_cfg_flags>(FYECF_MODE_BLOCK | FYECF_WIDTH_INF | FYECF_INDENT_2 | FYECF_STRIP_DOC);
  const std::unique_ptr<char, Free> text(::fy_emit_document_to_string(tree.get(), kForm));
  LUMENFLOW_CHECK(text != nullptr);
  return text.get();
}

}  // namespace lumenflow::mounts
