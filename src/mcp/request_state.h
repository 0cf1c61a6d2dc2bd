// `requestState` (basic/patterns/mrtr): what a client carries from one round of a request to the next, sealed so that
// nobody but this process reads or changes it, and bound to who asked for what, and until when.
//
// One thread. A restart makes another key: what was carried before counts no more, as the calls behind it are gone.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "base/time.h"
#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::mcp {

// Who asks for what: a state that was made for one request opens with no other.
struct RequestIdentity {
  std::string_view subject;
  std::string_view method;
  std::string_view name;                   // of the tool or prompt, or the URI
  const json::Value* arguments = nullptr;  // null: none
};

class RequestState {
 public:
  explicit RequestState(Random& random);
  std::string seal(const std::string& handle, const RequestIdentity& identity, Timestamp until);
  // The handle. INVALID_INPUT for what was not sealed here, was changed, is over, or is of another request.
  Result<std::string> open(std::string_view state, const RequestIdentity& identity, Timestamp now) const;

 private:
  Random& random_;
  std::string key_;
};

}  // namespace lumenflow::mcp
