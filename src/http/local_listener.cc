#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>

#include "http/acceptor.h"
#include "http/listeners.h"

namespace lumenflow::http {
namespace {

namespace asio = boost::asio;
using Local = asio::local::stream_protocol;
using ErrorFlag = boost::system::error_code;

struct FileId {
  dev_t device;
  ino_t inode;
  bool operator==(const FileId&) const = default;
};

std::optional<FileId> id_of(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return std::nullopt;
  return FileId{info.st_dev, info.st_ino};
}

class LocalListener final : public AcceptLoop<Local> {
 public:
  LocalListener(Acceptor acceptor, std::weak_ptr<ServerCore> core, std::string path)
      : AcceptLoop(std::move(acceptor), std::move(core)), path_(std::move(path)), file_(id_of(path_)) {}

  void stop() override {
    AcceptLoop::stop();
    if (file_ && id_of(path_) == file_) ::unlink(path_.c_str());  // a successor's file is not ours to remove
  }

 private:
  std::unique_ptr<Transport> welcome(Socket socket, Peer& peer) override {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return nullptr;
    peer.local_socket = true;
    peer.uid = credentials.uid;
    peer.address = "unix";
    return make_socket_transport(StreamSocket(std::move(socket)));
  }

  std::string path_;
  std::optional<FileId> file_;
};

// Makes room at `path`: removes a socket that nobody answers at, and nothing else.
Status remove_stale(asio::io_context& io, const Local::endpoint& endpoint, const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return {};
  if (!S_ISSOCK(info.st_mode)) return Error(ErrorCode::kAlreadyExists, path + " exists and is not a socket");
  LocalListener::Socket probe(io.get_executor());
  ErrorFlag error;
  probe.connect(endpoint, error);
  if (error != asio::error::connection_refused)
    return Error(ErrorCode::kAlreadyExists, "another process answers at " + path);
  if (::unlink(path.c_str()) != 0) return Error(ErrorCode::kIo, "removing the stale socket " + path);
  return {};
}

}  // namespace

Result<std::shared_ptr<Listener>> listen_on_local(asio::io_context& io, std::weak_ptr<ServerCore> core,
                                                  const std::string& path) {
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path))
    return Error(ErrorCode::kInvalidConfiguration, "the socket path '" + path + "' is empty or longer than 107 bytes");
  const Local::endpoint endpoint(path);
  LUMENFLOW_TRY(remove_stale(io, endpoint, path));
  LocalListener::Acceptor acceptor(io.get_executor());
  ErrorFlag error;
  if (acceptor.open(endpoint.protocol(), error) || acceptor.bind(endpoint, error))
    return Error(ErrorCode::kIo, "binding " + path + ": " + error.message());
  // Before listen(): nobody can connect yet, so there is no moment at which others could.
  if (::chmod(path.c_str(), 0600) != 0) return Error(ErrorCode::kIo, "restricting " + path + " to its owner");
  if (acceptor.listen(LocalListener::Acceptor::max_listen_connections, error))
    return Error(ErrorCode::kIo, "listening on " + path + ": " + error.message());
  return std::shared_ptr<Listener>(std::make_shared<LocalListener>(std::move(acceptor), std::move(core), path));
}

}  // namespace lumenflow::http
