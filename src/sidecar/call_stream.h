// The answer to `POST /tools/{name}` as a stream of server-sent events: `started` once the tool runs, `progress` as it
// says so, and last `result`. What ends before a tool runs, and is no success, is an answer with a status of its own.
//
// Used on the io thread, but for the listener, which any thread calls.
#pragma once

#include <memory>
#include <optional>

#include "http/sse.h"
#include "kernel/call_notices.h"
#include "sidecar/routes.h"

namespace lumenflow::sidecar {

class CallStream : public std::enable_shared_from_this<CallStream> {
 public:
  CallStream(ExchangePtr exchange, RouteContext& context) : exchange_(std::move(exchange)), context_(context) {}

  // For the call, before it is submitted.
  std::shared_ptr<const kernel::CallListener> listener();
  // The call's completion.
  void end(const kernel::CallResult& result);

 private:
  void take(const kernel::CallNotice& notice);
  bool over();  // ends the stream with what has become of its token; the call goes on
  void open();
  void beat();
  void send(std::string_view event, const json::Value& data);

  const ExchangePtr exchange_;  // shared with the route
  RouteContext& context_;
  std::shared_ptr<kernel::NoticeMailbox> mailbox_;  // shared with the call's listener
  std::shared_ptr<http::BodyStream> body_;          // shared with the connection; null: nothing was sent
  std::optional<http::EventStream> stream_;
  std::string receipt_;
  bool over_ = false;
  std::uint64_t left_out_ = 0;  // notices that the reader was too slow for, since the last that was sent
};

// Whether the caller wants the answer as one: text/event-stream stands in Accept.
bool wants_stream(const Exchange& exchange);

}  // namespace lumenflow::sidecar
