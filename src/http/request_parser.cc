#include "http/request_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <string>
#include <utility>

#include "base/check.h"

namespace lumenflow::http {
namespace {

namespace beast = boost::beast::http;
using ErrorFlag = boost::system::error_code;
using View = boost::beast::string_view;

constexpr std::size_t kHeadersMax = 256;
constexpr std::size_t kChunkLineBytesMax = 4096;    // a chunk's size and extensions, or the trailers
constexpr std::size_t kBodyReserveMax = 64 * 1024;  // what a client's mere claim of a length makes us allocate
constexpr std::size_t kHeadersTypical = 12;
// "0\r\n\r\n": every chunked body ends with at least this, and Beast asserts it when it resumes a last chunk.
constexpr std::size_t kLastChunkBytes = 5;

std::string_view standard(View text) { return {text.data(), text.size()}; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool equals_lower(std::string_view text, std::string_view expected_lower) {
  return std::ranges::equal(text, expected_lower, [](char a, char b) { return lower(a) == b; });
}

Method method_of(beast::verb verb) {
  switch (verb) {
    case beast::verb::get:
      return Method::kGet;
    case beast::verb::head:
      return Method::kHead;
    case beast::verb::post:
      return Method::kPost;
    case beast::verb::put:
      return Method::kPut;
    case beast::verb::delete_:
      return Method::kDelete;
    case beast::verb::patch:
      return Method::kPatch;
    case beast::verb::options:
      return Method::kOptions;
    default:
      return Method::kOther;
  }
}

// The origin form of a target (RFC 9112 3.2), nothing for the forms that only a proxy has use for.
std::optional<std::string_view> origin_form(std::string_view target, Method method) {
  if (target.starts_with('/')) return target;
  if (target == "*") return method == Method::kOptions ? std::optional(target) : std::nullopt;
  const std::size_t scheme = target.starts_with("http://") ? 7 : target.starts_with("https://") ? 8 : 0;
  if (scheme == 0) return std::nullopt;
  const std::size_t path = target.find_first_of("/?", scheme);
  if (path == scheme) return std::nullopt;
  if (path == std::string_view::npos) return "/";
  if (target[path] == '?') return std::nullopt;  // "http://host?q": no path to route by
  return target.substr(path);
}

}  // namespace

// Beast's callbacks, filling the Request directly: no field container in between.
class RequestParser::Machine final : public beast::basic_parser<true> {
 public:
  Machine(std::uint32_t header_bytes_max, std::size_t body_bytes_max) {
    header_limit(header_bytes_max);
    body_limit(body_bytes_max);
    request.headers.reserve(kHeadersTypical);
  }

  Request request;
  const char* fault = nullptr;  // what is wrong where Beast has no objection
  bool too_many_headers = false;
  bool expects_continue = false;
  bool http_1_1 = false;

 private:
  void fail(const char* what, ErrorFlag& error) {
    if (fault == nullptr) fault = what;
    error = beast::error::bad_value;
  }

  void on_request_impl(beast::verb verb, View, View target, int version, ErrorFlag& error) override {
    request.method = method_of(verb);
    http_1_1 = version == 11;
    const std::optional<std::string_view> origin = origin_form(standard(target), request.method);
    if (!origin) return fail("the request target must be a path", error);
    request.target = *origin;
  }

  void on_response_impl(int, View, int, ErrorFlag&) override {}

  void on_field_impl(beast::field field, View name, View value, ErrorFlag& error) override {
    if (is_header_done_) return;  // a trailer: nothing that authorises or describes may come after the body
    if (request.headers.size() == kHeadersMax) {
      too_many_headers = true;
      return fail("too many header fields", error);
    }
    check_framing(field, standard(value), error);
    if (error) return;
    std::string key(name.size(), '\0');
    std::ranges::transform(standard(name), key.begin(), lower);
    request.headers.emplace_back(std::move(key), standard(value));
  }

  void check_framing(beast::field field, std::string_view value, ErrorFlag& error) {
    switch (field) {
      case beast::field::host:
        if (std::exchange(host_seen_, true)) fail("more than one Host", error);
        break;
      case beast::field::content_length:
        if (std::exchange(length_seen_, true) || value.find(',') != std::string_view::npos)
          fail("more than one Content-Length", error);
        if (coding_seen_) fail("Content-Length beside Transfer-Encoding", error);
        break;
      case beast::field::transfer_encoding:
        if (std::exchange(coding_seen_, true)) fail("more than one Transfer-Encoding", error);
        if (length_seen_) fail("Content-Length beside Transfer-Encoding", error);
        if (!equals_lower(value, "chunked")) fail("the only Transfer-Encoding taken is chunked", error);
        if (!http_1_1) fail("HTTP/1.0 has no Transfer-Encoding", error);
        break;
      case beast::field::expect:
        expects_continue = http_1_1 && equals_lower(value, "100-continue");
        break;
      default:
        break;
    }
  }

  void on_header_impl(ErrorFlag& error) override {
    is_header_done_ = true;
    if (http_1_1 && !host_seen_) fail("no Host", error);
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorFlag&) override {
    if (length) request.body.reserve(std::min<std::uint64_t>(*length, kBodyReserveMax));
  }

  std::size_t on_body_impl(View bytes, ErrorFlag&) override {
    request.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }

  void on_chunk_header_impl(std::uint64_t, View, ErrorFlag&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View bytes, ErrorFlag& error) override {
    return on_body_impl(bytes, error);
  }
  void on_finish_impl(ErrorFlag&) override {}

  bool is_header_done_ = false;
  bool host_seen_ = false;
  bool length_seen_ = false;
  bool coding_seen_ = false;
};

struct RequestParser::State {
  std::uint32_t header_bytes_max;
  std::size_t body_bytes_max;
  std::size_t header_bytes = 0;  // taken so far
  std::optional<Machine> machine;
  std::optional<Error> refusal;
  ErrorFlag error;
};

RequestParser::RequestParser(std::size_t header_bytes_max, std::size_t body_bytes_max)
    : state_(std::make_unique<State>(
          State{static_cast<std::uint32_t>(header_bytes_max), body_bytes_max, 0, std::nullopt, std::nullopt, {}})) {
  reset();
}

RequestParser::~RequestParser() = default;

void RequestParser::reset() {
  state_->machine.emplace(state_->header_bytes_max, state_->body_bytes_max);
  state_->header_bytes = 0;
  state_->refusal.reset();
}

RequestParser::Taken RequestParser::put(std::string_view bytes) {
  LUMENFLOW_CHECK(!state_->refusal && !state_->machine->is_done());
  std::size_t taken = 0;
  // RFC 9112 2.2: empty lines before a request are skipped.
  if (!state_->machine->got_some())
    while (taken < bytes.size() && (bytes[taken] == '\r' || bytes[taken] == '\n')) ++taken;
  while (taken < bytes.size()) {
    const Taken step = put_step(bytes.substr(taken));
    taken += step.bytes;
    if (step.step != Step::kNeedMore) return {step.step, taken};
    if (step.bytes == 0) break;
  }
  return {Step::kNeedMore, taken};
}

// One of Beast's steps (it is not eager): up to the end of the header, or of a chunk's line, or of a piece of body.
RequestParser::Taken RequestParser::put_step(std::string_view bytes) {
  Machine& machine = *state_->machine;
  const bool in_header = !machine.is_header_done();
  if (!in_header && machine.chunked() && bytes.size() < kLastChunkBytes) return {Step::kNeedMore, 0};
  const std::size_t used = machine.put(boost::asio::const_buffer(bytes.data(), bytes.size()), state_->error);
  if (state_->error && state_->error != beast::error::need_more) return refuse_parse_error(used);
  if (in_header) {
    // Beast bounds one line and what is unparsed; the sum over many small packets is ours to bound.
    state_->header_bytes += used;
    const std::size_t unparsed = machine.is_header_done() ? 0 : bytes.size() - used;
    if (state_->header_bytes + unparsed > state_->header_bytes_max)
      return refuse(ErrorCode::kHeaderTooLarge, "the header is over the limit", used);
  } else if (used == 0 && bytes.size() > kChunkLineBytesMax) {
    return refuse(ErrorCode::kInvalidRequest, "a chunk's line or the trailers are too long", used);
  }
  if (machine.is_done()) return {Step::kComplete, used};
  return {Step::kNeedMore, used};
}

RequestParser::Taken RequestParser::refuse_parse_error(std::size_t bytes) {
  const Machine& machine = *state_->machine;
  if (machine.too_many_headers || state_->error == beast::error::header_limit)
    return refuse(ErrorCode::kHeaderTooLarge, "the header is over the limit", bytes);
  if (state_->error == beast::error::body_limit)
    return refuse(ErrorCode::kBodyTooLarge,
                  "the body is over the limit of " + std::to_string(state_->body_bytes_max) + " bytes", bytes);
  if (machine.fault != nullptr) return refuse(ErrorCode::kInvalidRequest, machine.fault, bytes);
  return refuse(ErrorCode::kInvalidRequest, "not an HTTP/1.1 request: " + state_->error.message(), bytes);
}

RequestParser::Taken RequestParser::refuse(ErrorCode code, std::string_view message, std::size_t bytes) {
  state_->refusal.emplace(code, std::string(message));
  return {Step::kRefused, bytes};
}

bool RequestParser::header_done() const { return state_->machine->is_header_done(); }
bool RequestParser::expects_continue() const { return state_->machine->expects_continue; }
bool RequestParser::keep_alive() const { return state_->machine->is_header_done() && state_->machine->keep_alive(); }
bool RequestParser::http_1_1() const { return state_->machine->http_1_1; }
const Error& RequestParser::refusal() const { return *state_->refusal; }
Request RequestParser::take() { return std::move(state_->machine->request); }

}  // namespace lumenflow::http
