// The commands that mount MCP servers, and what their flags say. Each returns the process's exit code.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/context.h"

namespace lumenflow::cli {

struct ImportMcpFlags {
  std::vector<std::string> server;  // a URL, or a program and its arguments
  std::string id;                   // empty: made of the server's name
  std::string out;                  // empty: packs/<id> of the workspace
  std::vector<std::string> reads, writes, hosts, environment;
  std::string bearer_env;
  std::string ca_file;
  bool allow_private = false;
  bool keep_names = false;
  bool no_pin = false;
  bool update = false;
  bool accept = false;
  int timeout_s = 60;
};
int run_import_mcp(Context& context, const ImportMcpFlags& flags);

}  // namespace lumenflow::cli
