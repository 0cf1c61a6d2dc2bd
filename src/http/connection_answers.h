// What a connection hands out: the Responder of one request and the BodyStream of one answer.
//
// Both let go of the connection once the answer is complete, so that a holder who is late cannot write into the next
// one.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "http/server.h"

namespace lumenflow::http {

class Connection;
class ConnectionHost;

class ConnectionResponder final : public Responder {
 public:
  explicit ConnectionResponder(std::shared_ptr<Connection> connection);
  ~ConnectionResponder() override;
  void send(Response response) override;
  std::shared_ptr<BodyStream> stream(Response head) override;

 private:
  std::shared_ptr<Connection> connection_;  // null once answered
};

class ConnectionStream final : public BodyStream {
 public:
  ConnectionStream(std::shared_ptr<Connection> connection, std::shared_ptr<ConnectionHost> host);
  ~ConnectionStream() override;
  bool write(std::string_view bytes) override;
  std::size_t buffered_bytes() const override;
  bool closed() const override { return connection_ == nullptr; }
  void on_close(std::function<void()> callback) override;
  void end() override;

  void cut_off();  // by the connection, when it has closed

 private:
  std::shared_ptr<Connection> connection_;  // null once ended or closed
  std::shared_ptr<ConnectionHost> host_;
  std::function<void()> callback_;
  bool cut_off_ = false;
};

}  // namespace lumenflow::http
