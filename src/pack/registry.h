// The active packs and their tools, found by name or alias. Immutable once built: a reload builds another.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/pack.h"
#include "pack/automation.h"
#include "pack/manifest.h"
#include "pack/sources.h"

namespace lumenflow::pack {

struct LoadedPack {
  Manifest manifest;
  PackOrigin origin;
  json::Value config;  // its section of lumenflow.yaml; null when there is none
  std::vector<RegisteredTimer> timers;
  std::vector<RegisteredHandler> handlers;  // one for each subscribed kind
  std::vector<Automation> automations;      // those that can fire
  std::shared_ptr<Executor> executor;       // its own; null: the program's. Shared with the work in flight
  std::string isolation;                    // what holds its code; empty: it runs in the program itself
  // Null for packs without code. Shared with the registry of the reload after this one, while the pack stays the same:
  // its processes and what they hold go on.
  std::shared_ptr<const Registration> code;
};

struct RefusedPack {
  std::string id;
  PackOrigin origin;  // as far as it is known
  Diagnostics diagnostics;
};

// Starts a pack's code, which lies in `folder`, and lets it register. What the registered functions own ends when the
// last copy of them does. An error says why the code cannot be used.
using CodeLoader =
    std::function<Status(const Manifest& manifest, const std::string& folder, Registration& registration)>;

// A tool that can be called.
struct ActiveTool {
  ToolDescriptor descriptor;
  const LoadedPack* pack = nullptr;  // owned by the registry; null for kernel tools
  ToolTraits traits;
  ToolHandler handler;
  StatusHandler status;  // empty: the pack does not tell
  InputRule input_rule;  // empty: inputs count as they stand
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

// A root key of lumenflow.yaml that a pack owns.
struct ConfigSection {
  std::string key;
  std::shared_ptr<const json::Schema> schema;  // null: anything goes
  json::Value source;                          // the schema as written, for "did you mean"
};

// What a workspace offers to its packs.
struct Activation {
  std::function<bool(std::string_view surface)> has_provider;  // somebody decides this approval
  std::function<bool(std::string_view surface)> has_surface;
  std::map<std::string, json::Value> sections;  // of lumenflow.yaml, by config_key
};

class RegistryBuilder {
 public:
  RegistryBuilder();
  RegistryBuilder(RegistryBuilder&&) noexcept;
  ~RegistryBuilder();
  // Parses and adds; a pack with errors is refused, with its diagnostics. The pack is static data.
  void add_builtin(const BuiltinPack& pack);
  // A pack without its code, to judge its manifest beside those added so far; of these it replaces one of its own id.
  // None of its tools can be called.
  void add_files(const PackFiles& files, const std::string& display_path);
  // A pack of a source, pinned as `id`. Its code is started by build(), in the folder that the origin names.
  void add_opened(const std::string& id, const PackFiles& files, const std::string& display_path, PackOrigin origin);
  // A pin whose pack cannot be added, and why.
  void add_refused(std::string id, PackOrigin origin, Diagnostics diagnostics);
  // Of the packs added so far.
  std::vector<ConfigSection> sections() const;
  const LoadedPack* find_candidate(std::string_view id) const;  // null when its manifest cannot be read
  // Lets each pack's code register, given its section of lumenflow.yaml, and checks it against the manifest (LF1031,
  // LF1032, LF1033); then the checks across packs (LF1005, LF1012, LF1016, LF1020, LF1066, LF1078), those of activation
  // (LF1050, LF1051) when given, and the registry. Of two packs that collide the one added later is refused. Code of a
  // process is started last, by `load_code`, and of packs without other faults alone; without a loader they have no
  // tools that can be called. A pack that `before` has just so keeps its code from there. Call once.
  std::shared_ptr<const Registry> build(const Activation* activation = nullptr, const CodeLoader& load_code = {},
                                        const Registry* before = nullptr);

 private:
  struct Candidate;
  struct Taken;
  static void let_register(Candidate& candidate, const CodeLoader& load_code, const Registry* before);
  static std::shared_ptr<const Registration> code_before(const LoadedPack& pack, const Registry* before);
  static void redirect(Manifest& manifest, const std::map<std::string, std::string>& moved);
  static void take_code(Candidate& candidate, std::shared_ptr<const Registration> code);
  static void check_against(Candidate& candidate, const Taken& taken);
  static void check_activation(Candidate& candidate, const Activation& activation);
  static void check_subscriptions(Candidate& candidate, const Taken& taken);
  void check_all_automations(bool all_packs_known);
  static void claim(const Candidate& candidate, Taken& taken);
  void activate(Candidate& candidate, const KindsOfTypes& types);
  KindsOfTypes kinds_of_types() const;
  void refuse(std::string id, Candidate& candidate);

  std::unique_ptr<Registry> registry_ = std::make_unique<Registry>();
  std::vector<std::unique_ptr<Candidate>> candidates_;
};

// "sha256:<hex>": SHA-256 over, for each file by path in byte order: path, NUL, hex SHA-256 of the file, NUL.
std::string integrity_of(const BuiltinPack& pack);

}  // namespace lumenflow::pack
