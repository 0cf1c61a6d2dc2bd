#include "kernel/raw_frame.h"

#include <utility>

#include "base/encoding.h"
#include "bus/payload.h"
#include "json/canonical.h"

namespace lumenflow::kernel {
namespace {

struct PayloadToJson {
  json::Value operator()(const json::Value& value) const { return value; }
  template <class E>
  json::Value operator()(const E& payload) const {
    return bus::json_of(payload);
  }
};

}  // namespace

std::size_t RawFrame::bytes() const {
  std::size_t sum = sizeof(RawFrame) + ingress.size() + writes.size() + events.size() * 512;
  for (const RawRow& row : rows) {
    sum += row.body.size();
    for (const std::string& entry : row.entries) sum += entry.size();
  }
  return sum;
}

bus::Frame FrameMaker::frame(RawFrame& raw) {
  bus::Frame frame;
  frame.tick = raw.tick;
  frame.manifest_hash = manifest_hash_;
  frame.issued_at = raw.issued_at;
  for (RawEvent& event : raw.events) {
    const json::Value payload = std::visit(PayloadToJson(), event.payload);
    Result<std::string> text = json::canonical(payload);
    frame.events.push_back(
        {event.order, event.channel, std::move(event.type), text.ok() ? *std::move(text) : json::serialize(payload)});
  }
  frame.ingress = std::move(raw.ingress);
  for (RawRow& row : raw.rows) {
    bus::FrameRow made{row.first, std::move(row.entries), {}};
    if (!row.body.empty()) made.body = sha256(row.body);
    for (const std::string& entry : made.entries) journal_ = sha256({as_chars(journal_), entry});
    frame.rows.push_back(std::move(made));
  }
  if (!raw.writes.empty()) frame.writes = sha256(raw.writes);
  journal_ = sha256({as_chars(journal_), as_chars(frame.writes)});
  return frame;
}

std::optional<bus::Checkpoint> FrameMaker::checkpoint(const RawFrame& raw) const {
  if (!raw.state) return std::nullopt;
  return bus::Checkpoint{raw.tick, sha256({as_chars(journal_), *raw.state}), manifest_hash_, contract_digest_};
}

}  // namespace lumenflow::kernel
