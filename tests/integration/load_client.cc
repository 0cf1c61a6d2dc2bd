// A client that never gives up: creates tasks over HTTP until its parent closes its stdout, and prints the receipt and
// the task id of each one that was acknowledged. Started by crash_test; needs a URL, a token and a name.
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "http/client.h"
#include "lumenflow/json.h"

int main(int argc, char** argv) {
  using namespace lumenflow;
  if (argc != 4) return 2;
  const std::string url = argv[1], token = argv[2], name = argv[3];
  http::ClientOptions options;
  options.base_url = url;
  options.timeout = std::chrono::milliseconds(5'000);
  http::Client client(options);
  int undone = 0;
  for (int n = 0;; ++n) {
    http::ClientRequest request;
    request.method = http::Method::kPost;
    request.path = "/tools/task:create";
    request.headers = {{"Authorization", "Bearer " + token}, {"Idempotency-Key", name + "-" + std::to_string(n)}};
    request.body = json::serialize(json::Object{{"title", name + " task " + std::to_string(n)}});
    // The same key until it is answered: what a crash hid is found out, not done twice.
    for (;;) {
      const Result<http::ClientResponse> answer = client.send(request);
      if (!answer.ok() || answer->status == 503) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));  // the sidecar is being started again
        if (std::printf(".\n") < 0 || std::fflush(stdout) != 0) return 0;
        continue;
      }
      const Result<json::Value> body = json::parse(answer->body);
      const json::Value* code = body.ok() ? body->at_pointer("/error/code") : nullptr;
      const json::Value* message = body.ok() ? body->at_pointer("/error/message") : nullptr;
      if (code != nullptr && *code == json::Value("TOOL_CRASHED") && message != nullptr &&
          message->as_string().ends_with("nothing was changed")) {  // the record under this key says so: take another
        request.headers[1].second = name + "-again-" + std::to_string(undone++);
        continue;
      }
      const json::Value* receipt = body.ok() ? body->at_pointer("/metadata/receipt_id") : nullptr;
      const json::Value* task = body.ok() ? body->at_pointer("/data/task/id") : nullptr;
      if (answer->status != 200 || receipt == nullptr || task == nullptr) {
        std::printf("! %d %s\n", answer->status, answer->body.c_str());
        std::fflush(stdout);
        return 1;
      }
      if (std::printf("%s %s\n", receipt->as_string().c_str(), task->as_string().c_str()) < 0 ||
          std::fflush(stdout) != 0)
        return 0;
      break;
    }
  }
}
