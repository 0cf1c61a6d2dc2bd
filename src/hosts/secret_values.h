// The values that a pack was given in its environment, and what it says without them.
//
// Thread safe. A value stays known for as long as the object lives: what was given may come back late.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "hosts/message.h"
#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::hosts {

class SecretValues {
 public:
  // The value, each of its lines, and both as they stand in JSON. One of under three bytes hides nothing.
  void add(std::string_view value);

  // With "***" in place of each value.
  std::string masked(std::string_view text) const;
  json::Value masked_value(json::Value value) const;  // in all its strings, keys included
  Error masked(const Error& error) const;
  // A refusal, and the error of a Result; what a tool answers when it succeeds is its own.
  void mask_errors(Message& message) const;

 private:
  void add_needle(std::string needle);

  mutable std::mutex mutex_;
  std::vector<std::string> needles_;  // longest first
};

}  // namespace lumenflow::hosts
