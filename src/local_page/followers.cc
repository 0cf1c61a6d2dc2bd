#include "local_page/followers.h"

#include <utility>

#include "http/sse.h"
#include "lumenflow/json.h"
#include "lumenflow/sse_reader.h"

namespace lumenflow::local_page {
namespace {

// Between the sidecar's stream and the page's: frames go through one by one, and the reader's slowness goes back.
class Between final : public http::BodyStream {
 public:
  Between(std::shared_ptr<http::BodyStream> outer, const std::string& log_id)
      : outer_(std::move(outer)),
        prefix_("{\"log_id\":" + json::serialize(json::Value(log_id)) + ","),
        events_([this](const ReceivedEvent& event) {
          pass(event);
          return true;
        }) {}
  bool write(std::string_view bytes) override {
    out_.clear();
    if (!events_.feed(bytes)) return false;
    if (out_.empty()) out_ = ":\n\n";  // a heartbeat stays one
    return outer_->write(out_);
  }
  std::size_t buffered_bytes() const override { return outer_->buffered_bytes(); }
  bool closed() const override { return outer_->closed(); }
  void on_close(std::function<void()> callback) override { outer_->on_close(std::move(callback)); }
  void end() override { outer_->end(); }

 private:
  // Where the reader stands is the sidecar's word to its own readers; the rest are events, and how it ended.
  void pass(const ReceivedEvent& received) {
    if (received.type == "resume") return;
    const bool event = received.type != "error" && received.data.size() > 2;
    const std::string data = event ? prefix_ + received.data.substr(1) : received.data;
    http::SseEvent sent;
    sent.id = events_.last_id();
    sent.event = received.type;
    sent.data = data;
    http::append_sse(out_, sent);
  }
  std::shared_ptr<http::BodyStream> outer_;
  const std::string prefix_;
  SseReader events_;
  std::string out_;
};

class Opening final : public http::Responder {
 public:
  using Open = std::function<std::shared_ptr<http::BodyStream>(http::Response)>;
  Opening(Open open, std::function<void(http::Response)> refuse) : open_(std::move(open)), refuse_(std::move(refuse)) {}
  void send(http::Response response) override { refuse_(std::move(response)); }
  std::shared_ptr<http::BodyStream> stream(http::Response head) override { return open_(std::move(head)); }

 private:
  Open open_;
  std::function<void(http::Response)> refuse_;
};

}  // namespace

std::unique_ptr<http::Responder> Followers::follow(std::string cookie, std::string log_id, Opening::Open outer,
                                                   std::function<void(http::Response)> refuse) {
  std::erase_if(all_, [](const Follower& one) { return one.stream.expired(); });
  const auto open = [this, cookie = std::move(cookie), log_id = std::move(log_id),
                     outer = std::move(outer)](http::Response head) -> std::shared_ptr<http::BodyStream> {
    auto stream = std::make_shared<Between>(outer(std::move(head)), log_id);
    all_.push_back({cookie, stream});
    return stream;
  };
  return std::make_unique<Opening>(open, std::move(refuse));
}

void Followers::end_of(std::string_view cookie) {
  for (const Follower& one : all_)
    if (const auto stream = one.cookie == cookie ? one.stream.lock() : nullptr) stream->end();
}

void Followers::end_all() {
  for (const Follower& one : all_)
    if (const auto stream = one.stream.lock()) stream->end();
}

}  // namespace lumenflow::local_page
