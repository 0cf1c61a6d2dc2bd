// How a command reaches its workspace: over the control socket of the sidecar that runs there, else through a sidecar
// of its own that listens on a private socket, under the same workspace lock. Either way it is the same routes and the
// same path.
//
// One thread (the private sidecar has its own).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/context.h"
#include "http/client.h"
#include "lumenflow/json.h"
#include "pack/diagnostic.h"

namespace lumenflow::cli {

inline constexpr std::size_t kEventBytesMax = std::size_t{64} << 20;  // of a stream: as much as of an answer

class Session {
 public:
  // UNREACHABLE when another process holds the workspace and answers on no socket.
  static Result<std::unique_ptr<Session>> open(const Context& context);
  ~Session();

  const std::string& root() const { return root_; }
  bool is_remote() const { return local_ == nullptr; }  // a sidecar was there
  // Why packs stay out, where this session opened the workspace itself; a sidecar has said it when it started.
  pack::Diagnostics refusals() const;

  Result<http::ClientResponse> send(const http::ClientRequest& request) { return client_->send(request); }
  Result<http::ClientResponse> stream(const http::ClientRequest& request, const http::LineCallback& on_line) {
    return client_->stream(request, on_line);
  }
  // For further connections of one's own.
  http::ClientOptions connection() const;
  // GET whose answer is JSON; a problem answer becomes its Error.
  Result<json::Value> get(const std::string& path);
  // One call of a tool: the Result document, whatever it says. Errors are those of reaching and of problem answers.
  // `on_progress`, unless it is empty, hears meanwhile what the call says of itself: {receipt_id, tool, fraction,
  // message}.
  using OnProgress = std::function<void(const json::Value& progress)>;
  Result<json::Value> call(std::string_view tool, const json::Value& input, const std::string& idempotency_key = {},
                           const OnProgress& on_progress = {});
  // The same for a kernel tool that needs no operator's proof.
  Result<json::Value> call_kernel(std::string_view tool, const json::Value& input);
  // The same for a kernel tool, with the operator's proof.
  Result<json::Value> call_kernel(std::string_view tool, const json::Value& input, const std::string& passphrase);
  // The same with this private key, a PEM, as the operator's.
  Result<json::Value> call_kernel_signed(std::string_view tool, const json::Value& input, const std::string& key);

 private:
  class LocalSidecar;
  Session() = default;
  const Context* context_ = nullptr;
  std::string root_, socket_;
  std::unique_ptr<LocalSidecar> local_;  // before the client, which talks to it
  std::unique_ptr<http::Client> client_;
};

// The data of a successful Result, or its error.
Result<json::Value> data_of(Result<json::Value> result);

// What the error of a Result says of single places, an array; null: nothing. Beside a recovery it stands in `faults`.
const json::Value* faults_of(const json::Value& error);

// The Error that an answer with a status of 400 or more stands for.
Error error_of(const http::ClientResponse& response);

// Percent-encodes what is not unreserved (RFC 3986).
std::string encode_path_segment(std::string_view text);

}  // namespace lumenflow::cli
