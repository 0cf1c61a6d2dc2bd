#include "conductor_link/errands.h"

#include <utility>

namespace lumenflow::conductor_link {
namespace {

http::ClientOptions interruptible(http::ClientOptions options, std::shared_ptr<http::Interrupt> interrupt) {
  options.interrupt = std::move(interrupt);
  return options;
}

}  // namespace

Errands::Errands(Account& account, HttpLink& link, ErrandSource& source, const std::string& ca_file)
    : interrupt_(std::make_shared<http::Interrupt>()),
      options_(interruptible(client_options(account, ca_file), interrupt_)),
      list_(account, link, source),
      thread_([this] { run(); }) {}

Errands::~Errands() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    changed_.notify_one();
  }
  interrupt_->fire();
  thread_.join();
}

void Errands::ring() {
  const std::lock_guard lock(mutex_);
  rung_ = true;
  changed_.notify_one();
}

void Errands::run() {
  http::Client client(options_);
  for (;;) {
    while (const std::optional<http::ClientRequest> request = list_.next()) list_.heard(client.send(*request));
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, list_.pause(), [this] { return closing_ || (rung_ && list_.all()); });
    if (closing_) return;
    rung_ = false;
  }
}

}  // namespace lumenflow::conductor_link
