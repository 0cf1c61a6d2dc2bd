// What `pack import-mcp` and its --update have in common: a server is looked at, and a pack of it is written.
//
// Used on the command's thread.
#pragma once

#include <optional>
#include <string>

#include "cli/commands_mounts.h"
#include "kernel/config.h"
#include "mounts/inspect.h"
#include "mounts/pack_writer.h"
#include "pack/manifest.h"
#include "pack/pack_files.h"

namespace lumenflow::cli {

struct MountPlace {
  std::string root;                               // of the workspace; empty: there is none
  std::optional<kernel::WorkspaceConfig> config;  // of it
};

MountPlace find_mount_place(const Context& context);

// INVALID_CONFIGURATION with every fault of the manifest among `files`.
Result<pack::Manifest> parsed_manifest(const pack::PackFiles& files, const std::string& display);

// Starts or reaches the server as the manifest says, within what all of its tools may reach, and asks for its tools.
Result<mounts::Inspection> inspect_server(Context& context, const MountPlace& place, const ImportMcpFlags& flags,
                                          const pack::Manifest& manifest, const std::string& folder);

Status write_mounted_pack(Context& context, const std::string& folder, const mounts::WrittenPack& pack);
void print_mounted_tools(Context& context, const mounts::WrittenPack& pack);

// The faults of the folder, shown; 0 when there are none. The last word on what was written.
int judge_mounted_pack(Context& context, const std::string& folder);
int pin_mounted_pack(Context& context, const MountPlace& place, const ImportMcpFlags& flags, const std::string& folder);

// `pack import-mcp --update`.
int update_mounted_pack(Context& context, const ImportMcpFlags& flags);

}  // namespace lumenflow::cli
