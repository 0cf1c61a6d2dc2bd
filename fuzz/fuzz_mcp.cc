// What an MCP client sends: a message that comes back as it went in, or a refusal with a code; its headers, templates
// and answers never crash what looks at them.
#include <string_view>

#include "base/check.h"
#include "mcp/form.h"
#include "mcp/headers.h"
#include "mcp/message.h"
#include "mcp/uri_template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lumenflow;
  using namespace lumenflow::mcp;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(id_of(text));
  if (const auto decoded = decode_header(text)) LUMENFLOW_CHECK(decode_header(encode_header(*decoded)) == decoded);
  if (const Result<UriTemplate> pattern = UriTemplate::parse(text); pattern.ok()) {
    static_cast<void>(pattern->match(text));
    static_cast<void>(fill_in(text, {{"a", "b"}}));
  }
  const Result<Message> message = parse_message(text);
  if (!message.ok()) {
    LUMENFLOW_CHECK(message.error().code() == ErrorCode::kInvalidRequest ||
                    message.error().code() == ErrorCode::kMalformedJson);
    return 0;
  }
  std::string written;
  switch (message->kind) {
    case Message::Kind::kRequest:
      written = request_text(message->id, message->method, message->params);
      break;
    case Message::Kind::kNotification:
      written = notification_text(message->method, message->params);
      break;
    case Message::Kind::kResult:
      written = result_text(message->id, message->result);
      static_cast<void>(check_answer("elicitation/create", json::Object{}, message->result));
      break;
    case Message::Kind::kError:
      written = error_text(message->id, message->error);
      break;
  }
  const Result<Message> again = parse_message(written);
  LUMENFLOW_CHECK(again.ok() && again->kind == message->kind && again->method == message->method);
  LUMENFLOW_CHECK(again->params == message->params && again->result == message->result && again->id == message->id);
  const HeaderOf any = [&](std::string_view) { return std::optional(text); };
  static_cast<void>(header_fault(*message, any));
  static_cast<void>(param_header_fault(message->params, message->params, any));
  return 0;
}
