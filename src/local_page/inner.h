// Requests to the sidecar of this process, and what comes back: whole answers, and streams that are looked into.
//
// The io thread. What asks keeps itself alive by what it gives to be called.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/server.h"
#include "local_page/local_page.h"
#include "lumenflow/json.h"

namespace lumenflow::local_page {

struct Ask {
  http::Method method = http::Method::kGet;
  std::string target;
  std::optional<json::Value> body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};  // names in lower case
};

// An answer as it is, and its body where that is JSON; null else.
struct Told {
  http::Response response;
  json::Value body;
  bool ok() const { return response.status < 300; }
};

class Inner {
 public:
  explicit Inner(AskSidecar ask) : ask_(std::move(ask)) {}
  void ask(Ask question, std::function<void(Told)> told) const;
  // The events of a stream by name and data, until `over`; an answer that is no stream goes to `told`, as a whole.
  struct Listener {
    std::function<void(std::string_view event, std::string_view data)> event;
    std::function<void(Told)> told;
    std::function<void()> over;
  };
  void listen(Ask question, Listener listener) const;
  // With a responder of one's own.
  void pass(Ask question, std::unique_ptr<http::Responder> responder) const;

 private:
  AskSidecar ask_;
};

}  // namespace lumenflow::local_page
