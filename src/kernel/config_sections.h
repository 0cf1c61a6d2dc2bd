// The sections of lumenflow.yaml, one function each. Private to config.cc.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "kernel/config.h"
#include "pack/field_units.h"
#include "pack/fields.h"
#include "pack/policy_fields.h"
#include "pack/registry.h"
#include "pack/secrets.h"

namespace lumenflow::kernel::config_sections {

struct Context {  // borrows everything; lives during one parse
  pack::Report& report;
  pack::Fields& root;
  WorkspaceConfig& config;
  std::vector<pack::SecretLiteral> secrets = {};             // written out where a pack's schema asks for a secret
  std::set<std::string, std::less<>> refused_sections = {};  // of packs, with faults that have been reported
};

void read_scopes_and_lanes(Context& context);  // scopes, network, lanes
void read_approval_providers(Context& context);
void read_surfaces(Context& context);  // surfaces, socket
void read_uplink(Context& context);
void read_storage(Context& context);  // events, journal, record
void read_sandbox(Context& context);
void read_limits(Context& context);
void read_telemetry(Context& context);
// The root keys of the first-party packs, which are known whether or not these are loaded.
void read_known_pack_sections(Context& context);
// The sections that loaded packs own, each against its schema (LF2011).
void read_pack_sections(Context& context, const std::vector<pack::ConfigSection>& sections);

}  // namespace lumenflow::kernel::config_sections
