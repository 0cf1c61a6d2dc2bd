#include "http/interrupt.h"

#include <sys/socket.h>
#include <unistd.h>

namespace lumenflow::http {

void Interrupt::fire() {
  fired_ = true;
  const std::lock_guard lock(mutex_);
  for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
}

void Interrupt::opened(int socket) {
  const std::lock_guard lock(mutex_);
  sockets_.insert(socket);
  if (fired_) ::shutdown(socket, SHUT_RDWR);
}

void Interrupt::close(int socket) {
  const std::lock_guard lock(mutex_);
  sockets_.erase(socket);
  ::close(socket);
}

}  // namespace lumenflow::http
