#include "http/connection_answers.h"

#include <utility>

#include "base/check.h"
#include "http/connection.h"

namespace lumenflow::http {

ConnectionResponder::ConnectionResponder(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}

ConnectionResponder::~ConnectionResponder() {
  if (!connection_) return;
  send(connection_->host_->error_response(Error(ErrorCode::kInternal, "the request was dropped without an answer")));
}

void ConnectionResponder::send(Response response) {
  LUMENFLOW_CHECK(connection_ != nullptr);
  std::exchange(connection_, nullptr)->answer(std::move(response));
}

std::shared_ptr<BodyStream> ConnectionResponder::stream(Response head) {
  LUMENFLOW_CHECK(connection_ != nullptr);
  return std::exchange(connection_, nullptr)->start_stream(head);
}

ConnectionStream::ConnectionStream(std::shared_ptr<Connection> connection, std::shared_ptr<ConnectionHost> host)
    : connection_(std::move(connection)), host_(std::move(host)) {}

ConnectionStream::~ConnectionStream() {
  if (connection_) std::exchange(connection_, nullptr)->abandon_stream();
}

bool ConnectionStream::write(std::string_view bytes) {
  if (!connection_) return false;
  const std::shared_ptr<Connection> connection = connection_;  // cut_off() may let go of ours
  return connection->stream_write(bytes);
}

std::size_t ConnectionStream::buffered_bytes() const { return connection_ ? connection_->buffered_bytes() : 0; }

void ConnectionStream::on_close(std::function<void()> callback) {
  if (cut_off_) return host_->post(std::move(callback));
  if (connection_) callback_ = std::move(callback);
}

void ConnectionStream::end() {
  callback_ = nullptr;
  if (connection_) std::exchange(connection_, nullptr)->end_stream();
}

void ConnectionStream::cut_off() {
  if (!std::exchange(connection_, nullptr)) return;
  cut_off_ = true;
  if (callback_) host_->post(std::exchange(callback_, nullptr));
}

}  // namespace lumenflow::http
