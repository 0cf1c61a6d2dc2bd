// What a child writes to stdout, cut into lines: each is a message that comes back as it went in, or is refused with a
// code; and checking it against the schema of its method never crashes.
#include <string_view>

#include "base/check.h"
#include "hosts/message.h"
#include "hosts/protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lumenflow;
  using namespace lumenflow::hosts;
  static const Protocol protocol;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const Result<Message> message = parse_message(line);
    if (!message.ok()) {
      LUMENFLOW_CHECK(message.error().code() == ErrorCode::kInvalidRequest ||
                      message.error().code() == ErrorCode::kMalformedJson);
      continue;
    }
    std::string written;
    switch (message->kind) {
      case Message::Kind::kAnswer:
        written = answer_line(message->id, message->body);
        break;
      case Message::Kind::kNotification:
        written = notification_line(message->method, message->body);
        break;
      case Message::Kind::kRequest:
        if (const std::int64_t* id = message->id.if_integer())
          written = request_line(*id, message->method, message->body);
        break;
      case Message::Kind::kRefusal:
        break;
    }
    if (!written.empty()) {
      const Result<Message> again = parse_message(written);
      LUMENFLOW_CHECK(again.ok() && again->kind == message->kind && again->body == message->body);
      LUMENFLOW_CHECK(again->method == message->method && again->id == message->id);
    }
    if (protocol.has(message->method)) {
      const Status status = protocol.check_params(message->method, message->body);
      LUMENFLOW_CHECK(status.ok() || !status.error().details().empty());
    }
  }
  return 0;
}
