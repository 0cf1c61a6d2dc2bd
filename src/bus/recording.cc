#include "bus/recording.h"

#include <utility>

#include "base/encoding.h"
#include "bus/fact.h"
#include "bus/varint.h"
#include "json/canonical.h"

namespace lumenflow::bus {
namespace {

constexpr std::size_t kManifestHashBytes = 8;

Error malformed(std::string_view what) {
  return Error(ErrorCode::kInvalidInput, "the recording has a malformed " + std::string(what));
}

void append_text(std::string_view text, std::string& out) {
  append_varint(text.size(), out);
  out.append(text);
}

void append_hash(const Hash256& hash, std::string& out) { out.append(as_chars(hash)); }

class PayloadReader {
 public:
  explicit PayloadReader(std::string_view bytes) : bytes_(bytes) {}
  bool ok() const { return ok_; }
  bool done() const { return ok_ && bytes_.empty(); }
  std::uint64_t number() {
    std::uint64_t value = 0;
    const std::size_t used = ok_ ? read_varint(bytes_, value) : 0;
    if (used == 0) return ok_ = false, 0;
    bytes_.remove_prefix(used);
    return value;
  }
  // Of things of which each takes at least so many bytes: no more than there can be.
  std::uint64_t count(std::size_t bytes_each) {
    const std::uint64_t value = number();
    if (value > bytes_.size() / bytes_each) return ok_ = false, 0;
    return value;
  }
  std::string_view bytes(std::uint64_t size) {
    if (!ok_ || size > bytes_.size()) return ok_ = false, std::string_view();
    const std::string_view value = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return value;
  }
  std::string text() { return std::string(bytes(number())); }
  Hash256 hash() {
    Hash256 value{};
    const std::string_view from = bytes(value.size());
    if (ok_) std::copy(from.begin(), from.end(), reinterpret_cast<char*>(value.data()));
    return value;
  }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

std::string payload_of(const Frame& frame) {
  std::string out;
  out.reserve(128 + frame.ingress.size() + frame.rows.size() * 1'024);
  append_varint(frame.tick, out);
  out.append(frame.manifest_hash);
  append_varint(zigzag(frame.issued_at), out);
  append_varint(frame.events.size(), out);
  for (const FrameEvent& event : frame.events) {
    append_varint(event.order, out);
    append_varint(event.channel, out);
    append_text(event.type, out);
    append_text(event.payload, out);
  }
  append_text(frame.ingress, out);
  append_varint(frame.rows.size(), out);
  for (const FrameRow& row : frame.rows) {
    append_varint(row.first, out);
    append_varint(row.entries.size(), out);
    for (const std::string& entry : row.entries) append_text(entry, out);
    append_hash(row.body, out);
  }
  append_hash(frame.writes, out);
  return out;
}

Result<RecordingBlock> read_frame(std::string_view payload) {
  PayloadReader in(payload);
  Frame frame;
  frame.tick = in.number();
  frame.manifest_hash = in.bytes(kManifestHashBytes);
  frame.issued_at = unzigzag(in.number());
  frame.events.resize(in.count(4));
  for (FrameEvent& event : frame.events) {
    event.order = in.number();
    const std::uint64_t channel = in.number();
    if (channel > UINT32_MAX) return malformed("bus channel");
    event.channel = static_cast<std::uint32_t>(channel);
    event.type = in.text();
    event.payload = in.text();
    if (!is_valid_utf8(event.type)) return malformed("event");
  }
  frame.ingress = in.text();
  frame.rows.resize(in.count(34));
  for (FrameRow& row : frame.rows) {
    row.first = in.number();
    row.entries.resize(in.count(1));
    for (std::string& entry : row.entries) entry = in.text();
    row.body = in.hash();
  }
  frame.writes = in.hash();
  if (!in.done() || !is_valid_utf8(frame.manifest_hash)) return malformed("frame");
  return RecordingBlock(std::move(frame));
}

std::string payload_of(const Checkpoint& checkpoint) {
  std::string out;
  append_varint(checkpoint.tick, out);
  append_hash(checkpoint.state, out);
  append_text(checkpoint.manifest_hash, out);
  append_text(checkpoint.contract_digest, out);
  return out;
}

Result<RecordingBlock> read_checkpoint(std::string_view payload) {
  PayloadReader in(payload);
  Checkpoint checkpoint;
  checkpoint.tick = in.number();
  checkpoint.state = in.hash();
  checkpoint.manifest_hash = in.text();
  checkpoint.contract_digest = in.text();
  if (!in.done()) return malformed("checkpoint");
  return RecordingBlock(std::move(checkpoint));
}

Result<json::Value> canonical_document(std::string_view payload, std::string_view what) {
  const Result<json::Value> document = json::parse(payload, {.depth_max = 128});
  if (!document.ok() || !document->is_object()) return malformed(what);
  const Result<std::string> text = json::canonical(*document);
  if (!text.ok() || *text != payload) return malformed(what);
  return document;
}

Result<RecordingBlock> read_end(std::string_view payload) {
  LUMENFLOW_TRY_ASSIGN(const json::Value document, canonical_document(payload, "end"));
  RecordingEnd end;
  end.frames = static_cast<std::uint64_t>(json::integer_or(document, "frames", 0));
  end.reason = json::string_or(document, "reason", "");
  const json::Value* missing = document.find("not_captured");
  if (missing == nullptr || !missing->is_array()) return malformed("end");
  for (const json::Value& what : missing->as_array()) {
    if (!what.is_string()) return malformed("end");
    end.not_captured.push_back(what.as_string());
  }
  return RecordingBlock(std::move(end));
}

// JSON as JSON where that says all of it, else as text.
json::Value document_or_text(std::string_view text) {
  Result<json::Value> parsed = json::parse(text, {.depth_max = 128});
  const bool is_text_form =
      parsed.ok() && parsed->is_object() && parsed->as_object().size() == 1 && parsed->find("text") != nullptr;
  if (parsed.ok() && !is_text_form && (parsed->is_object() || parsed->is_array()))
    if (const Result<std::string> again = json::canonical(*parsed); again.ok() && *again == text)
      return *std::move(parsed);
  return json::Object{{"text", text_to_json(text)}};
}

std::optional<std::string> from_document_or_text(const json::Value& value) {
  if (value.is_object() && value.as_object().size() == 1)
    if (const json::Value* text = value.find("text")) return text_from_json(*text);
  const Result<std::string> text = json::canonical(value);
  return text.ok() ? std::optional(*text) : std::nullopt;
}

bool read_hash(const json::Value& object, std::string_view member, Hash256& out) {
  const auto bytes = from_hex(json::string_or(object, member, ""));
  if (!bytes || bytes->size() != out.size()) return false;
  std::copy(bytes->begin(), bytes->end(), reinterpret_cast<char*>(out.data()));
  return true;
}

std::uint64_t unsigned_member(const json::Value& object, std::string_view member) {
  const json::Value* found = object.find(member);
  if (found != nullptr && found->if_unsigned() != nullptr) return *found->if_unsigned();
  return static_cast<std::uint64_t>(json::integer_or(object, member, 0));
}

const json::Array* array_member(const json::Value& object, std::string_view member) {
  const json::Value* found = object.find(member);
  return found == nullptr ? nullptr : found->if_array();
}

}  // namespace

std::string encode(const RecordingBlock& block) {
  if (const auto* frame = std::get_if<Frame>(&block)) return payload_of(*frame);
  if (const auto* checkpoint = std::get_if<Checkpoint>(&block)) return payload_of(*checkpoint);
  if (const auto* header = std::get_if<RecordingHeader>(&block))
    return json::canonical(header->document).value_or(std::string("{}"));
  return json::canonical(to_json(std::get<RecordingEnd>(block))).value_or(std::string("{}"));
}

Result<RecordingBlock> decode_block(std::uint8_t type, std::string_view payload) {
  switch (type) {
    case 0: {
      LUMENFLOW_TRY_ASSIGN(json::Value document, canonical_document(payload, "header"));
      return RecordingBlock(RecordingHeader{std::move(document)});
    }
    case 1:
      return read_frame(payload);
    case 2:
      return read_checkpoint(payload);
    case 3:
      return read_end(payload);
    default:
      return malformed("block");
  }
}

Result<json::Value> to_json(const Frame& frame) {
  json::Array events, rows;
  for (const FrameEvent& event : frame.events)
    events.push_back(json::Object{{"dispatch_order", event.order},
                                  {"channel", std::int64_t{event.channel}},
                                  {"type", event.type},
                                  {"payload", document_or_text(event.payload)}});
  for (const FrameRow& row : frame.rows) {
    json::Array entries;
    for (const std::string& entry : row.entries) entries.push_back(document_or_text(entry));
    rows.push_back(
        json::Object{{"position", row.first}, {"entries", std::move(entries)}, {"body_sha256", to_hex(row.body)}});
  }
  LUMENFLOW_TRY_ASSIGN(json::Array ingress, facts_to_json(frame.ingress));
  return json::Value(json::Object{{"tick", frame.tick},
                                  {"manifest_hash", frame.manifest_hash},
                                  {"issued_at", frame.issued_at},
                                  {"ingress", std::move(ingress)},
                                  {"events", std::move(events)},
                                  {"rows", std::move(rows)},
                                  {"writes_sha256", to_hex(frame.writes)}});
}

Result<Frame> frame_from_json(const json::Value& value) {
  Frame frame;
  frame.tick = unsigned_member(value, "tick");
  frame.manifest_hash = json::string_or(value, "manifest_hash", "");
  frame.issued_at = json::integer_or(value, "issued_at", 0);
  const json::Array *events = array_member(value, "events"), *rows = array_member(value, "rows");
  const json::Value* ingress = value.find("ingress");
  if (events == nullptr || rows == nullptr || ingress == nullptr || !read_hash(value, "writes_sha256", frame.writes))
    return malformed("frame");
  LUMENFLOW_TRY_ASSIGN(frame.ingress, facts_from_json(*ingress));
  for (const json::Value& from : *events) {
    const json::Value* payload = from.find("payload");
    const auto text = payload == nullptr ? std::nullopt : from_document_or_text(*payload);
    if (!text) return malformed("event");
    frame.events.push_back({unsigned_member(from, "dispatch_order"),
                            static_cast<std::uint32_t>(json::integer_or(from, "channel", 0)),
                            std::string(json::string_or(from, "type", "")), *text});
  }
  for (const json::Value& from : *rows) {
    FrameRow row;
    row.first = unsigned_member(from, "position");
    const json::Array* entries = array_member(from, "entries");
    if (entries == nullptr || !read_hash(from, "body_sha256", row.body)) return malformed("row");
    for (const json::Value& entry : *entries) {
      auto text = from_document_or_text(entry);
      if (!text) return malformed("entry");
      row.entries.push_back(*std::move(text));
    }
    frame.rows.push_back(std::move(row));
  }
  return frame;
}

json::Value to_json(const Checkpoint& checkpoint) {
  return json::Object{{"tick", checkpoint.tick},
                      {"state_sha256", to_hex(checkpoint.state)},
                      {"manifest_hash", checkpoint.manifest_hash},
                      {"contract_digest", checkpoint.contract_digest}};
}

json::Value to_json(const RecordingEnd& end) {
  return json::Object{{"frames", end.frames},
                      {"reason", end.reason},
                      {"not_captured", json::Array(end.not_captured.begin(), end.not_captured.end())}};
}

}  // namespace lumenflow::bus
