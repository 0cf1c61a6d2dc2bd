// What somebody did or was refused: it stands in the Log, as an entry `conductor.*`, and a change of records that it
// made is never without it.
//
// A change of records carries its entry with it, in the table `acts`: it is in the Log before the answer leaves, and a
// crash in between only makes it later (sweep). Commands beside a running conductor leave theirs the same way. What
// follows from an act (conductor/consequences.h) is part of the batch that has its entry, so it is as certain.
// The io thread only; records are written on the executor. Borrows all it is given.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "base/random.h"
#include "base/time.h"
#include "conductor/ledger.h"
#include "conductor/records.h"

namespace lumenflow::conductor {

struct Act {
  std::string type;       // "conductor.enrolled"
  std::string subject;    // who, from what was verified; empty: nobody known
  std::string workspace;  // which it is about; empty: none
  json::Object details = {};
};

// The entry's canonical text.
std::string act_text(const Act& act, Timestamp now);
// What leaves an act with a change of records, for the conductor that runs or the next one to put into its Log.
RecordChange act_change(const Act& act, Timestamp now, Random& random);

class Acts {
 public:
  struct Ports {
    Ledger& ledger;
    Records& records;
    Executor& executor;
    const Clock& clock;
    Random& random;
    Post post;
  };
  explicit Acts(Ports ports) : ports_(std::move(ports)) {}
  // What an act of a change brings with it: called when its entry is appended, in the same batch, once.
  using Consequence = std::function<Status(const json::Value& entry, Position at)>;
  void on_change(Consequence follow) { follow_ = std::move(follow); }

  // Changes records, then records the act; `done` is told on the io thread when both are durable. CONFLICT when the
  // records were changed meanwhile; RATE_LIMITED when too much waits.
  void change(std::vector<RecordChange> changes, const Act& act, Ledger::Done done);
  // Changes records that say nothing of anybody.
  void change_silently(std::vector<RecordChange> changes, Ledger::Done done);
  // Records an act that changed no record; part of this turn's batch.
  Status record(const Act& act);
  // A refusal: recorded the first time at once, then counted, one entry for each subject and code in ten seconds.
  // Whoever cannot be told apart from others counts with them. Whether `when_durable` is to be waited for.
  struct From {
    std::string address;
    std::string tried = {};  // the account that was asked for; empty: none
  };
  bool refuse(const std::string& subject, const std::string& workspace, std::string_view route, const Error& error,
              const From& from);
  // Once a second: acts that wait in the records go into the Log, those that stand there leave the records; refusals
  // that were counted are written down.
  void sweep();

 private:
  struct Refusals {
    std::uint64_t count = 0;
    Timestamp since;
    Act act;
  };
  Status into_log(const std::string& id, const std::string& text);
  void write_counted(Refusals& refusals);

  Ports ports_;
  Consequence follow_;
  std::map<std::string, Refusals> refusals_;  // bounded
};

}  // namespace lumenflow::conductor
