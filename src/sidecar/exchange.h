// One request to the sidecar: who asks, and the answer as a call's Result.
//
// Shared, because a call's completion and the route both hold it; used on the io thread only.
#pragma once

#include <memory>
#include <string>

#include "http/exchange.h"
#include "kernel/call.h"

namespace lumenflow::sidecar {

class Exchange final : public http::Exchange {
 public:
  using http::Exchange::Exchange;

  std::shared_ptr<const kernel::Credential> credential;  // shared with the calls it makes; set once authenticated
  kernel::Surface surface = kernel::Surface::kHttp;
  void send_result(const kernel::CallResult& result);
};

using ExchangePtr = std::shared_ptr<Exchange>;

// A call of a tool as whoever asks.
kernel::Call call_by(const Exchange& exchange, std::string tool, json::Value input);

int status_of(const kernel::CallResult& result);

// The answer of a kernel tool on a route of its own: what the tool refused is a problem of its code; anything else is
// sent as it is.
void send_refusal(Exchange& exchange, const kernel::CallResult& result);

}  // namespace lumenflow::sidecar
