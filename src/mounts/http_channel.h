// A server behind a URL, by Streamable HTTP: each request is a POST, its answer one JSON text or a stream of events.
//
// One thread at a time; a run's cancellation ends ask() from any.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/fetch.h"
#include "mounts/channel.h"
#include "mounts/http_target.h"

namespace lumenflow::mounts {

struct HttpOptions {
  std::string bearer;   // empty: no Authorization
  std::string ca_file;  // when not empty, trusted instead of the system's authorities
  std::chrono::milliseconds connect_timeout{10'000};
  // Instead of what the target says, for whoever looks at a server before it is mounted.
  std::function<bool(std::string_view address, std::uint16_t port)> may_connect = {};
};

class HttpChannel final : public Channel {
 public:
  // `ids` gives the requests of all channels to one server their ids; borrowed. `session` is of a server with
  // handshakes; empty: none yet.
  HttpChannel(HttpTarget target, HttpOptions options, const ChannelLimits& limits, std::atomic<std::int64_t>& ids,
              std::string session)
      : target_(std::move(target)),
        options_(std::move(options)),
        limits_(limits),
        ids_(ids),
        session_(std::move(session)) {}

  Reply ask(const Asked& asked) override;
  Status tell(std::string_view method, const json::Value& params) override;
  void speaks(const std::string& revision) override { revision_ = revision; }
  const std::string& session() const { return session_; }
  bool session_lost() const { return session_lost_; }  // the server knows it no more: shake hands again
  void end_session();                                  // says that nobody needs it any more

 private:
  class Listener;
  http::FetchRequest request(std::string body, std::chrono::milliseconds timeout) const;
  Status post(std::string body, std::chrono::milliseconds timeout) const;
  Reply reply_of(const http::FetchAnswer& answer, Listener& listener);
  Reply failed(const Error& error, const Asked& asked, std::int64_t id, bool connected);
  std::optional<Reply> resume(const Asked& asked, Listener& listener);

  const HttpTarget target_;
  const HttpOptions options_;
  const ChannelLimits limits_;
  std::atomic<std::int64_t>& ids_;
  std::string session_;
  std::string revision_;
  bool session_lost_ = false;
};

}  // namespace lumenflow::mounts
