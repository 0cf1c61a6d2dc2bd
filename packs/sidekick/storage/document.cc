#include "sidekick/storage/document.h"

#include <charconv>
#include <utility>

#include "sidekick/constants.h"

namespace lumenflow::sidekick {
namespace {

constexpr json::ParseLimits kLimits{.depth_max = 256};

void take(json::Array& list, ReadDocument& document) {
  document.records.reserve(list.size());
  for (json::Value& item : list) {
    if (item.is_object())
      document.records.push_back(std::move(item));
    else
      document.dropped.push_back(json::serialize(item));
  }
}

// Behind the object that begins at `start`; nothing when it does not end.
std::optional<std::size_t> end_of_object(std::string_view text, std::size_t start) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = start; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return i + 1;
    }
  }
  return std::nullopt;
}

// Whole objects with an id of the collection's kind, wherever they stand.
void salvage(Collection collection, std::string_view text, ReadDocument& document) {
  const std::string_view prefix = id_prefix(collection);
  for (std::size_t at = text.find('{'); at != std::string_view::npos;) {
    std::size_t next = at + 1;
    if (const auto end = end_of_object(text, at)) {
      Result<json::Value> value = json::parse(text.substr(at, *end - at), kLimits);
      if (value.ok() && json::string_or(*value, "id", {}).starts_with(prefix)) {
        document.records.push_back(*std::move(value));
        next = *end;
      }
    }
    at = text.find('{', next);
  }
}

// The first number in the parser's message is the byte's.
std::uint64_t offset_in(const std::string& message) {
  const std::size_t digit = message.find_first_of("0123456789");
  std::uint64_t offset = 0;
  if (digit != std::string::npos) std::from_chars(message.data() + digit, message.data() + message.size(), offset);
  return offset;
}

}  // namespace

std::string write_document(Collection collection, const RecordTree& records) {
  std::string text = "{\n  \"version\": " + std::to_string(kDocumentVersion) + ",\n  \"";
  text.reserve(static_cast<std::size_t>(records.bytes() + records.size() * 8) + 64);
  text.append(name(collection)).append("\": [");
  const char* separator = "\n    ";
  records.ascend("", [&](const RecordTree::Item& item) {
    text.append(separator).append(item.text);
    separator = ",\n    ";
    return true;
  });
  return text.append(records.size() == 0 ? "]\n}\n" : "\n  ]\n}\n");
}

Result<ReadDocument> read_document(Collection collection, std::string_view text) {
  ReadDocument document;
  Result<json::Value> parsed = json::parse(text, kLimits);
  if (!parsed.ok()) {
    document.fault = ReadDocument::Fault{offset_in(parsed.error().message()), parsed.error().message()};
    salvage(collection, text, document);
    return document;
  }
  if (json::Array* list = parsed->if_array()) {
    document.older = true;
    take(*list, document);
    return document;
  }
  if (const json::Value* version = parsed->find("version");
      version != nullptr && version->is_number() && version->as_double() > kDocumentVersion)
    return Error(ErrorCode::kUnsupportedFormat, "version " + json::serialize(*version) +
                                                    " is newer than what this program knows (" +
                                                    std::to_string(kDocumentVersion) + "): use a newer one");
  json::Object* object = parsed->if_object();
  json::Value* list = object == nullptr ? nullptr : object->find(name(collection));
  if (list == nullptr || !list->is_array()) {
    document.fault = ReadDocument::Fault{0, "no list '" + std::string(name(collection)) + "' in it"};
    salvage(collection, text, document);
    return document;
  }
  take(list->as_array(), document);
  return document;
}

}  // namespace lumenflow::sidekick
