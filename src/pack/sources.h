// Where a pin's pack comes from: a folder, or a commit of a git repository.
//
// Sources are used by one thread at a time; what they opened is an immutable value.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "lumenflow/result.h"
#include "pack/snapshots.h"

namespace lumenflow::pack {

// What a pin in lumenflow.yaml says of its pack.
struct PinnedSource {
  std::string id;
  std::string source;     // local, git
  std::string path;       // local: of the folder, from the workspace or absolute; git: of the folder in the repository
  std::string url;        // git
  std::string commit;     // git
  std::string integrity;  // "sha256:<hex>"; empty: whatever is there
};

struct PackOrigin {
  std::string source;                             // builtin, local, git
  std::string integrity;                          // "sha256:<hex>"
  std::string folder;                             // where its files are read and its code runs; empty: in the program
  std::string source_folder;                      // of a local pack: where its author changes it
  std::map<std::string, std::string> moved = {};  // of runtime.command: what was copied, and where to
  std::shared_ptr<const void> in_use = {};        // shared: keeps the folder while anything of the pack lives
};

struct OpenedPack {
  PackOrigin origin;
  std::string display_folder;  // how messages name it
};

class PackSources {
 public:
  virtual ~PackSources() = default;
  // NOT_FOUND when there is no such pack, CONFLICT when it is not the pinned one, INVALID_INPUT when it leads out of
  // itself; others when it cannot be read or copied.
  virtual Result<OpenedPack> open(const PinnedSource& pin) = 0;
};

// Where a local pin's pack lies. INVALID_INPUT for a folder that holds the workspace's own state, or lies in it.
Result<std::string> local_folder(const std::string& workspace_root, const std::string& path);

// Packs that run: each is copied first, and the copy is what is opened.
std::unique_ptr<PackSources> make_running_sources(std::string workspace_root, Snapshots& snapshots);
// Packs that are only judged: they are read where they are, and nothing is written.
std::unique_ptr<PackSources> make_judging_sources(std::string workspace_root);

}  // namespace lumenflow::pack
