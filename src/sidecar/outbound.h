// How packs reach hosts outside, by libcurl: no redirects, no proxy, and only what the operator allows; https, or plain
// http to an address of this machine or its network that the operator has written down.
//
// The host must be on the list of the request, and so must the address that its name led to, unless that is a public
// one: a name cannot be bent towards this machine or its network, also not between the check and the connection.
#pragma once
#include <memory>
#include <string>

#include "kernel/outbound.h"

namespace lumenflow::sidecar {

// `ca_file`, when not empty, is trusted instead of the system's authorities.
std::unique_ptr<kernel::Outbound> make_outbound(std::string ca_file = {});

}  // namespace lumenflow::sidecar
