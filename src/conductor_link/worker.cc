#include "conductor_link/worker.h"

#include <utility>

namespace lumenflow::conductor_link {

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
  for (const Task& task : std::exchange(tasks_, {})) task(nullptr);
}

void Worker::post(Task task) {
  const std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
  changed_.notify_one();
}

void Worker::cut() {
  std::deque<Task> given_up;
  {
    const std::lock_guard lock(mutex_);
    if (busy_) interrupt_->fire();
    given_up.swap(tasks_);
  }
  for (const Task& task : given_up) task(nullptr);
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
    task(client.get());
  }
}

}  // namespace lumenflow::conductor_link
