// What is so of one work unit, in the repository, in the kernel's tasks and in the pack's own records.
//
// Values. Gathering reads and changes nothing.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "software-delivery/board.h"
#include "software-delivery/folder.h"
#include "software-delivery/git.h"
#include "software-delivery/work_unit.h"
#include "software-delivery/worktree.h"

namespace lumenflow::software_delivery {

// What the pack has set out to do with a WU, written down before it begins: key `wu/<id>` of its store.
struct Record {
  std::string step;  // claiming, claimed, releasing, finishing
  std::string lane;  // its id
  std::string branch, worktree;
  std::string target;         // the branch that it is merged into
  std::string base;           // the commit that the branch began at
  bool made_branch = false;   // by this claim; else it was there from one before
  std::string commit;         // finishing: what is merged
  std::string target_before;  // finishing: what the target was
  std::string index_before;  // finishing: the digest of the workspace's index then (traces.h); empty: it is not touched
  json::Value gates;         // finishing: what the done stamp will say of them
  std::string by;
  std::string receipt;  // of the call that has set out to do it
};
json::Value to_json(const Record& record);
Answer<std::optional<Record>> find_record(pack::HostContext& context, const std::string& wu_id);
// Durable when they return.
Done keep_record(pack::HostContext& context, const std::string& wu_id, const Record& record);
// That a repair of it has begun, by this call.
Done keep_mending(pack::HostContext& context, const std::string& wu_id, const std::string& receipt);

// What is done at once with the last of a call: all of it is durable, or none.
struct Settled {
  std::optional<Record> record;  // nothing: it is forgotten
  std::string receipt;           // empty: nobody will ask
  json::Value data;              // what the call answers, for whoever asks after a crash (aftermath.h)
  std::vector<std::pair<std::string, json::Value>> events;  // kind without the pack's slug, payload
};
Done settle(pack::HostContext& context, const std::string& wu_id, const Settled& settled);

// The work units that calls of this process are at: what else is begun and not finished is of a process that died.
// Thread safe; shared by the handlers of one workspace.
class InHand {
 public:
  class Hold {
   public:
    Hold(InHand& all, std::string id) : all_(&all), id_(std::move(id)) {}
    Hold(Hold&& other) noexcept : all_(std::exchange(other.all_, nullptr)), id_(std::move(other.id_)) {}
    ~Hold() {
      if (all_ != nullptr) all_->drop(id_);
    }
    Hold& operator=(Hold&&) = delete;

   private:
    InHand* all_;
    std::string id_;
  };
  // WU_BUSY when another call has it.
  Answer<Hold> take(const std::string& wu_id);
  bool has(const std::string& wu_id) const;

 private:
  void drop(const std::string& wu_id);
  mutable std::mutex mutex_;
  std::set<std::string> ids_;
};

struct Facts {
  std::string wu_id;
  Workplace place;
  std::optional<Task> task;
  std::optional<Record> record;
  bool in_hand = false;                          // another call is at it
  bool file_missing = false, lane_gone = false;  // of a work unit that is claimed: its task tells what they said
  std::vector<std::string> circle;               // of work units that wait for each other; of one that nobody is at

  std::string target;                     // empty: there is none, as with a detached HEAD
  std::string target_tip;                 // empty: it has no commit
  bool target_in_workspace = false;       // the workspace itself has it checked out
  std::string target_elsewhere;           // another worktree has it checked out: its path
  bool bare = false;                      // the repository says that it has no working tree
  std::optional<std::string> branch_tip;  // nothing: there is no branch
  Worktree worktree;
  std::string worktree_branch, head;        // checked out in it; empty: none
  std::string stray;                        // the head, where no branch and no tag has it
  bool head_follows = false;                // the head has the branch's tip in its history
  std::vector<std::string> changes;         // in it: paths that differ from its commit, or are not known to git
  std::vector<std::string> ignored;         // in it: what git ignores
  bool merged = false;                      // the target has what was finished, or the branch
  std::vector<std::string> unmerged_paths;  // finishing: paths of the workspace that a broken off merge has touched
  std::vector<std::string> other_changes;   // then: paths of it that the merge has nothing to do with
  bool stamped = false;                     // the done stamp is there
  std::vector<std::string> locks;           // that git left behind, relative to the workspace
};

// The branch that work is merged into: as configured, or what the workspace has checked out. Empty: HEAD is detached.
Answer<std::string> target_branch(Git& git);
Answer<Facts> gather(Git& git, Board& board, const Folder& folder, const std::string& wu_id, const Workplace& place,
                     const InHand& in_hand);

}  // namespace lumenflow::software_delivery
