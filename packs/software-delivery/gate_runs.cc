// software-delivery:gates: runs what lumenflow.yaml asks for in the worktree of a WU, each gate in a sandbox that may
// write there and nowhere else.
#include "software-delivery/gate_runs.h"

#include <algorithm>
#include <set>
#include <thread>

#include "software-delivery/changes.h"
#include "software-delivery/evidence.h"
#include "software-delivery/plan.h"
#include "software-delivery/tools.h"

namespace lumenflow::software_delivery {
namespace {

constexpr std::size_t kLogBytesMax = 8u << 20;

std::string key_of(const std::string& wu_id, const std::string& gate) { return "green/" + wu_id + "/" + gate; }

// What becomes of one gate.
struct GateRun {
  const Gate* gate;
  std::string status;  // passed, failed, cached
  pack::ProgramEnd end;
  std::string evidence_ref;
};

class GateCall {
 public:
  GateCall(Call& call, const Subject& subject, std::string commit)
      : call_(call), subject_(subject), commit_(std::move(commit)) {}

  Done run(std::vector<GateRun>& runs, std::size_t at_once) {
    std::vector<pack::ProgramRequest> requests;
    std::vector<GateRun*> asked;
    for (GateRun& run : runs)
      if (run.status.empty()) asked.push_back(&run);
    std::size_t ended = 0;
    for (GateRun* run : asked) {
      pack::ProgramRequest request = request_for(*run->gate);
      request.on_start = [this, run] { say_now("gate_started", *run); };
      request.on_end = [this, run, &ended, all = asked.size()](const pack::ProgramEnd& end) {
        ++ended;
        call_.context.progress(static_cast<double>(ended) / static_cast<double>(all),
                               run->gate->id + (end.succeeded() ? " passed" : " failed"));
      };
      requests.push_back(std::move(request));
    }
    std::vector<Result<pack::ProgramEnd>> ends = call_.context.run_programs(requests, at_once);
    for (std::size_t i = 0; i < ends.size(); ++i) SD_TRY(take(*asked[i], std::move(ends[i])));
    return Nothing{};
  }

  Done say(std::string_view kind, const GateRun& run) {
    const Status said = call_.context.emit("software-delivery:" + std::string(kind), payload_of(run, true));
    if (!said.ok()) return said.error();
    return Nothing{};
  }

 private:
  pack::ProgramRequest request_for(const Gate& gate) const {
    pack::ProgramRequest request;
    request.command = gate.command;
    request.directory = subject_.facts.place.worktree;
    // Where the worktree's own link is gone, git is not to find the workspace's repository.
    request.environment = git_environment(call_.context.workspace_root() + "/" + std::string(kFolder) + "/worktrees");
    for (std::string variable :
         {std::string("CI=1"), std::string("GIT_CONFIG_COUNT=1"), std::string("GIT_CONFIG_KEY_0=safe.directory"),
          std::string("GIT_CONFIG_VALUE_0=*"), "LUMENFLOW_WU=" + subject_.work_unit.id, "LUMENFLOW_GATE=" + gate.id})
      request.environment.push_back(std::move(variable));
    request.paths = {{subject_.facts.place.worktree + "/**", true}, {".git/**", false}};
    request.timeout_ms = gate.timeout_ms;
    request.output_bytes_max = kLogBytesMax;
    request.errors_with_output = true;
    return request;
  }

  json::Object payload_of(const GateRun& run, bool ended) const {
    json::Object payload{{"wu_id", subject_.work_unit.id}, {"gate", run.gate->id}, {"commit", commit_}};
    if (!ended) return payload;
    payload.set("duration_ms", run.end.duration_ms);
    payload.set("exit_code", run.end.signal != 0 ? -run.end.signal : run.end.exit_code);
    payload.set("evidence_ref", run.evidence_ref);
    return payload;
  }

  // Seen while the others run. That it cannot be said does not stop the gate.
  void say_now(std::string_view kind, const GateRun& run) {
    const auto said = call_.context.emit_now("software-delivery:" + std::string(kind), payload_of(run, false));
    if (!said.ok()) call_.context.log("warn", "an event was not said", json::Object{{"kind", kind}});
  }

  Done take(GateRun& run, Result<pack::ProgramEnd> end) {
    if (!end.ok() && end.error().code() == ErrorCode::kInvalidInput) {  // there is no such program
      say_now("gate_started", run);
      run.end.exit_code = 127;
      run.end.output = end.error().message() + "\n";
    } else if (!end.ok()) {
      return end.error();
    } else {
      run.end = *std::move(end);
    }
    run.status = run.end.succeeded() ? "passed" : "failed";
    if (!run.end.limit.empty())
      run.end.output += "\n[lumenflow: the gate was ended by its limit of " + run.end.limit + "]\n";
    SD_TRY_ASSIGN(run.evidence_ref, keep_evidence(call_.folder, run.end.output));
    return Nothing{};
  }

  Call& call_;
  const Subject& subject_;
  const std::string commit_;
};

Answer<std::vector<GateRun>> chosen(const std::vector<Gate>& gates, const json::Value& input) {
  std::set<std::string> only;
  if (const json::Value* list = input.find("only"))
    for (const json::Value& each : list->as_array()) only.insert(each.as_string());
  std::vector<GateRun> runs;
  const bool all = only.empty();
  for (const Gate& gate : gates)
    if (all || only.erase(gate.id) > 0) runs.push_back({&gate, {}, {}, {}});
  if (!only.empty()) return refuse("NOT_FOUND", "lumenflow.yaml has no gate '" + *only.begin() + "'");
  if (runs.empty()) return refuse("NO_GATES", "lumenflow.yaml names no gates; add 'gates: [{id, command}]'");
  return runs;
}

Done remember(Call& call, const std::string& wu_id, const std::string& commit, const std::vector<GateRun>& runs) {
  const Status kept = call.context.transact([&](pack::Store& store) -> Status {
    for (const GateRun& run : runs)
      if (run.status == "passed")
        LUMENFLOW_TRY(store.put(key_of(wu_id, run.gate->id), json::Object{{"commit", commit},
                                                                          {"digest", run.gate->digest},
                                                                          {"evidence_ref", run.evidence_ref},
                                                                          {"duration_ms", run.end.duration_ms},
                                                                          {"at_ms", call.context.now_ms()}}));
      else if (run.status == "failed")
        LUMENFLOW_TRY(store.erase(key_of(wu_id, run.gate->id)));
    return {};
  });
  if (!kept.ok()) return kept.error();
  return Nothing{};
}

// Where git leaves files out, gates would try something else than the commit.
Done check_whole(Call& call, const Facts& facts) {
  if (!facts.worktree.patterned) return Nothing{};
  SD_TRY_ASSIGN(const std::optional<std::string> sparse,
                call.git.ask({"config", "--type=bool", "--get", "core.sparseCheckout"}, facts.worktree.tree()));
  if (sparse != "true") return Nothing{};
  return refuse("SPARSE_CHECKOUT",
                "the worktree leaves out files of its commit, and gates count for all of it; run `git sparse-checkout "
                "disable` in " +
                    facts.worktree.path);
}

// Why what has passed does not count for the commit; empty: it does. The commit has to be what was tried, to the end.
Answer<std::string> why_not(Call& call, const Facts& facts) {
  if (!facts.changes.empty()) return "the worktree has what is not committed: " + facts.changes.front();
  const Worktree now = look_at_worktree(call.folder.workspace_root(), facts.worktree.path);
  if (!now.works() || now.admin != facts.worktree.admin)
    return std::string("the worktree's link to git was changed while the gates ran; call wu:recover");
  SD_TRY_ASSIGN(const std::string head, call.git.run({"rev-parse", "HEAD"}, now.tree()));
  if (head.substr(0, facts.head.size()) != facts.head) return "the worktree changed while the gates ran: " + head;
  SD_TRY_ASSIGN(const Changes changes, changes_in(call.git, now.tree(), false));
  if (!changes.changed.empty()) return "the worktree changed while the gates ran: " + changes.changed.front();
  SD_TRY_ASSIGN(const Differing differing, differing_from_head(call.git, call.folder, now.tree()));
  for (const auto* paths : {&differing.altered, &differing.missing})
    if (!paths->empty())
      return paths->front() +
             " is not as it is committed, and git was told not to look at it (skip-worktree or "
             "assume-unchanged)";
  return std::string();
}

// Required ones that wu:done would miss.
Answer<json::Array> missing_on(Call& call, const std::string& wu_id, const std::string& commit,
                               const std::vector<Gate>& gates) {
  SD_TRY_ASSIGN(const auto green, green_on(call.context, wu_id, commit, gates));
  json::Array missing;
  for (const Gate& gate : gates)
    if (gate.required && !green.contains(gate.id)) missing.emplace_back(gate.id);
  return missing;
}

json::Value shown(const GateRun& run) {
  json::Object out{{"gate", run.gate->id},
                   {"status", run.status},
                   {"required", run.gate->required},
                   {"exit_code", run.end.exit_code},
                   {"duration_ms", run.end.duration_ms},
                   {"evidence_ref", run.evidence_ref}};
  if (!run.end.limit.empty()) out.set("limit", run.end.limit);
  return out;
}

}  // namespace

Answer<std::map<std::string, Green>> green_on(pack::HostContext& context, const std::string& wu_id,
                                              const std::string& commit, const std::vector<Gate>& gates) {
  std::map<std::string, Green> out;
  for (const Gate& gate : gates) {
    Result<std::optional<json::Value>> found = context.store().get(key_of(wu_id, gate.id));
    if (!found.ok()) return found.error();
    if (!*found) continue;
    Green green{std::string(json::string_or(**found, "commit", "")),
                std::string(json::string_or(**found, "digest", "")),
                std::string(json::string_or(**found, "evidence_ref", "")), json::integer_or(**found, "duration_ms", 0),
                json::integer_or(**found, "at_ms", 0)};
    if (green.commit == commit && green.digest == gate.digest) out.emplace(gate.id, std::move(green));
  }
  return out;
}

Data run_gates(Call& call) {
  SD_TRY_ASSIGN(const std::vector<Gate> gates, read_gates(call.context.config()));
  SD_TRY_ASSIGN(std::vector<GateRun> runs, chosen(gates, call.input));
  SD_TRY_ASSIGN(const InHand::Hold hold, call.site.in_hand.take(call.text("wu_id")));
  SD_TRY_ASSIGN(const Subject subject, subject_of(call));
  const Facts& facts = subject.facts;
  SD_TRY_ASSIGN([[maybe_unused]] const Tree tree, tree_of(facts));
  if (facts.head.empty()) SD_TRY(check_worktree(facts));  // its branch is gone
  SD_TRY(check_whole(call, facts));
  const std::string commit = facts.head;
  const bool clean = facts.changes.empty();
  if (clean && !json::boolean_or(call.input, "fresh", false)) {
    SD_TRY_ASSIGN(const auto green, green_on(call.context, facts.wu_id, commit, gates));
    for (GateRun& run : runs)
      if (const auto known = green.find(run.gate->id); known != green.end()) {
        run.status = "cached";
        run.evidence_ref = known->second.evidence_ref;
        run.end.duration_ms = known->second.duration_ms;
      }
  }
  SD_TRY(call.folder.make_ignore_file());
  const auto at_once = static_cast<std::size_t>(json::integer_or(
      call.context.config(), "gates_at_once", std::max<std::int64_t>(1, std::thread::hardware_concurrency())));
  GateCall at_work(call, subject, commit);
  SD_TRY(at_work.run(runs, at_once));
  SD_TRY_ASSIGN(const std::string why, why_not(call, facts));
  if (why.empty()) SD_TRY(remember(call, facts.wu_id, commit, runs));
  SD_TRY_ASSIGN(json::Array missing, missing_on(call, facts.wu_id, commit, gates));
  bool passed = true;
  json::Array shown_runs;
  for (const GateRun& run : runs) {
    passed = passed && run.status != "failed";
    if (run.status != "cached") SD_TRY(at_work.say(run.status == "passed" ? "gate_passed" : "gate_failed", run));
    shown_runs.push_back(shown(run));
  }
  json::Object out{{"wu_id", facts.wu_id},
                   {"commit", commit},
                   {"passed", passed},
                   {"counts", why.empty()},
                   {"missing", std::move(missing)},
                   {"gates", std::move(shown_runs)}};
  if (!why.empty()) out.set("why", why);
  return json::Value(std::move(out));
}

}  // namespace lumenflow::software_delivery
