// The pack of a server: manifest, accepted definitions and schemas, out of what the server says and what the operator
// grants.
//
// Values and pure functions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lumenflow/json.h"
#include "mounts/definitions.h"

namespace lumenflow::mounts {

// What the operator says; kept with the definitions for the next update.
struct MountPlan {
  std::string id;
  std::vector<std::string> command;  // or:
  std::string url;
  std::string bearer_env;                  // the variable with the token of a URL
  std::vector<std::string> reads, writes;  // path globs
  std::vector<std::string> hosts;          // allowlist entries
  std::vector<std::string> environment;    // variables that a program is given
  bool keep_names = false;                 // on the MCP surface the tools are called as the server calls them
};

json::Value plan_json(const MountPlan& plan);
MountPlan plan_of(const json::Value& written);

struct MountedTool {
  std::string name, entry;
  std::string permission;
  bool approval = false;
};
struct LeftOutTool {
  std::string entry, reason;
};
struct WrittenPack {
  std::map<std::string, std::string> files;  // path in the pack -> content
  std::vector<MountedTool> tools;
  std::vector<LeftOutTool> left_out;
};

inline constexpr std::string_view kDefinitionsFile = "definitions.json";

// `before` is the manifest of the pack as it was, whose tools keep what the operator has written of them as long as
// their definition is the accepted one, and may become stricter by a new one, never laxer; null: there is none.
WrittenPack write_pack(const MountPlan& plan, const Definitions& found, const json::Value& before = {},
                       const Definitions* accepted = nullptr);

// For looking at a server: a manifest with one tool that may reach all that the plan grants.
std::string probe_manifest(const MountPlan& plan);

// "everything" of "@modelcontextprotocol/server-everything@1.2", "docs" of "https://docs.example.com/mcp".
std::string id_for(const std::vector<std::string>& command, const std::string& url);

}  // namespace lumenflow::mounts
