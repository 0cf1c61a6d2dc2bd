// What signs in the name of the workspace's operator. Who owns the key gives the functions; without them nothing is
// signed.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::local_page {

struct OperatorHand {
  // Of GET /approvals/{id}: the input of kernel:approve or kernel:deny.
  std::function<Result<json::Value>(const json::Value& shown, bool approve, const std::string& reason)> decide;
  // Of GET /recoveries/{id}: the input of kernel:confirm.
  std::function<Result<json::Value>(const json::Value& shown, const std::string& reason)> consent;
  // The header LumenFlow-Operator for one call of this kernel tool.
  std::function<Result<std::string>(std::string_view tool)> prove;

  bool is_there() const { return decide && consent && prove; }
};

}  // namespace lumenflow::local_page
