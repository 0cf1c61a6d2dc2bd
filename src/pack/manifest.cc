#include "pack/manifest.h"

#include <algorithm>

#include "pack/fields.h"
#include "pack/manifest_parts.h"
#include "pack/names.h"
#include "pack/yaml.h"

namespace lumenflow::pack {
namespace {

constexpr std::string_view kUnreadable = "LF1001";
constexpr FieldCodes kCodes{"LF1002", "LF1003", "LF1004"};
constexpr std::string_view kRuntimes[] = {"declarative", "builtin", "process", "mcp"};

bool read_document(const PackFiles& files, const std::string& display_path, YamlDocument& document,
                   Diagnostics& diagnostics) {
  Result<std::string> text = files.read("manifest.yaml");
  if (text.ok()) return parse_yaml(display_path, *std::move(text), kUnreadable, document, diagnostics);
  const ErrorCode code = text.error().code();
  if (code == ErrorCode::kNotFound) {
    diagnostics.add(kUnreadable, {display_path, 0, 0}, "there is no manifest.yaml",
                    "a pack is a folder with a manifest.yaml");
  } else if (code == ErrorCode::kBodyTooLarge) {
    diagnostics.add(kUnreadable, {display_path, 0, 0}, "the file is over 1 MiB");
  } else if (code == ErrorCode::kInvalidInput) {
    diagnostics.add("LF1042", {display_path, 0, 0}, "manifest.yaml resolves outside the pack",
                    "replace the symlink by the file");
  } else {
    diagnostics.add(kUnreadable, {display_path, 0, 0}, text.error().message());
  }
  return false;
}

// A slug that is well-formed and free; empty otherwise.
std::string read_slug(manifest_parts::Context& context, std::string_view key) {
  const std::string* slug = context.root.text(key);
  if (slug == nullptr) return {};
  const std::string pointer = context.root.pointer_to(key);
  if (!is_slug(*slug)) {
    context.report.bad(pointer, shown(json::Value(*slug)) + " is no pack " + std::string(key),
                       "lower-case words joined by single dashes, at most 64 characters: 'acme-demo'");
    return {};
  }
  if (is_reserved_slug(*slug)) {
    context.report.at("LF1005", pointer, "'" + *slug + "' is reserved", "choose another " + std::string(key));
    return {};
  }
  return *slug;
}

// What a mounted server has besides.
void read_mount(manifest_parts::Context& context, Fields& runtime) {
  const std::string* const definitions = runtime.text("definitions");
  if (definitions != nullptr)
    manifest_parts::read_referred(context, *definitions, runtime.pointer_to("definitions"), "LF1004");
  const std::string* const bearer = runtime.text("bearer_env");
  if (bearer != nullptr && !is_environment_name(*bearer))
    runtime.report().bad(runtime.pointer_to("bearer_env"),
                         shown(json::Value(*bearer)) + " is no name of an environment variable",
                         "name the variable that holds the token, like 'API_TOKEN'");
  if (bearer != nullptr && runtime.find("url") == nullptr)
    runtime.report().bad(runtime.pointer_to("bearer_env"), "a token is sent to a url, and the runtime has none",
                         "give a program its variables by 'required_env' of its tools");
  runtime.integer("instances", 1, 1, 64);
}

void read_command(Fields& runtime, RuntimeType type) {
  const bool has_command = runtime.find("command") != nullptr, has_url = runtime.find("url") != nullptr;
  const std::string pointer = runtime.pointer();
  const bool empty_command = has_command && runtime.texts("command").empty();
  if (const std::string* url = runtime.text("url");
      url && !url->starts_with("https://") && !url->starts_with("http://"))
    runtime.report().bad(runtime.pointer_to("url"), "the url must begin with https:// or http://");
  if (empty_command && runtime.list("command") != nullptr && runtime.list("command")->empty())
    runtime.report().bad(runtime.pointer_to("command"), "the command must name a program");
  if (type == RuntimeType::kProcess && has_url)
    runtime.report().bad(runtime.pointer_to("url"), "a process pack has no url");
  if (type == RuntimeType::kProcess && !has_command)
    runtime.report().at("LF1003", pointer, "a process runtime needs 'command'", "add 'command: [./server]'");
  if (type == RuntimeType::kMcp && has_command == has_url)
    runtime.report().at("LF1003", pointer, "an mcp runtime needs either 'command' or 'url'");
}

void read_runtime(manifest_parts::Context& context) {
  const json::Value* value = context.root.find("runtime");
  if (value == nullptr) return;
  context.manifest.runtime_options = *value;
  Fields runtime(context.report, *value, context.root.pointer_to("runtime"), "the runtime");
  runtime.require("type");
  const auto type = runtime.one_of("type", kRuntimes);
  context.manifest.runtime = RuntimeType::kBuiltin;  // so that an unknown one is not also said to have no code
  if (!type) return;
  context.manifest.runtime = static_cast<RuntimeType>(*type);
  if (context.manifest.runtime == RuntimeType::kProcess || context.manifest.runtime == RuntimeType::kMcp)
    read_command(runtime, context.manifest.runtime);
  if (context.manifest.runtime == RuntimeType::kMcp) read_mount(context, runtime);
  runtime.finish();
}

}  // namespace

std::string_view name(Permission permission) {
  switch (permission) {
    case Permission::kRead:
      return "read";
    case Permission::kWrite:
      return "write";
    case Permission::kAdmin:
      return "admin";
  }
  return "read";
}

namespace manifest_parts {

void read_identity(Context& context) {
  Manifest& manifest = context.manifest;
  context.root.require("id");
  manifest.id = read_slug(context, "id");
  manifest.slug = context.root.find("slug") != nullptr ? read_slug(context, "slug") : manifest.id;
  context.root.require("version");
  manifest.version = context.root.text_or("version");
  if (!manifest.version.empty() && !is_semantic_version(manifest.version))
    context.report.bad("/version", shown(json::Value(manifest.version)) + " is no semantic version",
                       "write 'MAJOR.MINOR.PATCH', like '1.0.0'");
  manifest.title = context.root.text_or("title");
  manifest.description = context.root.text_or("description");
  manifest.license = context.root.text_or("license");
  read_runtime(context);
}

}  // namespace manifest_parts

bool read_manifest(const PackFiles& files, const std::string& display_path, Diagnostics& diagnostics,
                   YamlDocument& document, Manifest& manifest) {
  if (!read_document(files, display_path, document, diagnostics)) return false;
  Diagnostics found;
  Report report(document, kCodes, found);
  Fields root(report, document.value, "", "a manifest");
  if (root.is_map()) {
    manifest_parts::Context context{report, files, root, manifest};
    manifest_parts::read_identity(context);
    manifest_parts::read_events(context);
    manifest_parts::read_tools(context);
    manifest_parts::read_content(context);
    manifest_parts::read_rules(context);
    root.finish();
    manifest.raw = document.value;
  }
  found.sort();
  diagnostics.append(found);
  return root.is_map();
}

std::optional<Manifest> parse_manifest(const PackFiles& files, const std::string& display_path,
                                       Diagnostics& diagnostics) {
  YamlDocument document;
  Diagnostics found;
  std::optional<Manifest> manifest(std::in_place);
  const bool readable = read_manifest(files, display_path, found, document, *manifest);
  diagnostics.append(found);
  if (!readable || found.has_errors()) return std::nullopt;
  return manifest;
}

}  // namespace lumenflow::pack
