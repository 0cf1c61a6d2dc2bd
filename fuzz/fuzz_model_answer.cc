// What a model's server says, as a stream of events or whole, in either wire format: it is read to a proposal or to a
// coded error, the same wherever it is cut, and never more.
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "agent-runtime/providers/wire_format.h"
#include "base/check.h"

namespace {

using namespace lumenflow;
using namespace lumenflow::agent_runtime;

std::string told(const Completion& completion) {
  if (const auto* error = std::get_if<ProviderError>(&completion)) {
    LUMENFLOW_CHECK(error->code.starts_with("PROVIDER_"));
    return error->code + error->message;
  }
  const auto& proposal = std::get<Proposal>(completion);
  std::string text = proposal.text + proposal.finish_reason;
  for (const ToolRequest& request : proposal.requests) {
    LUMENFLOW_CHECK(request.input.is_object());
    text += request.id + request.name + json::serialize(request.input);
  }
  return text;
}

std::string read_stream(const WireFormat& format, std::string_view body, std::size_t piece_bytes) {
  const Sink nobody;
  const auto reader = format.reader(nobody);
  std::optional<ProviderError> fault;
  SseReader events([&](const ReceivedEvent& event) {
    fault = reader->event(event);
    return !fault;
  });
  for (std::size_t at = 0; at < body.size() && !fault; at += piece_bytes)
    if (!events.feed(body.substr(at, piece_bytes))) break;
  if (fault) return told(*std::move(fault));
  return told(reader->finish());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::array<std::unique_ptr<WireFormat>, 2> formats{make_chat_completions(), make_messages_format()};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::unique_ptr<WireFormat>& format : formats) {
    const std::string whole = read_stream(*format, text, std::max<std::size_t>(size, 1));
    LUMENFLOW_CHECK(read_stream(*format, text, 1) == whole);
    LUMENFLOW_CHECK(read_stream(*format, text, 7) == whole);
    const Result<json::Value> answer = json::parse(text);
    if (!answer.ok() || !answer->is_object()) continue;
    const Sink nobody;
    const auto reader = format->reader(nobody);
    if (auto fault = reader->whole(*answer)) {
      told(*std::move(fault));
      continue;
    }
    told(reader->finish());
  }
  (void)excerpt(text);
  return 0;
}
