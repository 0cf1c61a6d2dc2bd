#include "conductor_link/worker.h"

#include <utility>

namespace lumenflow::conductor_link {
namespace {

Error given_up() { return Error(ErrorCode::kUnreachable, "the conversation with the conductor is over"); }

}  // namespace

Worker::Worker(http::ClientOptions options)
    : options_(std::move(options)), interrupt_(std::make_shared<http::Interrupt>()), thread_([this] { run(); }) {}

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    interrupt_->fire();
    changed_.notify_one();
  }
  thread_.join();
  for (const Task& task : std::exchange(tasks_, {})) task.hear(given_up());
}

void Worker::ask(Write write, Hear hear) {
  const std::lock_guard lock(mutex_);
  tasks_.push_back({std::move(write), std::move(hear)});
  changed_.notify_one();
}

void Worker::cut() {
  std::deque<Task> waited;
  {
    const std::lock_guard lock(mutex_);
    if (busy_) interrupt_->fire();
    waited.swap(tasks_);
  }
  for (const Task& task : waited) task.hear(given_up());
}

void Worker::run() {
  std::shared_ptr<http::Interrupt> used;
  std::unique_ptr<http::Client> client;
  for (;;) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      busy_ = false;
      changed_.wait(lock, [this] { return closing_ || !tasks_.empty(); });
      if (closing_) return;
      if (interrupt_->fired()) interrupt_ = std::make_shared<http::Interrupt>();
      task = std::move(tasks_.front());
      tasks_.pop_front();
      busy_ = true;
      if (used != interrupt_) {
        used = interrupt_;
        http::ClientOptions options = options_;
        options.interrupt = used;
        client = std::make_unique<http::Client>(std::move(options));
      }
    }
    if (const std::optional<http::ClientRequest> request = task.write()) task.hear(client->send(*request));
  }
}

}  // namespace lumenflow::conductor_link
