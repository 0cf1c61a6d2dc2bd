#include "local_page/inner.h"

#include <unistd.h>

#include <utility>

#include "http/exchange.h"
#include "lumenflow/sse_reader.h"

namespace lumenflow::local_page {
namespace {

Told told_of(http::Response response) {
  Result<json::Value> body = json::parse(response.body, {.depth_max = 512});
  return {std::move(response), body.ok() ? *std::move(body) : json::Value()};
}

// Tells frames as they are written; nobody reads behind it, so it is never full.
class Ear final : public http::BodyStream {
 public:
  explicit Ear(Inner::Listener listener)
      : listener_(std::move(listener)), events_([this](const ReceivedEvent& event) {
          listener_.event(event.type, event.data);
          return true;
        }) {}
  ~Ear() override { finish(); }
  bool write(std::string_view bytes) override { return events_.feed(bytes); }
  std::size_t buffered_bytes() const override { return 0; }
  bool closed() const override { return false; }
  void on_close(std::function<void()>) override {}
  void end() override { finish(); }

 private:
  void finish() {
    if (!std::exchange(ended_, true)) listener_.over();
  }
  Inner::Listener listener_;
  SseReader events_;
  bool ended_ = false;
};

class Listening final : public http::Responder {
 public:
  explicit Listening(Inner::Listener listener) : listener_(std::move(listener)) {}
  ~Listening() override {
    if (answered_) return;
    listener_.told(told_of(http::problem(Error(ErrorCode::kInternal, "the sidecar did not answer"))));
  }
  void send(http::Response response) override {
    answered_ = true;
    listener_.told(told_of(std::move(response)));
  }
  std::shared_ptr<http::BodyStream> stream(http::Response) override {
    answered_ = true;
    return std::make_shared<Ear>(std::move(listener_));
  }

 private:
  Inner::Listener listener_;
  bool answered_ = false;
};

}  // namespace

void Inner::pass(Ask question, std::unique_ptr<http::Responder> responder) const {
  http::Request request;
  request.method = question.method;
  request.target = std::move(question.target);
  request.headers = std::move(question.headers);
  if (question.body) {
    request.headers.emplace_back("content-type", "application/json");
    request.body = json::serialize(*question.body);
  }
  request.peer.local_socket = true;  // this process is the one at the other end
  request.peer.uid = ::getuid();
  request.peer.address = "page";
  ask_(std::move(request), std::move(responder));
}

void Inner::listen(Ask question, Listener listener) const {
  pass(std::move(question), std::make_unique<Listening>(std::move(listener)));
}

void Inner::ask(Ask question, std::function<void(Told)> told) const {
  Listener listener;
  listener.event = [](std::string_view, std::string_view) {};
  listener.over = [] {};
  listener.told = std::move(told);
  listen(std::move(question), std::move(listener));
}

}  // namespace lumenflow::local_page
