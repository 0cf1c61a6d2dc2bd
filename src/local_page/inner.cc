#include "local_page/inner.h"

#include <unistd.h>

#include <utility>

#include "http/exchange.h"

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
      : listener_(std::move(listener)),
        frames_([this](const FrameReader::Frame& frame) { listener_.event(frame.event, frame.data); }) {}
  ~Ear() override { finish(); }
  bool write(std::string_view bytes) override {
    frames_.take(bytes);
    return true;
  }
  std::size_t buffered_bytes() const override { return 0; }
  bool closed() const override { return false; }
  void on_close(std::function<void()>) override {}
  void end() override { finish(); }

 private:
  void finish() {
    if (!std::exchange(ended_, true)) listener_.over();
  }
  Inner::Listener listener_;
  FrameReader frames_;
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

void FrameReader::take(std::string_view bytes) {
  rest_ += bytes;
  std::size_t begin = 0;
  for (std::size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1)
    line(std::string_view(rest_).substr(begin, end - begin));
  rest_.erase(0, begin);
}

void FrameReader::line(std::string_view text) {
  if (text.empty()) {
    if (!frame_.data.empty()) each_(frame_);
    frame_ = {};
    return;
  }
  const std::size_t colon = std::min(text.find(':'), text.size());
  std::string_view value = text.substr(std::min(colon + 1, text.size()));
  if (value.starts_with(' ')) value.remove_prefix(1);
  const std::string_view field = text.substr(0, colon);
  if (field == "id") frame_.id = value;
  if (field == "event") frame_.event = value;
  if (field == "data") frame_.data += (frame_.data.empty() ? "" : "\n") + std::string(value);
}

}  // namespace lumenflow::local_page
