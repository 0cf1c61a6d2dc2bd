// The commands of the control plane; see cli/commands.h for how commands answer.
#pragma once

#include <string>

#include "cli/context.h"

namespace lumenflow::cli {

struct ConductorFlags {
  std::string listen = "127.0.0.1:7430";
  std::string store = "sqlite:./conductor.db";
  std::string public_url;
  std::string tls_cert;
  std::string tls_key;
  bool private_hooks = false;
  bool private_sidecars = false;
  std::string name;                   // init-admin, operator, rotate-key
  std::string role = "viewer";        // operator
  std::string passphrase_file = "-";  // init-admin, operator, rotate-key
  std::string url;                    // rotate-key: of the conductor that runs
  std::string ca_file;                // rotate-key
  std::string workspace;              // ticket
  std::string kind = "workspace";     // ticket
  bool json = false;
};
int run_conductor(Context& context, const ConductorFlags& flags);
// Beside a running conductor or before it starts: they write to its records.
int run_conductor_operator(Context& context, const ConductorFlags& flags);
int run_conductor_ticket(Context& context, const ConductorFlags& flags);
// Over the network, as an admin who signs in for it.
int run_conductor_rotate_key(Context& context, const ConductorFlags& flags);

}  // namespace lumenflow::cli
