// The streams of events that pages follow: the sidecar's, each event with its journal's id, as a conductor says them. A
// stream ends with the session that opened it.
//
// The io thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/server.h"

namespace lumenflow::local_page {

class Followers {
 public:
  // What the sidecar is to answer a request for its stream with. `outer` opens the page's own stream, `refuse` answers
  // instead of it.
  std::unique_ptr<http::Responder> follow(std::string cookie, std::string log_id,
                                          std::function<std::shared_ptr<http::BodyStream>(http::Response)> outer,
                                          std::function<void(http::Response)> refuse);
  void end_of(std::string_view cookie);
  void end_all();

 private:
  struct Follower {
    std::string cookie;
    std::weak_ptr<http::BodyStream> stream;
  };
  std::vector<Follower> all_;
};

}  // namespace lumenflow::local_page
