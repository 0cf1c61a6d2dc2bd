// The active packs and their tools, found by name or alias. Immutable once built: a reload builds another.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/pack.h"
#include "pack/manifest.h"

namespace lumenflow::pack {

struct LoadedPack {
  Manifest manifest;
  std::string integrity;  // "sha256:<hex>" over its files (01-packs, Loading)
  std::string source;     // "builtin", "local", "git"
};

struct RefusedPack {
  std::string id;
  Diagnostics diagnostics;
};

// A tool that can be called.
struct ActiveTool {
  ToolDescriptor descriptor;
  const LoadedPack* pack = nullptr;  // owned by the registry; null for kernel tools
  ToolTraits traits;
  ToolHandler handler;
};

class Registry {
 public:
  // Canonical names and aliases; null when there is none. The tool lives as long as the registry.
  const ActiveTool* find(std::string_view name_or_alias) const;
  const std::vector<std::unique_ptr<ActiveTool>>& tools() const { return tools_; }  // by name, in byte order
  const std::vector<std::unique_ptr<LoadedPack>>& packs() const { return packs_; }  // by id, in byte order
  const std::vector<RefusedPack>& refused() const { return refused_; }
  const Diagnostics& diagnostics() const { return diagnostics_; }
  const LoadedPack* find_pack(std::string_view id) const;
  // Lower-case hex SHA-256 over what GET /tools says of every tool: those that are not internal_only, by name.
  const std::string& hash() const { return hash_; }

 private:
  friend class RegistryBuilder;
  std::vector<std::unique_ptr<LoadedPack>> packs_;
  std::vector<std::unique_ptr<ActiveTool>> tools_;
  std::map<std::string, const ActiveTool*, std::less<>> by_name_;
  std::vector<RefusedPack> refused_;
  Diagnostics diagnostics_;
  std::string hash_;
};

// What `GET /tools` says of one tool, without `callable`.
json::Value describe_tool(const ActiveTool& tool);

class RegistryBuilder {
 public:
  RegistryBuilder();
  ~RegistryBuilder();
  // Parses, checks against what the code registers (LF1031, LF1033), and adds; a pack with errors is refused, with its
  // diagnostics. The pack is static data.
  void add_builtin(const BuiltinPack& pack);
  // Cross-pack checks (LF1005, LF1012, LF1016, LF1020), then the registry. Of two packs that collide the one added
  // later is refused. Call once.
  std::shared_ptr<const Registry> build();

 private:
  struct Candidate;
  struct Taken;
  static void check_against(Candidate& candidate, const Taken& taken);
  void accept(Candidate& candidate, Taken& taken);
  void check_subscriptions(const Candidate& candidate, const LoadedPack& pack, const Taken& taken);
  void refuse(std::string id, Diagnostics diagnostics);

  std::unique_ptr<Registry> registry_ = std::make_unique<Registry>();
  std::vector<std::unique_ptr<Candidate>> candidates_;
};

// "sha256:<hex>": SHA-256 over, for each file by path in byte order: path, NUL, hex SHA-256 of the file, NUL.
std::string integrity_of(const BuiltinPack& pack);

}  // namespace lumenflow::pack
