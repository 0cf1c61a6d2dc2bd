// The accept loop that both kinds of listener share: it rests while the server is full, and survives a lack of
// descriptors.
#pragma once

#include <functional>
#include <memory>

#include "http/server_core.h"

namespace lumenflow::http {

// Makes a transport of an accepted socket, which it takes over, and says who is there; null refuses it.
using Welcome = std::function<std::unique_ptr<Transport>(int fd, Peer& peer)>;

// Takes over the listening, non-blocking socket `fd`. `on_stop` runs once, when it has been closed.
std::shared_ptr<Listener> make_accept_loop(boost::asio::io_context& io, int fd, std::weak_ptr<ServerCore> core,
                                           Welcome welcome, std::function<void()> on_stop);

}  // namespace lumenflow::http
