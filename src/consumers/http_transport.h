// A Transport by the program's own HTTP client. One thread, as that client.
#pragma once

#include "http/client.h"
#include "lumenflow/consumers/client.h"

namespace lumenflow::consumers {

class HttpTransport final : public Transport {
 public:
  explicit HttpTransport(http::ClientOptions options) : client_(std::move(options)) {}
  Result<HttpResponse> post(const HttpRequest& request) override;

 private:
  http::Client client_;
};

}  // namespace lumenflow::consumers
