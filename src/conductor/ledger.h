// The conductor's Log as its routes use it: they append and put, and what they wait for is told when it is durable. All
// that is appended in one turn of the io thread is committed together, whichever workspaces it is of; the io thread
// never waits for the disk.
//
// What is appended is listed under names (an index row for each row of the Log), so that a page costs what it shows.
// The io thread only, but for what `post` is given. Borrows the Log and the store of heads.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/checkpoint.h"
#include "log/log.h"
#include "lumenflow/json.h"

namespace lumenflow::conductor {

using Post = std::function<void(std::function<void()>)>;

// A list of entries: `kind` and what it is of. docs/formats/conductor.md
std::string list_of_events(std::string_view workspace, std::string_view log_id);
std::string list_of_stream(std::string_view workspace, std::string_view log_id, std::string_view stream);
std::string list_of_kind(std::string_view workspace, std::string_view log_id, std::string_view kind);
std::string list_of_audit(std::string_view workspace);  // of one workspace; empty: of all
std::string list_of_commands(std::string_view workspace);
// All that an act is to be found in; what begins or ends a command is one, too.
std::vector<std::string> lists_of_audit(std::string_view workspace);
std::vector<std::string> lists_of_command(std::string_view workspace);

struct ListedEntry {
  Position position;
  json::Value entry;
};

struct ListPage {
  std::vector<ListedEntry> items;
  Position last;      // everything of the list up to there was looked at
  bool more = false;  // something may stand behind it
};

class Ledger {
 public:
  using Done = std::function<void(const Status&)>;
  Ledger(log::Log& log, log::CheckpointStore& heads, Post post);

  // One row of entries, listed under each of `lists`. An error is the Log's: everything of this turn is lost.
  Result<Position> append(std::vector<std::string> entries, const std::vector<std::string>& lists);
  Status put(std::string_view table, std::string_view key, std::string_view value);
  Status erase(std::string_view table, std::string_view key);
  // With what was appended and put, durable or not.
  const log::TableReader& tables() const { return log_.tables(); }
  // `done` is told, on the io thread, when all that stands in this turn's batch is durable, or that it is not.
  void when_durable(Done done);

  // Durable entries of a list that are after a position and that `wanted` takes, oldest first; at most `limit`, and no
  // more rows of the Log than a page is worth.
  Result<ListPage> page(std::string_view list, Position after, std::size_t limit,
                        const std::function<bool(const json::Value&)>& wanted) const;
  // The newest first, before a position (0: from the end).
  Result<ListPage> page_back(std::string_view list, Position before, std::size_t limit) const;
  Result<json::Value> entry_at(Position position) const;
  Result<std::unique_ptr<log::Snapshot>> snapshot() const { return log_.snapshot(); }
  log::Head head() const { return log_.head(); }
  const log::Log& log() const { return log_; }

  // A signed head of what is durable, kept beside the database before it is given away.
  Result<log::Checkpoint> sign_head();

  // Of the last batch: an error while nothing can be written.
  const Status& last_commit() const { return last_commit_; }
  std::uint64_t commits() const { return commits_; }
  std::uint64_t commits_failed() const { return commits_failed_; }
  // Rung on the io thread after each commit.
  void on_commit(std::function<void()> bell) { bell_ = std::move(bell); }

 private:
  void flush();
  void finish(const std::shared_ptr<std::vector<Done>>& waiting, const Status& status);

  log::Log& log_;
  log::CheckpointStore& heads_;
  const Post post_;
  std::vector<Done> waiting_;
  bool flush_posted_ = false;
  std::uint64_t commits_ = 0, commits_failed_ = 0;
  Status last_commit_;
  std::optional<log::Checkpoint> signed_;
  std::function<void()> bell_;
};

}  // namespace lumenflow::conductor
