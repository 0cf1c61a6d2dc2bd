#include "http/client.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "http/curl_parts.h"

namespace lumenflow::http {
namespace {

constexpr std::size_t kLineBytesMax = 16 * 1024 * 1024;

// What one request collects; curl's callbacks write here.
struct Transfer {
  CURL* curl;
  std::size_t body_bytes_max;
  const LineCallback* on_line = nullptr;  // null when the body is collected
  ClientResponse response;
  std::string line;
  bool too_large = false;
  bool stopped = false;  // by on_line
  const ClientOptions* options = nullptr;
  std::string refused_address;  // by may_connect

  bool take(std::string_view bytes) {
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (on_line != nullptr && status >= 200 && status < 300) return take_lines(bytes);
    too_large = response.body.size() + bytes.size() > body_bytes_max;
    if (!too_large) response.body += bytes;
    return !too_large;
  }

  bool take_lines(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::size_t end = bytes.find('\n');
      line += bytes.substr(0, end);
      too_large = line.size() > kLineBytesMax;
      if (too_large) return false;
      if (end == std::string_view::npos) return true;
      bytes.remove_prefix(end + 1);
      if (line.ends_with('\r')) line.pop_back();
      stopped = !(*on_line)(line);
      line.clear();
      if (stopped) return false;
    }
    return true;
  }

  void take_header(std::string_view text) {
    if (text.starts_with("HTTP/")) return response.headers.clear();  // an interim answer's fields are not this one's
    if (auto header = split_header(text)) response.headers.push_back(*std::move(header));
  }
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* transfer) {
  return static_cast<Transfer*>(transfer)->take({data, size * count}) ? size * count : CURL_WRITEFUNC_ERROR;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* transfer) {
  static_cast<Transfer*>(transfer)->take_header({data, size * count});
  return size * count;
}

curl_socket_t open_socket(void* data, curlsocktype, curl_sockaddr* address) {
  auto* transfer = static_cast<Transfer*>(data);
  const NumericAddress target = numeric_address(address->addr);
  if (!transfer->options->may_connect(target.text, target.port)) {
    transfer->refused_address = target.text;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// Sockets that an Interrupt ends; it outlives the connections, which curl keeps between requests.
curl_socket_t open_interruptible(void* data, curlsocktype, curl_sockaddr* address) {
  const int opened = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (opened >= 0) static_cast<Interrupt*>(data)->opened(opened);
  return opened;
}

int close_interruptible(void* data, curl_socket_t socket) {
  static_cast<Interrupt*>(data)->close(socket);
  return 0;
}

int is_interrupted(void* data, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Interrupt*>(data)->fired() ? 1 : 0;
}

// "127.0.0.1:80" of "http://127.0.0.1:80/": loopback is asked directly, whatever the environment says.
bool is_loopback(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return url.starts_with("127.") || url.starts_with("[::1]") || url.starts_with("localhost");
}

HeaderList make_headers(const ClientRequest& request) {
  HeaderList list;
  bool typed = false;
  for (const auto& [name, value] : request.headers) {
    append_line(list, header_line(name, value));
    typed = typed || in_lower_case(name) == "content-type";
  }
  // Without a body the bare name keeps curl from naming a type of its own.
  if (!typed) append_line(list, request.body ? "Content-Type: application/json; charset=utf-8" : "Content-Type:");
  append_line(list, "Expect:");  // the body is small: do not wait for leave to send it
  return list;
}

}  // namespace

std::optional<std::string_view> ClientResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return std::nullopt;
}

struct Client::State {
  ClientOptions options;  // with the interrupt, which curl's connections lean on to their end
  std::unique_ptr<CURL, FreeCurl> curl{curl_easy_init()};

  std::string place() const { return options.socket_path.empty() ? options.base_url : options.socket_path; }
  void set_up(const ClientRequest& request, Transfer& transfer, const HeaderList& headers, char* error_text);
  Result<ClientResponse> run(const ClientRequest& request, const LineCallback* on_line);
};

void Client::State::set_up(const ClientRequest& request, Transfer& transfer, const HeaderList& headers,
                           char* error_text) {
  CURL* c = curl.get();
  curl_easy_reset(c);  // keeps the connection
  const std::string url = options.base_url + request.path;
  curl_easy_setopt(c, CURLOPT_URL, url.c_str());
  curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(c, CURLOPT_ERRORBUFFER, error_text);
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(c, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  if (!options.ca_file.empty()) curl_easy_setopt(c, CURLOPT_CAINFO, options.ca_file.c_str());
  if (!options.socket_path.empty()) curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, options.socket_path.c_str());
  if (!options.socket_path.empty() || is_loopback(options.base_url)) curl_easy_setopt(c, CURLOPT_PROXY, "");
  if (options.may_connect) {
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, &transfer);
  }
  if (Interrupt* interrupt = options.interrupt.get()) {
    if (!options.may_connect) {
      curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, &open_interruptible);
      curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, interrupt);
      curl_easy_setopt(c, CURLOPT_CLOSESOCKETFUNCTION, &close_interruptible);
      curl_easy_setopt(c, CURLOPT_CLOSESOCKETDATA, interrupt);
    }
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, &is_interrupted);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, interrupt);
  }
  if (transfer.on_line == nullptr) {
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.value_or(options.timeout).count()));
  } else {
    const long seconds = std::max(1L, static_cast<long>(options.timeout.count() / 1000));
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, seconds);
  }
  if (request.body) {
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, request.body->data());
  } else if (request.method == Method::kPost) {
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t{0});
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, "");
  }
  if (request.method == Method::kHead) curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
  const std::string verb(name(request.method));
  if (request.method != Method::kHead) curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, verb.c_str());
}

Result<ClientResponse> Client::State::run(const ClientRequest& request, const LineCallback* on_line) {
  if (!curl) return Error(ErrorCode::kInternal, "libcurl could not be started");
  Transfer transfer;
  transfer.curl = curl.get();
  transfer.body_bytes_max = options.body_bytes_max;
  transfer.on_line = on_line;
  transfer.options = &options;
  const HeaderList headers = make_headers(request);
  std::array<char, CURL_ERROR_SIZE> error_text{};
  set_up(request, transfer, headers, error_text.data());
  const CURLcode code = curl_easy_perform(curl.get());
  if (transfer.too_large) return Error(ErrorCode::kOutputTooLarge, "the answer of " + place() + " is over the limit");
  if (code != CURLE_OK && !transfer.refused_address.empty())
    return Error(ErrorCode::kScopeDenied, place() + " leads to " + transfer.refused_address + ", which is not allowed");
  if (code != CURLE_OK && !transfer.stopped) {
    const std::string why = error_text[0] != '\0' ? error_text.data() : curl_easy_strerror(code);
    return Error(ErrorCode::kUnreachable, "no answer from " + place() + ": " + why);
  }
  if (on_line != nullptr && !transfer.line.empty()) transfer.response.body = std::move(transfer.line);
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  transfer.response.status = static_cast<int>(status);
  return std::move(transfer.response);
}

Client::Client(ClientOptions options) : state_(std::make_unique<State>(State{std::move(options)})) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;

Result<ClientResponse> Client::send(const ClientRequest& request) { return state_->run(request, nullptr); }

Result<ClientResponse> Client::stream(const ClientRequest& request, const LineCallback& on_line) {
  return state_->run(request, &on_line);
}

}  // namespace lumenflow::http
