// Who is told that something of a workspace became durable. The bell only rings: whoever hears it reads. One thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lumenflow::conductor {

class Bells {
 public:
  using Ring = std::function<void()>;  // may answer, may subscribe
  // Rings until `alive` is gone; borrowed by weak reference, because streams end by themselves.
  void subscribe(const std::string& workspace, std::weak_ptr<void> alive, Ring ring) {
    std::vector<Subscriber>& of = subscribers_[workspace];
    std::erase_if(of, [](const Subscriber& one) { return one.alive.expired(); });
    of.push_back({std::move(alive), std::move(ring)});
  }
  void ring(const std::string& workspace) {
    const auto found = subscribers_.find(workspace);
    if (found == subscribers_.end()) return;
    std::erase_if(found->second, [](const Subscriber& one) { return one.alive.expired(); });
    if (found->second.empty()) {
      subscribers_.erase(found);
      return;
    }
    const std::vector<Subscriber> now = found->second;  // who is told may subscribe
    for (const Subscriber& one : now)
      if (const auto alive = one.alive.lock()) one.ring();
  }

 private:
  struct Subscriber {
    std::weak_ptr<void> alive;
    Ring ring;
  };
  std::map<std::string, std::vector<Subscriber>> subscribers_;
};

}  // namespace lumenflow::conductor
