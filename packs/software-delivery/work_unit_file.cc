#include "software-delivery/work_unit_file.h"

#include <libfyaml.h>

#include <cstdlib>
#include <memory>
#include <optional>

namespace lumenflow::software_delivery {
namespace {

constexpr std::size_t kFileBytesMax = 64 * 1024;
constexpr std::size_t kFilesMax = 10'000;

struct Destroy {
  void operator()(fy_document* document) const { ::fy_document_destroy(document); }
  void operator()(char* text) const { std::free(text); }
};

std::string path_of(const std::string& id) { return "wu/" + id + ".yaml"; }

// One document without anchors, as JSON. Nothing: it is not that.
std::optional<json::Value> parse_yaml(const std::string& text) {
  fy_parse_cfg config{};
  config.flags = static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_DISABLE_RECYCLING);
  const std::unique_ptr<fy_document, Destroy> document(
      ::fy_document_build_from_string(&config, text.data(), text.size()));
  if (document == nullptr || ::fy_document_root(document.get()) == nullptr) return std::nullopt;
  const std::unique_ptr<char, Destroy> as_json(
      ::fy_emit_document_to_string(document.get(), static_cast<fy_emitter_cfg_flags>(FYECF_MODE_JSON_ONELINE)));
  if (as_json == nullptr) return std::nullopt;
  Result<json::Value> value = json::parse(as_json.get());
  return value.ok() ? std::optional(*std::move(value)) : std::nullopt;
}

void append_list(std::string& out, const std::string& key, const std::vector<std::string>& texts) {
  if (texts.empty()) {
    out += key + ": []\n";
    return;
  }
  out += key + ":\n";
  for (const std::string& text : texts) out += "  - " + json::serialize(text) + "\n";
}

Answer<WorkUnit> parse_file(const std::string& id, const std::string& text) {
  const std::optional<json::Value> value = parse_yaml(text);
  if (!value) return refuse("INVALID_WORK_UNIT", path_of(id) + " is not one YAML document without aliases");
  Answer<WorkUnit> read = work_unit_from_json(*value);
  if (!read.ok()) return refuse(read.refusal().code, path_of(id) + ": " + read.refusal().message);
  if (read->id != id) return refuse("INVALID_WORK_UNIT", path_of(id) + " says that it is " + read->id);
  return read;
}

}  // namespace

// A JSON text is a YAML text in double quotes.
std::string yaml_of(const WorkUnit& work_unit) {
  std::string out = "id: " + work_unit.id + "\ntitle: " + json::serialize(work_unit.title) +
                    "\nlane: " + json::serialize(work_unit.lane) + "\ntype: " + json::serialize(work_unit.type) +
                    "\npriority: " + work_unit.priority + "\n";
  append_list(out, "acceptance", work_unit.acceptance);
  append_list(out, "code_paths", work_unit.code_paths);
  append_list(out, "depends_on", work_unit.depends_on);
  return out;
}

Answer<WorkUnit> read_work_unit(const Folder& folder, const std::string& id) {
  if (!is_work_unit_id(id)) return refuse("INVALID_INPUT", "'" + id + "' is no work unit's id; they are like WU-042");
  SD_TRY_ASSIGN(const std::optional<std::string> text, folder.read(path_of(id), kFileBytesMax));
  if (!text)
    return refuse("NOT_FOUND",
                  "there is no " + std::string(kFolder) + "/" + path_of(id) + "; wu:list shows what there is");
  return parse_file(id, *text);
}

Done write_work_unit(const Folder& folder, const WorkUnit& work_unit) {
  return folder.write(path_of(work_unit.id), yaml_of(work_unit), false);
}

Answer<Listed> list_work_units(const Folder& folder) {
  Listed out;
  SD_TRY_ASSIGN(const std::vector<std::string> names, folder.list("wu"));
  if (names.size() > kFilesMax)
    return refuse("PAYLOAD_TOO_LARGE", "there are more than 10000 files in .software-delivery/wu");
  for (const std::string& name : names) {
    if (!name.ends_with(".yaml")) continue;
    const std::string id = name.substr(0, name.size() - 5);
    Answer<WorkUnit> read = read_work_unit(folder, id);
    if (read.ok())
      out.work_units.push_back(std::move(*read));
    else
      out.problems.push_back(read.refusal().message);
  }
  return out;
}

}  // namespace lumenflow::software_delivery
