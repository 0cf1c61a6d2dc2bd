#include "kernel/ring.h"

#include <charconv>

#include "json/canonical.h"
#include "json/text.h"
#include "kernel/result_text.h"

namespace lumenflow::kernel {
namespace {

void append_text(std::string_view name, std::string_view value, bus::ByteBuffer& out) {
  out.append(name);
  if (!json::is_plain(value)) {
    std::string quoted;
    json::append_canonical_string(value, quoted);
    return out.append(quoted);
  }
  out.push('"');
  out.append(value);
  out.push('"');
}

}  // namespace

EventEmitted payload_of(const EmittedFacts& facts) {
  EventEmitted out;
  out.kind = facts.event.kind;
  out.event_id = facts.event.event_id;
  out.channel = facts.stream;
  out.seq = static_cast<std::int64_t>(facts.seq);
  return out;
}

CallFinished payload_of(const FinishedFacts& facts) {
  CallFinished out;
  out.receipt_id = facts.receipt;
  out.tool = facts.tool;
  out.subject = facts.subject;
  out.outcome = facts.outcome;
  if (!facts.code.empty()) out.code = std::string(facts.code);
  out.duration_ms = static_cast<double>(facts.duration_us) / 1'000;
  return out;
}

// Members in the order of their names, as the canonical form has them.
std::size_t append_payload(const EmittedFacts& facts, bus::ByteBuffer& out) {
  append_text(R"({"channel":)", facts.stream, out);
  append_text(R"(,"event_id":)", facts.event.event_id, out);
  append_text(R"(,"kind":)", facts.event.kind, out);
  out.append(R"(,"position":)");
  const std::size_t position_at = out.size();
  char number[24];
  const char* const end = std::to_chars(number, number + sizeof number, facts.seq).ptr;
  out.append(R"(,"seq":)");
  out.append({number, end});
  out.push('}');
  return position_at;
}

std::size_t append_payload(const FinishedFacts& facts, bus::ByteBuffer& out) {
  if (!facts.code.empty()) append_text(R"({"code":)", facts.code, out);
  std::string took(facts.code.empty() ? R"({"duration_ms":)" : R"(,"duration_ms":)");
  append_milliseconds(facts.duration_us, took);
  out.append(took);
  append_text(R"(,"outcome":)", facts.outcome, out);
  out.append(R"(,"position":)");
  const std::size_t position_at = out.size();
  append_text(R"(,"receipt_id":)", facts.receipt, out);
  append_text(R"(,"subject":)", facts.subject, out);
  append_text(R"(,"tool":)", facts.tool, out);
  out.push('}');
  return position_at;
}

}  // namespace lumenflow::kernel
