#include "consumers/http_transport.h"

namespace lumenflow::consumers {

Result<HttpResponse> HttpTransport::post(const HttpRequest& request) {
  http::ClientRequest sent;
  sent.method = http::Method::kPost;
  sent.path = request.path;
  sent.headers = request.headers;
  sent.body = request.body;
  LUMENFLOW_TRY_ASSIGN(http::ClientResponse answer, client_.send(sent));
  return HttpResponse{answer.status, std::move(answer.headers), std::move(answer.body)};
}

}  // namespace lumenflow::consumers
