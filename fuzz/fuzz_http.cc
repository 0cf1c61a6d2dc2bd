// One byte of how, then what a client sends. The whole connection runs over a transport in memory: whatever comes, it
// ends, answers at most what was asked, and says the same however the bytes were cut into packets.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/memory_host.h"
#include "http/router.h"
#include "http/sse.h"

namespace {

using namespace lumenflow::http;  // NOLINT(google-build-using-namespace): one file, one subject

Limits small_limits() {
  Limits limits;
  limits.header_bytes = 2048;
  limits.body_bytes = 4096;
  limits.linger_bytes = 8192;
  return limits;
}

struct Run {
  std::string received;  // without what depends on where the packets were cut
  std::size_t requests = 0;
};

// Answers with what it understood, so that two runs can be compared; every third answer is a stream.
void answer(Request request, std::unique_ptr<Responder> responder, std::size_t count) {
  LUMENFLOW_CHECK(request.body.size() <= small_limits().body_bytes);
  LUMENFLOW_CHECK(request.target.starts_with('/') || request.target == "*");
  std::string text = std::string(name(request.method)) + ' ' + request.target + ' ' + request.body;
  for (const auto& [field, value] : request.headers) text += '|' + field + '=' + value;
  if (count % 3 == 0) {
    auto stream = responder->stream(sse_head());
    if (stream->write(text)) stream->end();
    return;
  }
  Response response;
  response.body = std::move(text);
  responder->send(std::move(response));
}

Run run(std::string_view bytes, std::size_t packet_bytes) {
  Run result;
  auto host = std::make_shared<MemoryHost>(
      [&result](Request request, std::unique_ptr<Responder> responder) {
        answer(std::move(request), std::move(responder), ++result.requests);
      },
      small_limits());
  const std::shared_ptr<MemoryPeer> peer = host->connect();
  while (!bytes.empty()) {
    const std::size_t n = std::min(packet_bytes, bytes.size());
    peer->to_server += bytes.substr(0, n);
    bytes.remove_prefix(n);
    host->run();
  }
  host->advance(std::chrono::hours(1));  // an unfinished request is refused
  host->advance(std::chrono::hours(1));  // and nothing lingers
  LUMENFLOW_CHECK(peer->server_closed);
  LUMENFLOW_CHECK(host->connections() == 0);
  result.received = std::move(peer->received);
  // With which code a malformed header is refused may depend on how much of it was there to look at.
  result.received.erase(std::min(result.received.rfind("HTTP/1.1 4"), result.received.size()));
  // An invitation depends on whether the body came in the same packet.
  for (std::size_t at; (at = result.received.find(kContinue)) != std::string::npos;)
    result.received.erase(at, kContinue.size());
  return result;
}

// Routes are found or refused, never anything else; what a route captures is safe to name a thing by.
void route(std::string_view target) {
  Router router;
  router.add(Method::kGet, "/a/{x}/b/{y}", [](RoutedRequest routed, std::unique_ptr<Responder>) {
    for (const auto& [key, value] : routed.path)
      LUMENFLOW_CHECK(!value.empty() && value != "." && value != ".." && value.find('/') == std::string::npos &&
                      value.find('\0') == std::string::npos);
  });
  Request request;
  request.target = std::string(target);
  std::unique_ptr<Responder> none;
  static_cast<void>(router.route(std::move(request), none));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t packet_bytes = data[0] % 64 + 1;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Run whole = run(bytes, std::max<std::size_t>(bytes.size(), 1));
  const Run cut = run(bytes, packet_bytes);
  LUMENFLOW_CHECK(whole.requests == cut.requests);
  LUMENFLOW_CHECK(whole.received == cut.received);
  route(bytes.substr(0, bytes.find('\n')));
  return 0;
}
