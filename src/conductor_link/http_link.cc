#include "conductor_link/http_link.h"

#include <utility>

#include "conductor_link/worker.h"
#include "http/content_coding.h"

namespace lumenflow::conductor_link {
namespace {

using uplink::Refusal;

constexpr std::size_t kCompressFromBytes = 1'024;
constexpr std::size_t kAnswerBytesMax = 16 << 20;
constexpr std::chrono::seconds kPatienceBeyondWait{10};

// A query's value: what is not unreserved (RFC 3986) is escaped.
std::string escaped(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain)
      out += c;
    else
      (((out += '%') += kHex[byte >> 4]) += kHex[byte & 15]);
  }
  return out;
}

}  // namespace

http::ClientOptions client_options(const Account& account, const std::string& ca_file) {
  http::ClientOptions options;
  options.base_url = account.enrollment().conductor_url;
  options.ca_file = ca_file;
  options.connect_timeout = std::chrono::milliseconds(5'000);
  options.timeout = std::chrono::milliseconds(10'000);
  options.body_bytes_max = kAnswerBytesMax;
  return options;
}

OpenLane worker_lanes(const Account& account, const std::string& ca_file) {
  return [&account, ca_file] { return std::make_unique<Worker>(client_options(account, ca_file)); };
}

http::ClientRequest write_request(const Account& account, Asked asked) {
  http::ClientRequest request;
  request.method = asked.method;
  request.path = std::move(asked.path);
  request.timeout = asked.timeout;
  request.headers = std::move(asked.headers);
  request.headers.emplace_back("Authorization", account.bearer());
  if (asked.compress && asked.body && asked.body->size() >= kCompressFromBytes) {
    if (std::string packed = http::gzip(*asked.body); packed.size() < asked.body->size()) {
      asked.body = std::move(packed);
      request.headers.emplace_back("Content-Encoding", "gzip");
    }
  }
  request.body = std::move(asked.body);
  return request;
}

Reply read_reply(Account& account, Result<http::ClientResponse> response) {
  Reply reply;
  if (!response.ok()) {
    const Error& why = response.error();
    reply.refusal = {why.code() == ErrorCode::kUnreachable ? why : Error(ErrorCode::kInvalidOutput, why.message()), {}};
    return reply;
  }
  if (response->status >= 200 && response->status < 300) {
    reply.response = *std::move(response);
    return reply;
  }
  reply.refusal = refusal_of(*response);
  const ErrorCode code = reply.refusal->error.code();
  if (code == ErrorCode::kTokenExpired || code == ErrorCode::kUnauthenticated) account.refused();
  return reply;
}

HttpLink::HttpLink(LinkParts parts)
    : parts_(std::move(parts)), talk_(parts_.open_lane()), beat_(parts_.open_lane()), listen_(parts_.open_lane()) {}

HttpLink::~HttpLink() = default;

void HttpLink::hello(const uplink::Hello& hello, std::function<void(uplink::HelloAnswer)> done) {
  session_ = 0;
  talk_->cut();  // what belongs to the conversation before
  listen_->cut();
  // Should that fail, it has said what was wrong, and the hello finds out.
  talk_->ask([this] { return parts_.account.renewal_if_due(); },
             [this](Result<http::ClientResponse> response) {
               static_cast<void>(parts_.account.heard_renewal(std::move(response)));
             });
  const auto write = [this, hello] {
    const SidecarPlace place{parts_.sidecar_url, parts_.account.prove_sidecar_url(parts_.sidecar_url)};
    Asked asked{.path = "/v2/heartbeat", .body = write_hello(hello, parts_.vitals(), place), .timeout = parts_.timeout};
    return write_request(parts_.account, std::move(asked));
  };
  talk_->ask(write, [this, done = std::move(done)](Result<http::ClientResponse> response) {
    uplink::HelloAnswer answer;
    Reply reply = read_reply(parts_.account, std::move(response));
    if (!reply.refusal) {
      Result<uplink::Welcome> welcome = read_welcome(reply.response.body);
      if (welcome.ok())
        answer.welcome = *std::move(welcome);
      else
        reply.refusal = Refusal{welcome.error(), {}};
    }
    answer.refusal = std::move(reply.refusal);
    if (!answer.refusal && parts_.heads != nullptr) parts_.heads->greeted(answer.welcome);
    if (!answer.refusal) session_ = answer.welcome.session;
    done(std::move(answer));
  });
}

void HttpLink::send(std::shared_ptr<const uplink::Batch> batch, std::function<void(uplink::SendAnswer)> done) {
  const auto offer = std::make_shared<std::optional<HeadOffer>>();  // shared by who writes it and who hears of it
  const auto write = [this, batch, offer] {
    if (parts_.heads != nullptr) *offer = parts_.heads->offer();
    Asked asked{.path = "/v2/events", .body = write_batch(*batch, *offer), .timeout = parts_.timeout};
    asked.compress = true;
    return write_request(parts_.account, std::move(asked));
  };
  talk_->ask(write, [this, batch, offer, done = std::move(done)](Result<http::ClientResponse> response) {
    uplink::SendAnswer answer;
    Reply reply = read_reply(parts_.account, std::move(response));
    if (!reply.refusal) {
      Result<BatchReply> read = read_batch_answer(reply.response.body, *batch);
      if (read.ok()) {
        if (parts_.heads != nullptr) parts_.heads->heard(*offer, *read);
        answer.batch = std::move(read->answer);
      } else {
        reply.refusal = Refusal{read.error(), {}};
      }
    }
    if (reply.refusal && parts_.heads != nullptr) parts_.heads->lost();
    answer.refusal = std::move(reply.refusal);
    done(std::move(answer));
  });
}

void HttpLink::heartbeat(std::uint64_t session, std::function<void(uplink::HeartbeatAnswer)> done) {
  const auto write = [this, session] {
    Asked asked{.path = "/v2/heartbeat", .body = write_heartbeat(session, parts_.vitals()), .timeout = parts_.timeout};
    return write_request(parts_.account, std::move(asked));
  };
  beat_->ask(write, [this, done = std::move(done)](Result<http::ClientResponse> response) {
    uplink::HeartbeatAnswer answer;
    Reply reply = read_reply(parts_.account, std::move(response));
    if (!reply.refusal) {
      const Result<BeatAnswer> read = read_heartbeat(reply.response.body);
      if (!read.ok())
        reply.refusal = Refusal{read.error(), {}};
      else if (read->registry_wanted)
        registry_wanted_ = true;
    }
    answer.refusal = std::move(reply.refusal);
    done(std::move(answer));
  });
}

void HttpLink::fetch(const uplink::Fetch& fetch, std::function<void(uplink::FetchAnswer)> done) {
  listen_->cut();  // one at a time
  const auto write = [this, fetch] {
    Asked asked{.method = http::Method::kGet, .timeout = parts_.command_wait + kPatienceBeyondWait};
    asked.path = "/v2/commands?session=" + std::to_string(fetch.session) +
                 "&after=" + std::to_string(fetch.durable.position) +
                 "&wait=" + std::to_string(parts_.command_wait.count()) + "s";
    if (!fetch.durable.log_id.empty()) asked.path += "&log_id=" + escaped(fetch.durable.log_id);
    return write_request(parts_.account, std::move(asked));
  };
  listen_->ask(write, [this, fetch, done = std::move(done)](Result<http::ClientResponse> response) {
    uplink::FetchAnswer answer;
    Reply reply = read_reply(parts_.account, std::move(response));
    if (!reply.refusal && reply.response.status != 204) {
      Result<journal::InboundBatch> read = read_commands(reply.response.body, fetch.durable);
      if (read.ok())
        answer.batch = *std::move(read);
      else
        reply.refusal = Refusal{read.error(), {}};
    }
    answer.refusal = std::move(reply.refusal);
    done(std::move(answer));
  });
}

void HttpLink::forked(const std::string& log_id, const std::string& reason, std::function<void(Status)> done) {
  const auto write = [this, log_id, reason] {
    Asked asked{.path = "/v2/heartbeat", .body = write_forked(log_id, reason), .timeout = parts_.timeout};
    return write_request(parts_.account, std::move(asked));
  };
  talk_->ask(write, [this, done = std::move(done)](Result<http::ClientResponse> response) {
    const Reply reply = read_reply(parts_.account, std::move(response));
    done(reply.refusal ? Status(reply.refusal->error) : Status());
  });
}

void HttpLink::rebind(std::function<void(Status)> done) {
  const auto write = [this] {
    Asked asked{.path = "/v2/rebind", .body = write_rebind(parts_.log_id()), .timeout = parts_.timeout};
    return write_request(parts_.account, std::move(asked));
  };
  talk_->ask(write, [this, done = std::move(done)](Result<http::ClientResponse> response) {
    const Reply reply = read_reply(parts_.account, std::move(response));
    done(reply.refusal ? Status(reply.refusal->error) : Status());
  });
}

}  // namespace lumenflow::conductor_link
