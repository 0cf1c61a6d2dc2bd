// The shapes of the pack protocol's messages, from schemas/pack-protocol/, which are part of the program.
//
// Immutable once built; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "json/schema.h"
#include "lumenflow/result.h"

namespace lumenflow::hosts {

constexpr std::int64_t kProtocolVersion = 1;

class Protocol {
 public:
  Protocol();  // compiles the schemas: some milliseconds
  // INVALID_INPUT with JSON pointers, for a method that there is.
  Status check_params(std::string_view method, const json::Value& params) const;
  Status check_result(std::string_view method, const json::Value& result) const;
  // Whether there is such a method from the pack.
  bool from_pack(std::string_view method) const;
  bool has(std::string_view method) const { return methods_.find(method) != methods_.end(); }

 private:
  struct Method {
    bool from_pack = false;
    std::unique_ptr<json::Schema> params;
    std::unique_ptr<json::Schema> result;  // null: a notification
  };
  std::map<std::string, Method, std::less<>> methods_;
};

}  // namespace lumenflow::hosts
