// The filtering proxy of one sandbox: HTTP's CONNECT, and plain http requests in absolute form (RFC 9110, 9.3.6; RFC
// 9112, 3.2.2), to the hosts of an allowlist alone.
//
// It resolves names itself. A name that is listed may lead to public addresses, and to others only if those are listed
// too, so no name can be bent towards this machine or its network.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lumenflow/result.h"
#include "sandbox/start.h"

namespace lumenflow::sandbox {

// Numeric addresses of a host, best first; empty when there are none. Called from several threads.
using Resolve = std::function<std::vector<std::string>(const std::string& host)>;
std::vector<std::string> resolve_by_system(const std::string& host);

// INVALID_INPUT names an entry that is none. At most 64 connections at a time; more wait.
Result<std::unique_ptr<Attendant>> make_proxy(const std::vector<std::string>& allowlist,
                                              Resolve resolve = resolve_by_system);

}  // namespace lumenflow::sandbox
