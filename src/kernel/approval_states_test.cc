// The states of approvals, explored: every sequence of steps up to a depth, where sequences that lead to one state
// count as one. What a state is is said by a model; that the kernel is in it is looked at after every step.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "journal/tables.h"
#include "kernel/device_tools.h"
#include "kernel/stop_tools.h"
#include "kernel/testing/approval_world.h"

namespace lumenflow::kernel {
namespace {

using json::Object;
using std::chrono::hours;

constexpr int kDepth = 8;
constexpr const char* kTool = "probe:effect";
constexpr const char* kDevice = "pixel-8";

enum Step {
  kRequest,
  kApprove,
  kDeny,
  kExpire,
  kChangeInput,
  kChangePolicy,
  kChangePack,
  kStop,
  kRestart,
  kRevokeApprover,
  kReplay,
  kSteps
};
constexpr const char* kNames[] = {"request",      "approve",         "deny",        "expire",
                                  "change input", "change policy",   "change pack", "stop",
                                  "restart",      "revoke approver", "replay"};

// One call of the model.
struct AskedCall {
  enum State : std::uint8_t { kNone, kOpen, kApproved, kDenied, kExpired };
  State state = kNone;
  bool other_policy = false, other_pack = false;  // than when it was asked for
  bool input_changed = false;

  void end(State how) { *this = {how, false, false, false}; }  // nothing else counts any more
  // As far as the future depends on it: how it ended does not matter to what is still refused.
  int future() const {
    if (state == kNone) return 0;
    return state != kOpen ? 1 : 2 + (other_policy ? 1 : 0) + (other_pack ? 2 : 0) + (input_changed ? 4 : 0);
  }
};

struct ModelState {
  AskedCall first;   // whose approval, signed at once, a relay keeps and sends when it likes
  AskedCall latest;  // what steps are about; where `only`, that is `first`
  bool only = true;
  bool revoked = false, stopped = false;
  bool restarted = false;  // by the last step: what is only in memory is as a new process has it

  // Two sequences with one future lead to one state.
  std::array<int, 6> future() const { return {first.future(), latest.future(), only, revoked, stopped, restarted}; }
};

// The kernel beside the model.
class World : public ApprovalWorld {
 public:
  World() {
    registry = registries()[0];
    ask_for(kTool);
    config.policies.as_array()[0].as_object().set("reason", "one");
    static const std::vector<KernelTool> more[] = {*make_device_tools("ws-42"), *make_stop_tools()};
    for (const std::vector<KernelTool>& tools : more)
      kernel_tools.insert(kernel_tools.end(), tools.begin(), tools.end());
    open();
    run_kernel("kernel:device_add",
               Object{{"device_id", kDevice}, {"name", "Ana's"}, {"public_key", device_key_pair().public_pem}});
  }

  // `tried`: with what a relay could try beside it, all of which has to change nothing.
  void take(Step step, bool tried = false) {
    const bool was_restart = step == kRestart;
    switch (step) {
      case kRequest:
        request();
        break;
      case kApprove:
      case kDeny:
        if (state.latest.state != AskedCall::kNone) decide_latest(step == kApprove);
        break;
      case kExpire:
        clock.advance(hours(25));
        settle();
        end_open(state.first, AskedCall::kExpired);
        end_open(state.latest, AskedCall::kExpired);
        break;
      case kChangeInput:
        change_input();
        break;
      case kChangePolicy:
        other_policy = !other_policy;
        for (AskedCall* call : {&state.first, &state.latest}) call->other_policy = !call->other_policy;
        reload();
        break;
      case kChangePack:
        other_pack = !other_pack;
        for (AskedCall* call : {&state.first, &state.latest}) call->other_pack = !call->other_pack;
        reload();
        break;
      case kStop:  // or resumed, where it was
        run_kernel(state.stopped ? "kernel:resume" : "kernel:stop", Object{{"tool", kTool}});
        state.stopped = !state.stopped;
        break;
      case kRestart:
        crash();
        open();
        break;
      case kRevokeApprover:
        run_kernel("kernel:device_revoke", Object{{"device_id", kDevice}});
        state.revoked = true;
        break;
      case kReplay:
        replay(tried);
        break;
      case kSteps:
        break;
    }
    state.restarted = was_restart;
  }

  // Whether the kernel is where the model is.
  void check(const std::string& path) const {
    ASSERT_EQ(effects.size(), runs) << path;
    if (state.latest.state != AskedCall::kNone) {
      ASSERT_EQ(journal::name(record(latest_id).state), name_of(state.latest.state)) << path;
    }
    if (state.first.state != AskedCall::kNone) {
      ASSERT_EQ(journal::name(record(first_id).state), name_of(state.first.state)) << path;
    }
  }

  ModelState state;

 private:
  static const P256KeyPair& device_key_pair() {
    static const P256KeyPair key = *generate_p256();
    return key;
  }
  // The pack as it is, and another edition of it.
  static const std::vector<std::shared_ptr<const pack::Registry>>& registries() {
    static const auto both = [] {
      static pack::BuiltinPack second = probe_pack();
      second.files.push_back({"NOTES", "second edition"});
      return std::vector{registry_of(probe_pack(), {}), registry_of(second, {})};
    }();
    return both;
  }
  static const char* name_of(AskedCall::State state) {
    constexpr const char* kStates[] = {"", "open", "approved", "denied", "expired"};
    return kStates[state];
  }
  static void end_open(AskedCall& call, AskedCall::State how) {
    if (call.state == AskedCall::kOpen) call.end(how);
  }

  CallResult run_kernel(const char* tool, json::Value input) {
    const Credential before = std::exchange(credential, Credential{});
    const Surface surface_before = std::exchange(surface, Surface::kSocket);
    credential.subject = Subject("ws-42:local:ana");
    credential.operator_key = true;
    CallResult result = call(tool, std::move(input));
    credential = before;
    surface = surface_before;
    return result;
  }

  void request() {
    if (state.stopped) {
      EXPECT_EQ(error_of(call(kTool)), "STOPPED");
      return;
    }
    latest_id = parked(kTool);
    const bool is_first = state.first.state == AskedCall::kNone;
    const AskedCall asked{AskedCall::kOpen, false, false, false};
    state.latest = asked;
    state.only = is_first;
    if (!is_first) return;
    state.first = asked;
    first_id = latest_id;
  }

  // The worlds of equal paths are equal, down to their nonces: what was signed in one is signed in the other.
  json::Value signed_by_device(const std::string& id, bool approve) const {
    static std::map<std::tuple<std::string, bool, std::int64_t>, json::Value> known;
    json::Value& said = known[{record(id).digest, approve, clock.now().ms}];
    if (said.is_null()) {
      said = decision(id, approve, device_subject("ws-42", kDevice), device_key_pair());
      said.as_object().set("decided_by", device_subject("ws-42", kDevice));
    }
    return said;
  }

  bool is_as_asked(const AskedCall& call) const {
    return !call.other_policy && !call.other_pack && !call.input_changed;
  }
  void approved(AskedCall& call) {
    if (call.state != AskedCall::kOpen || state.revoked) return;
    if (is_as_asked(call) && !state.stopped) ++runs;
    call.end(AskedCall::kApproved);
  }

  void decide_latest(bool approve) {
    decide(approve, signed_by_device(latest_id, approve), "ws-42:conductor");
    if (approve)
      approved(state.latest);
    else if (!state.revoked)
      end_open(state.latest, AskedCall::kDenied);
    if (state.only) state.first = state.latest;
  }

  // As it was signed, turned around, and under the id of the other call.
  void replay(bool tried) {
    if (state.first.state == AskedCall::kNone) return;
    if (kept.is_null()) kept = signed_by_device(first_id, true);
    if (tried) decide(false, kept, "ws-42:conductor");
    if (tried && !state.only) {
      json::Value swapped = kept;
      swapped.as_object().set("approval_id", latest_id);
      decide(true, std::move(swapped), "ws-42:conductor");
    }
    decide(true, kept, "ws-42:conductor");
    approved(state.first);
    if (state.only) state.latest = state.first;
  }

  // On the disk, by whoever can write there.
  void change_input() {
    if (state.latest.state != AskedCall::kOpen) return;
    const std::string key = *journal::call_key(*journal::receipt_of_approval(latest_id));
    json::Value written = *json::parse(**log->tables().get(journal::kApprovalsTable, key));
    written.as_object().set("input", R"({"other":true})");
    ASSERT_TRUE(log->put(journal::kApprovalsTable, key, json::serialize(written)).ok());
    ASSERT_TRUE(log->commit().ok());
    state.latest.input_changed = true;
    if (state.only) state.first = state.latest;
  }

  void reload() {
    config.policies.as_array()[0].as_object().set("reason", other_policy ? "another" : "one");
    config.hash = std::string(63, '0') + (other_policy ? "1" : "0");
    registry = registries()[other_pack ? 1 : 0];
    auto reloaded = std::make_shared<Reloaded>();
    reloaded->config = config;
    reloaded->registry = registry;
    ASSERT_TRUE(kernel->reload(std::move(reloaded)).ok());
    settle();
  }

  std::string first_id, latest_id;
  json::Value kept;                               // null: not sent yet
  bool other_policy = false, other_pack = false;  // than at first
  std::size_t runs = 0;
};

std::string text_of(const std::vector<Step>& path) {
  std::string text;
  for (const Step step : path) text.append(text.empty() ? "" : ", ").append(kNames[step]);
  return text;
}

// A call runs only when its approver may and has signed it in time, for the first time, and nothing about it changed.
TEST(ApprovalStates, EverySequenceToDepthEight) {
  std::set<std::array<int, 6>> known = {ModelState().future()};
  std::vector<std::vector<Step>> frontier = {{}};
  std::size_t taken = 0;
  for (int depth = 0; depth < kDepth; ++depth) {
    std::vector<std::vector<Step>> next;
    for (const std::vector<Step>& path : frontier) {
      std::optional<World> world;
      for (int step = 0; step < kSteps; ++step) {
        if (!world) {
          world.emplace();
          for (const Step before : path) world->take(before);
        }
        const std::array<int, 6> before = world->state.future();
        std::vector<Step> longer = path;
        longer.push_back(static_cast<Step>(step));
        world->take(static_cast<Step>(step), true);
        ++taken;
        ASSERT_NO_FATAL_FAILURE(world->check(text_of(longer)));
        const std::array<int, 6> after = world->state.future();
        if (known.insert(after).second) next.push_back(std::move(longer));
        if (after != before) world.reset();  // else it is still where the path leads
      }
    }
    frontier = std::move(next);
  }
  RecordProperty("states", static_cast<int>(known.size()));
  RecordProperty("steps", static_cast<int>(taken));
  std::printf("%zu states, %zu steps\n", known.size(), taken);
  EXPECT_GT(known.size(), 100u);
}

}  // namespace
}  // namespace lumenflow::kernel
