// The envelope's members and their order stand here once; text and value are two sinks for them.
#include <algorithm>
#include <charconv>
#include <vector>

#include "base/check.h"
#include "event/event.h"
#include "json/canonical.h"

namespace lumenflow::event {
namespace {

struct Payload {
  const json::Value& value;
  std::string_view canonical;  // empty: not made yet
};

// Writes canonical JSON members into `out`.
class TextSink {
 public:
  explicit TextSink(std::string& out) : out_(out) { out_ += '{'; }
  void finish() { out_ += '}'; }

  void operator()(std::string_view key, std::string_view text) { json::append_canonical_string(text, member(key)); }
  void operator()(std::string_view key, std::uint64_t number) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    member(key).append(digits, end);
  }
  void operator()(std::string_view key, Timestamp time) {
    append_rfc3339(time, member(key) += '"');
    out_ += '"';
  }
  void operator()(std::string_view key, const Payload& payload) {
    std::string& out = member(key);
    if (payload.canonical.empty()) {
      LUMENFLOW_CHECK(json::canonical_to(payload.value, out).ok());
    } else {
      out += payload.canonical;
    }
  }

 private:
  // Keys are this module's or a flat kernel kind's, none of which needs an escape.
  std::string& member(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += key;
    return out_ += "\":";
  }

  std::string& out_;
  bool first_ = true;
};

class ValueSink {
 public:
  explicit ValueSink(json::Object& out) : out_(out) { out_.reserve(12); }
  void operator()(std::string_view key, std::string_view text) { out_.append(std::string(key), text); }
  void operator()(std::string_view key, std::uint64_t number) { out_.append(std::string(key), number); }
  void operator()(std::string_view key, Timestamp time) { out_.append(std::string(key), format_rfc3339(time)); }
  void operator()(std::string_view key, const Payload& payload) {
    const bool text_only = payload.value.is_null() && !payload.canonical.empty();
    out_.append(std::string(key), text_only ? *json::parse(payload.canonical) : payload.value);
  }

 private:
  json::Object& out_;
};

// Members of the envelope proper, in canonical order.
template <class Sink>
void write_members(const Event& event, const Stamp& stamp, bool with_payload, Sink& sink) {
  sink("channel", std::string_view(stamp.stream));
  sink("emitted_at", stamp.emitted_at);
  sink("event_id", std::string_view(event.event_id));
  if (stamp.expires_at) sink("expires_at", *stamp.expires_at);
  sink("from", std::string_view(stamp.from));
  sink("kind", std::string_view(event.kind));
  if (stamp.on_behalf_of) sink("on_behalf_of", std::string_view(*stamp.on_behalf_of));
  if (with_payload) sink("payload", Payload{event.payload, event.canonical_payload});
  if (stamp.queue_seq) sink("queue_seq", *stamp.queue_seq);
  sink("schema_version", static_cast<std::uint64_t>(event.schema_version));
  sink("seq", stamp.seq);
  sink("timestamp", event.timestamp);
  if (stamp.traceparent) sink("trace", std::string_view(*stamp.traceparent));
}

// Merges the members of a flat kind, whose names are ASCII, among those of the envelope.
template <class Sink>
class FlatMerge {
 public:
  FlatMerge(const json::Value& payload, Sink& sink) : sink_(sink) {
    for (const json::Member& member : payload.as_object()) waiting_.push_back(&member);
    std::sort(waiting_.begin(), waiting_.end(),
              [](const auto* a, const auto* b) { return a->key.compare(b->key) > 0; });
  }
  template <class Field>
  void operator()(std::string_view key, const Field& field) {
    write_until([&](const json::Member& member) { return member.key.compare(key) < 0; });
    sink_(key, field);
  }
  void finish() {
    write_until([](const json::Member&) { return true; });
  }

 private:
  template <class Due>
  void write_until(const Due& due) {
    for (; !waiting_.empty() && due(*waiting_.back()); waiting_.pop_back())
      sink_(waiting_.back()->key, Payload{waiting_.back()->value, {}});
  }

  std::vector<const json::Member*> waiting_;  // the next one last
  Sink& sink_;
};

template <class Sink>
void write_envelope(const Event& event, const Stamp& stamp, Sink& sink) {
  if (event.schema_version != 1) return write_members(event, stamp, true, sink);
  FlatMerge<Sink> merge(event.payload, sink);
  write_members(event, stamp, false, merge);
  merge.finish();
}

}  // namespace

void append_envelope(const Event& event, const Stamp& stamp, std::string& out) {
  out.reserve(out.size() + event.canonical_payload.size() + event.kind.size() + stamp.from.size() +
              stamp.stream.size() + 384);
  TextSink sink(out);
  write_envelope(event, stamp, sink);
  sink.finish();
}

json::Value envelope(const Event& event, const Stamp& stamp) {
  json::Object out;
  ValueSink sink(out);
  write_envelope(event, stamp, sink);
  return out;
}

}  // namespace lumenflow::event
