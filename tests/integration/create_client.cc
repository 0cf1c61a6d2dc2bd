// Creates tasks over HTTP, several at once over a connection each, and prints the id of each that was acknowledged.
// Started by storage_test; needs a URL, a token, a name, and how many.
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "http/client.h"
#include "lumenflow/json.h"

int main(int argc, char** argv) {
  using namespace lumenflow;
  if (argc != 5) return 2;
  const std::string url = argv[1], token = argv[2], name = argv[3];
  const int count = std::atoi(argv[4]);
  std::mutex mutex;
  std::vector<std::string> lines;
  std::vector<std::thread> threads;
  for (int n = 0; n < count; ++n)
    threads.emplace_back([&, n] {
      http::ClientOptions options;
      options.base_url = url;
      http::Client client(options);
      http::ClientRequest request;
      request.method = http::Method::kPost;
      request.path = "/tools/task:create";
      request.headers = {{"Authorization", "Bearer " + token}};
      request.body = json::serialize(json::Object{{"title", name + " task " + std::to_string(n)}});
      const Result<http::ClientResponse> answer = client.send(request);
      const Result<json::Value> body = answer.ok() ? json::parse(answer->body) : Result<json::Value>(answer.error());
      const json::Value* task = body.ok() ? body->at_pointer("/data/task/id") : nullptr;
      const std::lock_guard lock(mutex);
      if (task != nullptr)
        lines.push_back(task->as_string());
      else
        lines.push_back("! " + (answer.ok() ? answer->body : answer.error().to_string()));
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& line : lines) std::printf("%s\n", line.c_str());
}
