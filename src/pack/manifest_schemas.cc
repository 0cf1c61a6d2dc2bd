// Schemas and other files that a manifest refers to.
#include "pack/manifest_parts.h"

namespace lumenflow::pack::manifest_parts {
namespace {

constexpr std::string_view kBadSchema = "LF1024";

// The schema itself and, for messages, what stands before a place in it.
struct Source {
  json::Value value;
  std::string file;  // empty: inline
};

std::optional<Source> load(Context& context, const json::Value& value, const std::string& pointer) {
  if (value.is_object()) return Source{value, ""};
  const std::string* path = value.if_string();
  if (path == nullptr) {
    context.report.wrong_type(pointer, "a schema (a map) or the file that holds one", value);
    return std::nullopt;
  }
  const std::optional<std::string> text = read_referred(context, *path, pointer, kBadSchema);
  if (!text) return std::nullopt;
  Result<json::Value> parsed = json::parse(*text);
  if (parsed.ok()) return Source{*std::move(parsed), *path};
  context.report.at(kBadSchema, pointer, *path + " is not JSON: " + parsed.error().message());
  return std::nullopt;
}

void report_schema_error(Context& context, const Source& source, const std::string& pointer, const Error& error) {
  if (error.details().empty()) return context.report.at(kBadSchema, pointer, error.message());
  for (const ErrorDetail& detail : error.details()) {
    if (source.file.empty()) {
      context.report.at(kBadSchema, pointer + detail.pointer, "in the schema: " + detail.reason);
    } else {
      context.report.at(kBadSchema, pointer, source.file + " at '" + detail.pointer + "': " + detail.reason);
    }
  }
}

}  // namespace

std::optional<std::string> read_referred(Context& context, const std::string& path, const std::string& pointer,
                                         std::string_view missing_code) {
  Result<std::string> text = context.files.read(path);
  if (text.ok()) return *std::move(text);
  const std::string name = shown(json::Value(path));
  if (text.error().code() == ErrorCode::kInvalidInput) {
    context.report.at("LF1042", pointer, name + " resolves outside the pack",
                      "name a file inside the pack, relative to it");
  } else if (text.error().code() == ErrorCode::kNotFound) {
    context.report.at(missing_code, pointer, "the pack has no file " + name, "add the file, or correct the path");
  } else {
    context.report.at(missing_code, pointer, name + " cannot be read: " + text.error().message());
  }
  return std::nullopt;
}

std::optional<LoadedSchema> read_schema(Context& context, const json::Value& value, const std::string& pointer,
                                        bool object_root) {
  std::optional<Source> source = load(context, value, pointer);
  if (!source) return std::nullopt;
  const json::Value* type = source->value.find("type");
  if (object_root && (type == nullptr || *type != json::Value("object"))) {
    context.report.at(kBadSchema, pointer, "the schema's type must be object", "add 'type: object' to the schema");
    return std::nullopt;
  }
  json::SchemaOptions options;
  options.assert_format = true;
  Result<json::Schema> schema = json::Schema::compile(source->value, options);
  if (!schema.ok()) {
    report_schema_error(context, *source, pointer, schema.error());
    return std::nullopt;
  }
  return LoadedSchema{std::move(source->value), std::make_shared<const json::Schema>(*std::move(schema))};
}

}  // namespace lumenflow::pack::manifest_parts
