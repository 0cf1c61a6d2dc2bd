#include "http/fetch.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <exception>

#include "http/curl_parts.h"
#include "http/url.h"

namespace lumenflow::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

}  // namespace

struct Fetch::State {
  enum class End : std::uint8_t { kNone, kBodyTooLarge, kHeaderTooLarge, kSinkStopped };

  FetchRequest request;
  std::unique_ptr<CURLM, FreeMulti> multi{curl_multi_init()};
  std::atomic<bool> stopped = false;
  std::unique_ptr<CURL, FreeCurl> curl{curl_easy_init()};
  std::string place;  // for messages: no path, which may hold a secret
  FetchAnswer answer;
  std::size_t body_bytes = 0, header_bytes = 0;
  steady_clock::time_point last_byte;
  std::string refused_address;
  End end = End::kNone;
  std::array<char, CURL_ERROR_SIZE> error_text{};

  bool take_body(std::string_view piece);
  bool take_header(std::string_view line);
  void set_up(const HeaderList& headers);
  Result<CURLcode> transfer();
  Result<FetchAnswer> result(CURLcode code);
  Error unreachable(std::string_view why) const {
    return {ErrorCode::kUnreachable, "no answer from " + place + ": " + std::string(why)};
  }
};

bool Fetch::State::take_body(std::string_view piece) {
  last_byte = steady_clock::now();
  body_bytes += piece.size();
  if (body_bytes > request.body_bytes_max) {
    end = End::kBodyTooLarge;
    return false;
  }
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  answer.response.status = static_cast<int>(status);
  if (!request.on_body || status < 200 || status > 299) {
    answer.response.body += piece;
    return true;
  }
  if (stopped) return false;
  const bool goes_on = request.on_body(answer.response, piece);
  last_byte = steady_clock::now();  // what the taker took its time for was not the other side's silence
  if (goes_on) return true;
  end = End::kSinkStopped;
  return false;
}

bool Fetch::State::take_header(std::string_view line) {
  last_byte = steady_clock::now();
  header_bytes += line.size();
  if (header_bytes > request.header_bytes_max) {
    end = End::kHeaderTooLarge;
    return false;
  }
  if (line.starts_with("HTTP/"))
    answer.response.headers.clear();  // an interim answer's fields are not this one's
  else if (auto header = split_header(line))
    answer.response.headers.push_back(*std::move(header));
  return true;
}

namespace {

template <class Taker>
std::size_t taken(std::size_t size, Taker taker) {
  try {
    return taker() ? size : CURL_WRITEFUNC_ERROR;
  } catch (const std::exception&) {  // must not pass through libcurl
    return CURL_WRITEFUNC_ERROR;
  }
}

bool sends_body(const std::string& method) { return method == "POST" || method == "PUT" || method == "PATCH"; }

HeaderList headers_of(const FetchRequest& request) {
  HeaderList list;
  bool typed = false;
  for (const auto& [name, value] : request.headers) {
    append_line(list, header_line(name, value));
    typed = typed || in_lower_case(name) == "content-type";
  }
  if (!typed)
    append_line(list, sends_body(request.method) ? "Content-Type: application/json; charset=utf-8" : "Content-Type:");
  append_line(list, "Expect:");  // do not wait for leave to send the body
  return list;
}

}  // namespace

void Fetch::State::set_up(const HeaderList& headers) {
  CURL* c = curl.get();
  curl_easy_setopt(c, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(c, CURLOPT_PROXY, "");
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);  // a name that is still looked up does not hold stop() up
  curl_easy_setopt(c, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(c, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(c, CURLOPT_ERRORBUFFER, error_text.data());
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  if (!request.ca_file.empty()) curl_easy_setopt(c, CURLOPT_CAINFO, request.ca_file.c_str());
  // The non-capturing lambdas become the C functions that libcurl calls, with this object as their last argument.
  curl_easy_setopt(c, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(
      c, CURLOPT_WRITEFUNCTION, +[](char* data, std::size_t size, std::size_t count, void* state) {
        const std::string_view piece(data, size * count);
        return taken(piece.size(), [&] { return static_cast<Fetch::State*>(state)->take_body(piece); });
      });
  curl_easy_setopt(c, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(
      c, CURLOPT_HEADERFUNCTION, +[](char* data, std::size_t size, std::size_t count, void* state) {
        const std::string_view line(data, size * count);
        return taken(line.size(), [&] { return static_cast<Fetch::State*>(state)->take_header(line); });
      });
  curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(
      c, CURLOPT_OPENSOCKETFUNCTION, +[](void* data, curlsocktype, curl_sockaddr* address) {
        auto* state = static_cast<Fetch::State*>(data);
        const NumericAddress target = numeric_address(address->addr);
        if (!state->request.may_connect || !state->request.may_connect(target.text, target.port)) {
          state->refused_address = target.text;
          return static_cast<curl_socket_t>(CURL_SOCKET_BAD);
        }
        return static_cast<curl_socket_t>(
            ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol));
      });
  if (sends_body(request.method)) {
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, request.body.data());
  }
  if (request.method == "HEAD")
    curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
  else
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

Result<CURLcode> Fetch::State::transfer() {
  const steady_clock::time_point began = steady_clock::now(), deadline = began + request.timeout;
  last_byte = began;
  if (curl_multi_add_handle(multi.get(), curl.get()) != CURLM_OK)
    return Error(ErrorCode::kInternal, "libcurl took no request");
  for (int running = 1;;) {
    if (stopped) return Error(ErrorCode::kToolCancelled, "the request to " + place + " was cancelled");
    if (curl_multi_perform(multi.get(), &running) != CURLM_OK)
      return Error(ErrorCode::kInternal, "libcurl could not go on");
    int left = 0;
    if (const CURLMsg* message = curl_multi_info_read(multi.get(), &left); message != nullptr)
      return message->data.result;
    const steady_clock::time_point now = steady_clock::now();
    if (now >= deadline)
      return unreachable("it was not complete after " + std::to_string(request.timeout.count()) + " ms");
    steady_clock::time_point until = deadline;
    if (request.idle_timeout.count() > 0) {
      if (now >= last_byte + request.idle_timeout)
        return unreachable("nothing came for " + std::to_string(request.idle_timeout.count()) + " ms");
      until = std::min(until, last_byte + request.idle_timeout);
    }
    const auto wait = std::chrono::ceil<milliseconds>(until - now);
    curl_multi_poll(multi.get(), nullptr, 0, static_cast<int>(std::min<std::int64_t>(wait.count(), 1'000'000)),
                    nullptr);
  }
}

Result<FetchAnswer> Fetch::State::result(CURLcode code) {
  if (end == End::kBodyTooLarge || end == End::kHeaderTooLarge)
    return Error(ErrorCode::kOutputTooLarge,
                 std::string(end == End::kBodyTooLarge ? "the answer" : "the answer's head") + " of " + place +
                     " is over the limit");
  if (stopped) return Error(ErrorCode::kToolCancelled, "the request to " + place + " was cancelled");
  if (end == End::kSinkStopped) {
    answer.complete = false;
  } else if (code != CURLE_OK) {
    if (!refused_address.empty() && code == CURLE_COULDNT_CONNECT)
      return Error(ErrorCode::kScopeDenied, place + " leads to " + refused_address + ", which is not allowed");
    return unreachable(error_text[0] != '\0' ? error_text.data() : curl_easy_strerror(code));
  }
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  answer.response.status = static_cast<int>(status);
  return std::move(answer);
}

Fetch::Fetch(FetchRequest request) : state_(std::make_unique<State>()) { state_->request = std::move(request); }
Fetch::~Fetch() = default;

Result<FetchAnswer> Fetch::run() {
  State& state = *state_;
  if (!state.curl || !state.multi) return Error(ErrorCode::kInternal, "libcurl could not be started");
  LUMENFLOW_TRY_ASSIGN(const Url url, parse_url(state.request.url));
  state.place = url.origin();
  const HeaderList headers = headers_of(state.request);
  state.set_up(headers);
  Result<CURLcode> code = state.transfer();
  Result<FetchAnswer> result = code.ok() ? state.result(*code) : Result<FetchAnswer>(std::move(code).error());
  curl_multi_remove_handle(state.multi.get(), state.curl.get());
  return result;
}

bool Fetch::connected() const {
  curl_off_t microseconds = 0;  // from the start until the request could be sent
  return curl_easy_getinfo(state_->curl.get(), CURLINFO_PRETRANSFER_TIME_T, &microseconds) == CURLE_OK &&
         microseconds > 0;
}

void Fetch::stop() {
  state_->stopped = true;
  if (state_->multi) curl_multi_wakeup(state_->multi.get());
}

}  // namespace lumenflow::http
