#include "cli/session.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/executor.h"
#include "base/logging.h"
#include "base/ulid.h"
#include "cli/code_host.h"
#include "cli/surfaces.h"
#include "lumenflow/sse_reader.h"
#include "sidecar/operator_proof.h"
#include "sidecar/sidecar.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {
namespace {

constexpr std::size_t kSessionThreads = 2, kSessionQueueMax = 1024;
constexpr std::chrono::milliseconds kTurn{20};
constexpr std::chrono::hours kCallTimeMax{24};  // a call ends by its tool's own deadline

http::ClientOptions socket_options(const std::string& path) {
  http::ClientOptions options;
  options.socket_path = path;
  return options;
}

enum class Sidecar : std::uint8_t { kAbsent, kAnswers, kSilent };

// Whether anybody listens there.
bool is_listening(const std::string& socket_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof(address.sun_path)) return false;
  socket_path.copy(address.sun_path, socket_path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  const bool listening = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
                         errno == EAGAIN;  // its queue is full
  ::close(fd);
  return listening;
}

// Asked before anything else, for what is asked then may rightly take its time.
Sidecar look_for_sidecar(const std::string& socket_path, std::chrono::milliseconds patience) {
  if (!is_listening(socket_path)) return Sidecar::kAbsent;
  http::ClientOptions options = socket_options(socket_path);
  options.connect_timeout = options.timeout = patience;
  http::Client client(std::move(options));
  http::ClientRequest request;
  request.path = "/healthz";
  const auto answer = client.send(request);
  if (answer.ok() && answer->status == 200) return Sidecar::kAnswers;
  return is_listening(socket_path) ? Sidecar::kSilent : Sidecar::kAbsent;
}

Result<std::string> private_folder() {
  std::string pattern = join_path(std::filesystem::temp_directory_path().string(), "lumenflow-cli-XXXXXX");
  if (::mkdtemp(pattern.data()) == nullptr)
    return Error(ErrorCode::kIo, "no private folder under " + parent_path(pattern));
  return pattern;
}

}  // namespace

http::ClientOptions Session::connection() const { return socket_options(socket_); }

// A sidecar without TCP in this process, on a socket that nobody else can reach.
class Session::LocalSidecar {
 public:
  explicit LocalSidecar(const std::string& root) : code_(root) {}
  static Result<std::unique_ptr<LocalSidecar>> start(const Context& context, const std::string& root) {
    auto local = std::make_unique<LocalSidecar>(root);
    LUMENFLOW_TRY_ASSIGN(local->folder_, private_folder());
    sidecar::WorkspacePorts ports{context.files, context.clock, local->random_, local->executor_};
    ports.load_code = local->code_.loader();
    ports.programs = local->code_.programs();
    LUMENFLOW_TRY_ASSIGN(local->workspace_, sidecar::Workspace::open(ports, root, context.builtin_packs,
                                                                     [bell = &local->doorbell_] { bell->ring(); }));
    for (const pack::RefusedPack& refused : local->workspace_->kernel().registry().refused())
      local->refusals_.append(refused.diagnostics);
    sidecar::SidecarOptions options;
    options.tcp = false;
    options.surfaces = all_surfaces();
    options.socket_path = join_path(local->folder_, "socket");
    local->sidecar_ =
        sidecar::make_sidecar(local->io_, *local->workspace_, local->doorbell_, context.clock, local->random_, options);
    LUMENFLOW_TRY_ASSIGN(const sidecar::Ready ready, local->sidecar_->start());
    local->socket_ = ready.socket;
    local->thread_ = std::thread([io = &local->io_] { io->run(); });
    return local;
  }

  ~LocalSidecar() {
    if (thread_.joinable()) {
      boost::asio::post(io_, [this] { sidecar_->drain([this] { io_.stop(); }); });
      thread_.join();
    }
    executor_.finish();  // what still runs uses the workspace
    sidecar_.reset();
    workspace_.reset();
    if (!folder_.empty()) {
      ::unlink(join_path(folder_, "socket").c_str());
      ::rmdir(folder_.c_str());
    }
  }

  const std::string& socket() const { return socket_; }
  const pack::Diagnostics& refusals() const { return refusals_; }

 private:
  CodeHost code_;  // before whatever may run what it loads
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
  sidecar::Doorbell doorbell_{io_};
  SystemRandom random_;  // the strand's own
  ThreadPoolExecutor executor_{kSessionThreads, kSessionQueueMax};
  std::string folder_;
  std::string socket_;
  pack::Diagnostics refusals_;  // before the thread starts, and not again
  std::unique_ptr<sidecar::Workspace> workspace_;
  std::unique_ptr<sidecar::Sidecar> sidecar_;
  std::thread thread_;
};

Session::~Session() = default;

pack::Diagnostics Session::refusals() const { return local_ == nullptr ? pack::Diagnostics() : local_->refusals(); }

Result<std::unique_ptr<Session>> Session::open(const Context& context) {
  std::unique_ptr<Session> session(new Session());
  session->context_ = &context;
  LUMENFLOW_TRY_ASSIGN(session->root_, workspace_root(context));
  std::string socket = sidecar::control_socket_path(session->root_);
  // Commands without a sidecar take turns; one that was started meanwhile is as good.
  const auto give_up = std::chrono::steady_clock::now() + context.patience;
  for (;;) {
    const Sidecar there = look_for_sidecar(socket, context.patience);
    if (there == Sidecar::kAnswers) break;
    if (there == Sidecar::kSilent)
      return Error(ErrorCode::kUnreachable,
                   "the sidecar at " + socket + " does not answer; it may be stopped (SIGSTOP) or overloaded");
    auto local = LocalSidecar::start(context, session->root_);
    if (local.ok()) {
      session->local_ = *std::move(local);
      socket = session->local_->socket();
      break;
    }
    if (local.error().code() != ErrorCode::kWorkspaceLocked) return std::move(local).error();
    if (std::chrono::steady_clock::now() >= give_up)
      return Error(ErrorCode::kUnreachable,
                   "another process holds this workspace, and no sidecar listens at " + socket +
                       ": it runs with 'socket: off', or with another XDG_RUNTIME_DIR than this shell; `fuser "
                       ".lumenflow/state` names it");
    std::this_thread::sleep_for(kTurn);
  }
  session->socket_ = socket;
  session->client_ = std::make_unique<http::Client>(socket_options(socket));
  return session;
}

const json::Value* faults_of(const json::Value& error) {
  const json::Value* details = error.find("details");
  if (details != nullptr && details->is_object()) details = details->find("faults");
  return details != nullptr && details->is_array() ? details : nullptr;
}

Result<json::Value> data_of(Result<json::Value> result) {
  if (!result.ok()) return result;
  if (json::boolean_or(*result, "success", false)) return *result->find("data");
  const json::Value* error = result->find("error");
  if (error == nullptr) return Error(ErrorCode::kInternal, "the call failed");
  std::vector<ErrorDetail> details;
  if (const json::Value* faults = faults_of(*error))
    for (const json::Value& fault : faults->as_array())
      details.push_back(
          {std::string(json::string_or(fault, "pointer", "")), std::string(json::string_or(fault, "reason", ""))});
  return Error(error_code_from_name(json::string_or(*error, "code", "")).value_or(ErrorCode::kInternal),
               std::string(json::string_or(*error, "message", "the call failed")), std::move(details));
}

Error error_of(const http::ClientResponse& response) {
  const Result<json::Value> body = json::parse(response.body);
  const json::Value* error = body.ok() ? body->find("error") : nullptr;
  const json::Value& source = error != nullptr ? *error : body.ok() ? *body : json::Value();
  const std::string_view code = json::string_or(source, "code", "");
  const std::string_view detail =
      json::string_or(source, error != nullptr ? "message" : "detail", "the sidecar refused");
  std::vector<ErrorDetail> details;
  if (const json::Value* errors = source.find("errors"); errors != nullptr && errors->is_array())
    for (const json::Value& item : errors->as_array())
      details.push_back(
          {std::string(json::string_or(item, "pointer", "")), std::string(json::string_or(item, "reason", ""))});
  return Error(error_code_from_name(code).value_or(ErrorCode::kInternal), std::string(detail), std::move(details));
}

Result<json::Value> Session::get(const std::string& path) {
  http::ClientRequest request;
  request.path = path;
  LUMENFLOW_TRY_ASSIGN(const http::ClientResponse response, send(request));
  if (response.status >= 400) return error_of(response);
  return json::parse(response.body, {.depth_max = 512});
}

namespace {

// A Result document, of whatever status; a problem answer is an error.
Result<json::Value> result_of(const http::ClientResponse& response) {
  Result<json::Value> body = json::parse(response.body, {.depth_max = 512});
  if (!body.ok() || body->find("success") == nullptr) return error_of(response);
  return body;
}

}  // namespace

Result<json::Value> Session::call(std::string_view tool, const json::Value& input, const std::string& idempotency_key,
                                  const OnProgress& on_progress) {
  http::ClientRequest request;
  request.method = http::Method::kPost;
  request.path = "/tools/" + encode_path_segment(tool);
  if (!idempotency_key.empty()) request.headers.emplace_back("Idempotency-Key", idempotency_key);
  request.body = json::serialize(input);
  request.timeout = kCallTimeMax;
  if (!on_progress) {
    LUMENFLOW_TRY_ASSIGN(const http::ClientResponse response, send(request));
    return result_of(response);
  }
  request.headers.emplace_back("Accept", "text/event-stream");
  std::string result;
  std::optional<Error> ended;  // the stream alone; the call goes on
  SseReader events(
      [&](const ReceivedEvent& event) {
        if (event.type == "result") result = event.data;
        const auto value = json::parse(event.data);
        if (event.type == "progress" && value.ok()) on_progress(*value);
        if (event.type == "error" && value.ok())
          ended = Error(error_code_from_name(json::string_or(*value, "code", "")).value_or(ErrorCode::kUnreachable),
                        std::string(json::string_or(*value, "detail", "")) + "; `lumenflow audit show " +
                            std::string(json::string_or(*value, "receipt_id", "")) + "` tells what comes of the call");
        return true;
      },
      kEventBytesMax);
  const auto on_line = [&](std::string_view line) {
    if (!line.starts_with('{')) return events.feed(line) && events.feed("\n");
    result = line;  // no stream: a call that waits for an approval is answered at once
    return true;
  };
  LUMENFLOW_TRY_ASSIGN(http::ClientResponse response, stream(request, on_line));
  if (ended) return *std::move(ended);
  if (response.status < 300 && result.empty())
    return Error(ErrorCode::kUnreachable,
                 "the sidecar went away before the call's result; `lumenflow audit list` has it");
  if (response.status < 300) response.body = std::move(result);
  return result_of(response);
}

Result<json::Value> Session::call_kernel(std::string_view tool, const json::Value& input) {
  http::ClientRequest request;
  request.method = http::Method::kPost;
  request.path = "/kernel/" + encode_path_segment(tool.substr(tool.find(':') + 1));
  request.body = json::serialize(input);
  LUMENFLOW_TRY_ASSIGN(const http::ClientResponse response, send(request));
  return result_of(response);
}

Result<json::Value> Session::call_kernel(std::string_view tool, const json::Value& input,
                                         const std::string& passphrase) {
  const sidecar::WorkspacePaths paths(root_);
  LUMENFLOW_TRY_ASSIGN(const std::string key, sidecar::unlock_operator_key(context_->files, paths.keys, passphrase));
  return call_kernel_signed(tool, input, key);
}

Result<json::Value> Session::call_kernel_signed(std::string_view tool, const json::Value& input,
                                                const std::string& key) {
  LUMENFLOW_TRY_ASSIGN(const json::Value tools, get("/tools"));
  const std::string proof_id = make_ulid(context_->clock.now(), context_->random.draw16()).str();
  LUMENFLOW_TRY_ASSIGN(const std::string proof,
                       sidecar::make_operator_proof(key, json::string_or(tools, "workspace_id", ""), tool, proof_id,
                                                    context_->clock.now()));
  http::ClientRequest request;
  request.method = http::Method::kPost;
  request.path = "/kernel/" + encode_path_segment(tool.substr(tool.find(':') + 1));
  request.headers.emplace_back(std::string(sidecar::kOperatorHeader), proof);
  request.body = json::serialize(input);
  LUMENFLOW_TRY_ASSIGN(const http::ClientResponse response, send(request));
  return result_of(response);
}

std::string encode_path_segment(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                            c == '.' || c == '_' || c == '~' || c == ':';  // ':' may stand in a segment (RFC 3986 3.3)
    if (unreserved) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.append(1, '%').append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
  }
  return out;
}

}  // namespace lumenflow::cli
