// The schema of an event type's payload: found within the pack, read, and judged.
#include "catalogue/digest.h"
#include "catalogue/entry_reader.h"
#include "json/places.h"
#include "json/schema.h"

namespace lumenflow::catalogue {
namespace {

constexpr std::string_view kKey = "schema";

void report_unread(const EntryReader& entry, const std::string& path, const std::string& shown_file,
                   const Error& error) {
  const std::string name = "'" + path + "'";
  if (error.code() == ErrorCode::kInvalidInput)
    return entry.at("LF1069", kKey, "the schema " + name + " lies outside the pack",
                    "name a file inside the pack, relative to this one, that no symlink leads out of");
  if (error.code() == ErrorCode::kNotFound)
    return entry.at("LF1067", kKey, "there is no schema " + shown_file, "add the file, or correct the path");
  entry.at("LF1068", kKey, "the schema " + shown_file + " is no file that can be read",
           "name a file that holds a JSON Schema");
}

void report_invalid(const SourceText& source, const Error& error, Faults& faults) {
  const std::string help = "correct the schema; it is JSON Schema 2020-12";
  if (error.details().empty()) faults.of_file("LF1070", source.file, error.message(), help);
  for (const ErrorDetail& detail : error.details())
    faults.at("LF1070", source, detail.pointer, "the schema is not valid: " + detail.reason, help);
}

}  // namespace

std::string path_within(std::string_view folder, std::string_view path) {
  if (path.empty() || path.front() == '/' || path.find('\0') != std::string_view::npos ||
      path.find('\\') != std::string_view::npos)
    return {};
  std::vector<std::string_view> segments;
  for (const std::string_view part : {folder, path})
    for (std::size_t at = 0; at < part.size();) {
      const std::size_t end = std::min(part.find('/', at), part.size());
      const std::string_view segment = part.substr(at, end - at);
      at = end + 1;
      if (segment == ".." && segments.empty()) return {};
      if (segment == "..") segments.pop_back();
      if (!segment.empty() && segment != "." && segment != "..") segments.push_back(segment);
    }
  std::string out;
  for (const std::string_view segment : segments) out.append(out.empty() ? "" : "/").append(segment);
  return out;
}

void read_schema(const EntryReader& entry, const std::string& path, std::string_view folder,
                 std::string_view shown_root, const ReadFile& read, EventType& event, Faults& faults) {
  const std::string within = path_within(folder, path);
  if (within.empty())
    return report_unread(entry, path, path, Error(ErrorCode::kInvalidInput, "the path leads out of the folder"));
  SourceText source{std::string(shown_root) + within, {}};
  Result<std::string> text = read(within);
  if (!text.ok()) return report_unread(entry, path, source.file, text.error());
  source.text = *std::move(text);
  Result<json::Value> parsed = json::parse(source.text);
  if (!parsed.ok()) {
    json::TextPlace place = json::place_of_error(source.text, parsed.error());
    return faults.add({"LF1070", source.file, place.line, place.column,
                       "the schema is not JSON: " + json::reason_of_error(parsed.error()), "correct the text",
                       std::move(place.snippet)});
  }
  json::SchemaOptions options;
  options.assert_format = true;
  Result<json::Schema> compiled = json::Schema::compile(*parsed, options);
  if (!compiled.ok()) return report_invalid(source, compiled.error(), faults);
  Result<std::string> digest = schema_digest(*parsed);
  if (!digest.ok())
    return faults.of_file("LF1070", source.file, "the schema has no canonical form: " + digest.error().message(),
                          "write integers that fit 53 bits");
  event.schema_path = path;
  event.schema_digest = *std::move(digest);
  event.schema = std::make_shared<const json::Value>(*std::move(parsed));
  event.validator = std::make_shared<const json::Schema>(*std::move(compiled));
}

}  // namespace lumenflow::catalogue
