// An OpenAPI description held against what is really asked and answered. Tests only. Any thread.
//
// Fails the running test where an answer is not as its route's description says, or where a request that was accepted
// is not.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "http/server.h"
#include "json/schema.h"
#include "lumenflow/json.h"

namespace lumenflow::http {

struct Exchanged {
  Method method = Method::kGet;
  std::string target;                 // as it was sent
  const json::Value* body = nullptr;  // of the request; null where it was none, or no JSON
  int status = 0;
  std::string content_type;
  std::string answer;
};

class Documented {
 public:
  explicit Documented(json::Value openapi) : openapi_(std::move(openapi)) {}

  void expect(const Exchanged& exchanged);
  // The data of one server-sent event.
  void expect_event(const std::string& target, const std::string& data, Method method = Method::kGet);

 private:
  const json::Value* operation_of(Method method, std::string_view target) const;
  void expect_valid(const json::Value& schema, const json::Value& value, const std::string& what);

  const json::Value openapi_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<json::Schema>> compiled_;  // by the schema's text
};

// A description of the source tree; null when there is none.
json::Value kept(const std::string& path);
// Whether a file of the source tree is this description, indented: what clients are generated from. With
// LUMENFLOW_UPDATE in the environment it is written.
bool is_kept(const json::Value& openapi, const std::string& path);

}  // namespace lumenflow::http
