#include "agent-runtime/turn_answers.h"

#include <utility>

namespace lumenflow::agent_runtime {
namespace {

constexpr std::size_t kEvidenceMax = 1'000;
constexpr std::size_t kAnswerBytesMax = 64 * 1024;  // of a tool's answer, as the model gets it

}  // namespace

void add_evidence(const json::Value& value, json::Array& evidence) {
  const auto add = [&evidence](const json::Value& reference) {
    if (reference.is_string() && !reference.as_string().empty() && evidence.size() < kEvidenceMax)
      evidence.push_back(reference);
  };
  if (const json::Array* list = value.if_array())
    for (const json::Value& item : *list) add_evidence(item, evidence);
  const json::Object* object = value.if_object();
  if (object == nullptr) return;
  for (const json::Member& member : *object) {
    const json::Array* several = member.key == "evidence_refs" ? member.value.if_array() : nullptr;
    if (member.key == "evidence_ref") add(member.value);
    if (several != nullptr)
      for (const json::Value& each : *several) add(each);
    else
      add_evidence(member.value, evidence);
  }
}

Usage at_most(std::size_t bytes_in, const Proposal& proposal) {
  constexpr std::size_t kBytesPerToken = 2;
  std::size_t bytes_out = proposal.text.size();
  for (const ToolRequest& asked : proposal.requests)
    bytes_out += asked.name.size() + json::serialize(asked.input).size();
  Usage usage{bytes_in / kBytesPerToken + 1, bytes_out / kBytesPerToken + 1, 0};
  usage.total_tokens = usage.input_tokens + usage.output_tokens;
  return usage;
}

std::string_view clipped(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

std::string answer_of(const pack::Invoked& invoked) {
  json::Object answer{{"outcome", invoked.outcome}};
  if (invoked.ok()) {
    answer.set("data", invoked.data);
  } else {
    json::Object error{{"code", invoked.code}, {"message", invoked.message}};
    if (!invoked.details.is_null()) error.set("details", invoked.details);
    answer.set("error", std::move(error));
  }
  std::string text = json::serialize(json::Value(answer));
  if (text.size() <= kAnswerBytesMax) return text;
  answer.set("data", json::Object{{"cut_off", std::string(clipped(text, kAnswerBytesMax))}});
  return json::serialize(json::Value(std::move(answer)));
}

}  // namespace lumenflow::agent_runtime
