#include "conductor_link/http_link.h"
#include "http/content_coding.h"

#include <utility>

namespace lumenflow::conductor_link {
namespace {

using uplink::Refusal;

constexpr std::size_t kCompressFromBytes = 1'024;
constexpr std::size_t kAnswerBytesMax = 16 << 20;
constexpr std::chrono::seconds kPatienceBeyondWait{10};

Refusal given_up() { return {Error(ErrorCode::kUnreachable, "the conversation with the conductor is over"), {}}; }

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

Reply ask(http::Client& client, Account& account, Asked asked) {
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
  Reply reply;
  Result<http::ClientResponse> response = client.send(request);
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
    : parts_(std::move(parts)),
      talk_(client_options(parts_.account, parts_.ca_file)),
      beat_(client_options(parts_.account, parts_.ca_file)),
      listen_(client_options(parts_.account, parts_.ca_file)) {}

HttpLink::~HttpLink() = default;

void HttpLink::hello(const uplink::Hello& hello, std::function<void(uplink::HelloAnswer)> done) {
  session_ = 0;
  talk_.cut();  // what belongs to the conversation before
  listen_.cut();
  talk_.post([this, hello, done = std::move(done)](http::Client* client) {
    uplink::HelloAnswer answer;
    if (client == nullptr) {
      answer.refusal = given_up();
      return done(std::move(answer));
    }
    static_cast<void>(parts_.account.renew_if_due(*client));  // it has said what was wrong; the hello finds out
    Asked asked{.path = "/v2/heartbeat", .body = write_hello(hello, parts_.vitals()), .timeout = parts_.timeout};
    Reply reply = ask(*client, parts_.account, std::move(asked));
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
  talk_.post([this, batch = std::move(batch), done = std::move(done)](http::Client* client) {
    uplink::SendAnswer answer;
    if (client == nullptr) {
      answer.refusal = given_up();
      return done(std::move(answer));
    }
    const std::optional<HeadOffer> offer = parts_.heads == nullptr ? std::nullopt : parts_.heads->offer();
    Asked asked{.path = "/v2/events", .body = write_batch(*batch, offer), .timeout = parts_.timeout};
    asked.compress = true;
    Reply reply = ask(*client, parts_.account, std::move(asked));
    if (!reply.refusal) {
      Result<BatchReply> read = read_batch_answer(reply.response.body, *batch);
      if (read.ok()) {
        if (parts_.heads != nullptr) parts_.heads->heard(offer, *read);
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
  beat_.post([this, session, done = std::move(done)](http::Client* client) {
    uplink::HeartbeatAnswer answer;
    if (client == nullptr) {
      answer.refusal = given_up();
      return done(std::move(answer));
    }
    Asked asked{.path = "/v2/heartbeat", .body = write_heartbeat(session, parts_.vitals()), .timeout = parts_.timeout};
    Reply reply = ask(*client, parts_.account, std::move(asked));
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
  listen_.cut();  // one at a time
  listen_.post([this, fetch, done = std::move(done)](http::Client* client) {
    uplink::FetchAnswer answer;
    if (client == nullptr) {
      answer.refusal = given_up();
      return done(std::move(answer));
    }
    Asked asked{.method = http::Method::kGet, .timeout = parts_.command_wait + kPatienceBeyondWait};
    asked.path = "/v2/commands?session=" + std::to_string(fetch.session) +
                 "&after=" + std::to_string(fetch.durable.position) +
                 "&wait=" + std::to_string(parts_.command_wait.count()) + "s";
    if (!fetch.durable.log_id.empty()) asked.path += "&log_id=" + escaped(fetch.durable.log_id);
    Reply reply = ask(*client, parts_.account, std::move(asked));
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

void HttpLink::rebind(std::function<void(Status)> done) {
  talk_.post([this, done = std::move(done)](http::Client* client) {
    if (client == nullptr) return done(given_up().error);
    Asked asked{.path = "/v2/rebind", .body = write_rebind(parts_.log_id()), .timeout = parts_.timeout};
    const Reply reply = ask(*client, parts_.account, std::move(asked));
    done(reply.refusal ? Status(reply.refusal->error) : Status());
  });
}

}  // namespace lumenflow::conductor_link
