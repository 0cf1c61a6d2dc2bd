#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "http/accept_loop.h"
#include "http/listeners.h"
#include "http/socket_transport.h"

namespace lumenflow::http {
namespace {

// Closes what nobody took over.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

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

Error io_error(const std::string& what) { return Error(ErrorCode::kIo, what + ": " + std::strerror(errno)); }

Descriptor new_socket() { return Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

// Makes room at `path`: removes a socket that nobody answers at, and nothing else.
Status remove_stale(const sockaddr_un& address, const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return {};
  if (!S_ISSOCK(info.st_mode)) return Error(ErrorCode::kAlreadyExists, path + " exists and is not a socket");
  const Descriptor probe = new_socket();
  // Non-blocking, so a live server with a full backlog says EAGAIN; only a refusal means that nobody listens.
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno != ECONNREFUSED)
    return Error(ErrorCode::kAlreadyExists, "another process answers at " + path);
  if (::unlink(path.c_str()) != 0) return io_error("removing the stale socket " + path);
  return {};
}

std::unique_ptr<Transport> welcome(boost::asio::io_context& io, int fd, Peer& peer) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    ::close(fd);
    return nullptr;
  }
  peer.local_socket = true;
  peer.uid = credentials.uid;
  peer.address = "unix";
  return make_socket_transport(io, fd);
}

}  // namespace

Result<std::shared_ptr<Listener>> listen_on_local(boost::asio::io_context& io, std::weak_ptr<ServerCore> core,
                                                  const std::string& path) {
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return Error(ErrorCode::kInvalidConfiguration, "the socket path '" + path + "' is empty or longer than 107 bytes");
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  LUMENFLOW_TRY(remove_stale(address, path));
  Descriptor socket = new_socket();
  if (socket.get() < 0 || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return io_error("binding " + path);
  // Before listen(): nobody can connect yet, so there is no moment at which others could.
  if (::chmod(path.c_str(), 0600) != 0) return io_error("restricting " + path + " to its owner");
  if (::listen(socket.get(), SOMAXCONN) != 0) return io_error("listening on " + path);
  const auto greet = [&io](int fd, Peer& peer) { return welcome(io, fd, peer); };
  const auto remove_file = [path, ours = id_of(path)] {
    if (ours && id_of(path) == ours) ::unlink(path.c_str());  // a successor's file is not ours to remove
  };
  return make_accept_loop(io, socket.release(), std::move(core), greet, remove_file);
}

}  // namespace lumenflow::http
