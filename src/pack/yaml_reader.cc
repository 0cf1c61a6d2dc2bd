#include "pack/yaml_reader.h"

#include <libfyaml.h>

#include <algorithm>

#include "pack/yaml_scalar.h"

namespace lumenflow::pack::yaml {
namespace {

// What a document may grow to, alias expansions and the bookkeeping of places included: a bomb ends here.
constexpr std::size_t kNodesMax = 100'000;
constexpr std::size_t kBytesMax = 32 * 1024 * 1024;
constexpr std::string_view kCoreTags = "tag:yaml.org,2002:";

std::string_view text_of(fy_token* token) {
  if (token == nullptr) return {};
  std::size_t size = 0;
  const char* text = fy_token_get_text(token, &size);
  return text == nullptr ? std::string_view() : std::string_view(text, size);
}

bool is_quoted(const fy_event& event) {
  if (event.type != FYET_SCALAR) return false;
  const fy_scalar_style style = fy_token_scalar_style(event.scalar.value);
  return style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
}

bool kind_has_tag(json::Kind kind, std::string_view tag) {
  switch (kind) {
    case json::Kind::kNull:
      return tag == "null";
    case json::Kind::kBoolean:
      return tag == "bool";
    case json::Kind::kInteger:
    case json::Kind::kUnsigned:
    case json::Kind::kBigInteger:
      return tag == "int" || tag == "float";
    case json::Kind::kDouble:
      return tag == "float";
    default:
      return false;
  }
}

}  // namespace

void Reader::report(int line, int column, std::string message, std::string help) {
  faultless_ = false;
  const int lines = static_cast<int>(out_.line_starts.size());
  SourcePlace place{out_.file, std::clamp(line, 1, std::max(lines, 1)), std::max(column, 1)};
  std::string snippet = out_.line_at(place);
  diagnostics_.add(code_, std::move(place), std::move(message), std::move(help), std::move(snippet));
}

bool Reader::take(fy_event& event) {
  if (const fy_mark* mark = fy_event_start_mark(&event)) {
    // libfyaml marks quoted text and aliases behind their first character.
    const std::size_t before = mark->input_pos - 1;
    const bool late = mark->input_pos > 0 && before < out_.text.size() && mark->column > 0 &&
                      (event.type == FYET_ALIAS || is_quoted(event)) &&
                      std::string_view("*\"'").find(out_.text[before]) != std::string_view::npos;
    // An empty block scalar at the end of the text is marked behind the last line.
    line_ = std::min(mark->line + 1, static_cast<int>(out_.line_starts.size()));
    column_ = mark->column + (late ? 0 : 1);
  }
  switch (event.type) {
    case FYET_DOCUMENT_START:
      if (saw_document_) {
        report(line_, column_, "a second document begins here", "keep one document: remove the `---` and what follows");
        return false;
      }
      saw_document_ = true;
      return true;
    case FYET_SCALAR:
      return scalar(event);
    case FYET_ALIAS:
      return alias(event);
    case FYET_SEQUENCE_START:
      return open(json::Array{}, event.sequence_start.anchor, event.sequence_start.tag);
    case FYET_MAPPING_START:
      return open(json::Object{}, event.mapping_start.anchor, event.mapping_start.tag);
    case FYET_SEQUENCE_END:
    case FYET_MAPPING_END:
      return close();
    default:
      return true;
  }
}

bool Reader::forgets_value() const {
  if (frames_.empty()) return false;
  const Frame& frame = frames_.back();
  return frame.forgotten || frame.expects_key || (frame.value.is_object() && !frame.key);
}

void Reader::refuse_key(std::string why, std::string help) {
  report(line_, column_, std::move(why), std::move(help));
  frames_.back().expects_key = false;
}

void Reader::take_key(std::string key) {
  Frame& frame = frames_.back();
  frame.expects_key = false;
  const std::string pointer = pointer_ + "/" + json::escape_pointer_token(key);
  if (!frame.keys.insert(key).second) {
    const SourcePlace first = out_.place_of_key(pointer);
    report(line_, column_, "the key '" + key + "' stands twice in one map",
           "it stood first in line " + std::to_string(first.line) + "; keep one of the two");
    return;
  }
  if (!frame.forgotten) out_.places.emplace(pointer + "#key", SourcePlace{out_.file, line_, column_});
  frame.key = std::move(key);
}

void Reader::enter_value() {
  if (!frames_.empty()) {
    const Frame& frame = frames_.back();
    pointer_ += '/';
    if (const json::Array* array = frame.value.if_array()) {
      pointer_ += std::to_string(array->size());
    } else if (frame.key) {
      pointer_ += json::escape_pointer_token(*frame.key);
    }
  }
  if (!forgets_value()) out_.places.emplace(pointer_, SourcePlace{out_.file, line_, column_});
}

void Reader::deliver(json::Value value, std::size_t pointer_size) {
  pointer_.resize(pointer_size);
  if (frames_.empty()) {
    out_.value = std::move(value);
    return;
  }
  Frame& frame = frames_.back();
  if (json::Array* array = frame.value.if_array()) {
    array->push_back(std::move(value));
    return;
  }
  if (frame.key) frame.value.as_object().append(*std::move(frame.key), std::move(value));
  frame.key.reset();
  frame.expects_key = true;
}

bool Reader::charge(std::size_t nodes, std::size_t bytes) {
  nodes_ += nodes;
  bytes_ += bytes;
  if (nodes_ <= kNodesMax && bytes_ <= kBytesMax) return true;
  report(line_, column_, "the document grows beyond what is read, aliases expanded",
         "at most " + std::to_string(kNodesMax) + " values; write out less, or move parts into files of their own");
  return false;
}

void Reader::check_tag(fy_token* tag, std::string_view what) {
  const std::string_view text = text_of(tag);
  if (text.empty() || text == "!" || (text.starts_with(kCoreTags) && text.substr(kCoreTags.size()) == what)) return;
  report(line_, column_, "the tag '" + std::string(text) + "' has no meaning here", "remove it");
}

std::string Reader::scalar_text(fy_token* token) const {
  if (fy_token_scalar_style(token) != FYSS_SINGLE_QUOTED) return std::string(text_of(token));
  const fy_mark* mark = fy_token_start_mark(token);
  return mark == nullptr ? std::string() : unquote_single(out_.text, mark->input_pos);
}

json::Value Reader::scalar_value(std::string_view text, bool plain, std::string_view tag) {
  if (tag.empty() ? !plain : tag == "!" || tag == "tag:yaml.org,2002:str") return text;
  std::string why;
  std::optional<json::Value> value = resolve_plain(text, why);
  if (!value) report(line_, column_, why, "put it between quotes if it is meant as text");
  const bool tag_fits = tag.empty() || !value ||
                        (tag.starts_with(kCoreTags) && kind_has_tag(value->kind(), tag.substr(kCoreTags.size())));
  if (!tag_fits)
    report(line_, column_, "the tag '" + std::string(tag) + "' does not fit '" + std::string(text) + "'", "remove it");
  return value ? *std::move(value) : json::Value();
}

bool Reader::scalar(fy_event& event) {
  const std::string text = scalar_text(event.scalar.value);
  const bool plain = fy_token_scalar_style(event.scalar.value) == FYSS_PLAIN;
  json::Value value = scalar_value(text, plain, text_of(event.scalar.tag));
  const std::string anchor(text_of(event.scalar.anchor));
  if (!charge(1, text.size() + pointer_.size())) return false;
  if (!anchor.empty()) {
    if (!charge(0, text.size())) return false;
    anchors_.insert_or_assign(anchor, Anchor{value, 1, text.size(), 0, true});
  }
  if (expects_key()) {
    if (plain && text == "<<") {
      refuse_key("'<<' merges nothing: YAML 1.2 has no merge keys", "write the fields out");
    } else if (value.is_string()) {
      take_key(text);
    } else {
      refuse_key("a key must be a string");
    }
    return true;
  }
  const std::size_t pointer_size = pointer_.size();
  enter_value();
  deliver(std::move(value), pointer_size);
  return true;
}

bool Reader::alias(fy_event& event) {
  const std::string anchor(text_of(event.alias.anchor));
  if (expects_key()) {
    refuse_key("a key must be written out, not be an alias");
    return charge(1, 0);
  }
  const std::size_t pointer_size = pointer_.size();
  enter_value();
  const auto found = anchors_.find(anchor);
  json::Value value;
  if (found == anchors_.end()) {
    report(line_, column_, "the alias '*" + anchor + "' has no anchor before it",
           "define it with '&" + anchor + "' first");
  } else if (!found->second.complete) {
    report(line_, column_, "the alias '*" + anchor + "' stands inside what it refers to", "write the value out");
  } else if (frames_.size() + found->second.depth > kYamlDepthMax) {
    report(line_, column_, "values are nested deeper than " + std::to_string(kYamlDepthMax) + " levels");
    return false;
  } else {
    if (!charge(found->second.nodes, found->second.bytes)) return false;
    value = found->second.value;
    for (std::size_t i = 0; i < frames_.size(); ++i)
      frames_[i].depth = std::max(frames_[i].depth, frames_.size() - i + found->second.depth);
  }
  deliver(std::move(value), pointer_size);
  return charge(1, pointer_.size());
}

bool Reader::open(json::Value empty, fy_token* anchor, fy_token* tag) {
  check_tag(tag, empty.is_array() ? "seq" : "map");
  if (frames_.size() >= kYamlDepthMax) {
    report(line_, column_, "values are nested deeper than " + std::to_string(kYamlDepthMax) + " levels");
    return false;
  }
  Frame frame;
  frame.value = std::move(empty);
  frame.anchor = text_of(anchor);
  frame.pointer_size = pointer_.size();
  frame.nodes_before = nodes_;
  frame.bytes_before = bytes_;
  frame.expects_key = frame.value.is_object();
  frame.is_key = expects_key();
  frame.forgotten = forgets_value();
  if (frame.is_key) refuse_key("a key must be a string, not a list or a map");
  enter_value();
  if (!frame.anchor.empty()) anchors_.insert_or_assign(frame.anchor, Anchor{});
  frames_.push_back(std::move(frame));
  for (std::size_t i = 0; i < frames_.size(); ++i) frames_[i].depth = std::max(frames_[i].depth, frames_.size() - i);
  return charge(1, pointer_.size());
}

bool Reader::close() {
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  if (!frame.anchor.empty()) {
    const std::size_t nodes = nodes_ - frame.nodes_before, bytes = bytes_ - frame.bytes_before;
    if (!charge(0, bytes)) return false;
    anchors_.insert_or_assign(frame.anchor, Anchor{frame.value, nodes, bytes, frame.depth, true});
  }
  if (frame.is_key) {  // refused; its value is still to come
    pointer_.resize(frame.pointer_size);
    return true;
  }
  deliver(std::move(frame.value), frame.pointer_size);
  return true;
}

}  // namespace lumenflow::pack::yaml
