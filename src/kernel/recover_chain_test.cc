// A tool of twelve steps, each of them a file and then a record in the store, killed or failing at every one: what is
// reported of it is what the files and the store show.
#include <gmock/gmock.h>

#include <functional>
#include <map>

#include "kernel/testing/approval_world.h"

namespace lumenflow::kernel {
namespace {

using json::Object;
using pack::Aftermath;
using pack::ToolContext;
using pack::ToolError;
using pack::ToolOutput;
using pack::ToolResult;

constexpr int kSteps = 12;
constexpr std::string_view kChainManifest = R"(
id: chain
version: 1.0.0
runtime: {type: builtin}
tools:
  - name: chain:walk
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
)";

struct Killed {};  // no std::exception: nobody catches it on the way out of the process

// Handlers are plain functions; one test at a time.
std::function<ToolResult(ToolContext&)> g_walk;
std::function<bool(const std::string& path)> g_exists;

void register_chain(pack::Registration& registration) {
  registration.tool("chain:walk", {}, [](ToolContext& context, const json::Value&) { return g_walk(context); });
  // A pack sees its own files here. The first is the first thing that a step leaves, `done` the last of all.
  registration.status([](const pack::StartedCall& call) {
    Aftermath aftermath;
    if (!g_exists(call.workspace_root + "/1")) aftermath.effect = Aftermath::Effect::kNone;
    if (g_exists(call.workspace_root + "/done")) aftermath.effect = Aftermath::Effect::kDone;
    if (aftermath.effect == Aftermath::Effect::kDone) aftermath.data = Object{{"steps", kSteps}};
    return aftermath;
  });
}

const pack::BuiltinPack& chain_pack() {
  static const pack::BuiltinPack pack{"chain", {{"manifest.yaml", kChainManifest}}, register_chain};
  return pack;
}

enum class Cut { kKilled, kFailed, kRolledBack, kRolledBackInPart };

class RecoveringChain : public ::testing::Test, public ApprovalWorld {
 protected:
  RecoveringChain() {
    pack = &chain_pack();
    root = "/chain";
    EXPECT_TRUE(files->make_directories(root).ok());
    g_exists = [this](const std::string& path) { return files->stat(path).value().has_value(); };
    open();
  }
  ~RecoveringChain() override { g_walk = {}, g_exists = {}; }

  std::string file(const std::string& name) const { return root + "/" + name; }
  bool wrote(int step) const { return files->stat(file(std::to_string(step))).value().has_value(); }
  std::string recorded() const {
    return log->tables().get(journal::kStoreTable, journal::store_key("chain", "steps")).value().value_or("0");
  }
  static Status record_step(ToolContext& context, int step) {
    return context.transact([step](pack::Store& store) { return store.put("steps", json::Value(step)); });
  }

  // Cut off at a half of a step: 0 is before the first file, 1 between it and its record, and so on.
  ToolResult walk(ToolContext& context, int cut_at, Cut cut) {
    for (int half = 0; half <= 2 * kSteps; ++half) {
      if (half == cut_at) return end(context, half / 2, cut);
      if (half == 2 * kSteps) break;
      const int step = half / 2 + 1;
      const Status done =
          half % 2 == 0 ? files->create(file(std::to_string(step)), "step") : record_step(context, step);
      EXPECT_TRUE(done.ok());
    }
    EXPECT_TRUE(files->create(file("done"), "all").ok());
    if (cut == Cut::kKilled) throw Killed();
    return ToolOutput{Object{{"steps", kSteps}}, {}};
  }
  ToolResult end(ToolContext& context, int recorded_steps, Cut cut) {
    if (cut == Cut::kKilled) throw Killed();
    const char* cleanup = "needs_recovery";
    if (cut != Cut::kFailed) {
      const int keep = cut == Cut::kRolledBack ? 0 : recorded_steps / 2;
      for (int step = kSteps; step > keep; --step) EXPECT_TRUE(files->remove(file(std::to_string(step))).ok());
      EXPECT_TRUE(record_step(context, keep).ok());
      cleanup = keep == 0 ? "clean" : "partial";
    } else if (!wrote(1)) {
      cleanup = "clean";
    }
    return ToolError{"CUT", "the chain broke", Object{{"cleanup_status", cleanup}}};
  }

  // What is there, whoever says what: the oracle.
  std::string found(Cut cut) const {
    int steps = 0;
    for (int step = 1; step <= kSteps; ++step) steps += wrote(step) ? 1 : 0;
    const bool agree = recorded() == std::to_string(steps);
    if (steps == 0 && agree) return "clean";
    if (g_exists(file("done")) && agree) return "done";
    const bool in_order = agree && (cut == Cut::kRolledBack || cut == Cut::kRolledBackInPart);
    return in_order ? "partial" : "needs_recovery";
  }
  std::string reported(const ReceiptId& receipt) const {
    const auto call = kernel->reader().call(receipt);
    if (!call.ok() || !call->finished) return "nothing";
    const auto recovery = journal::find_recovery(*log->snapshot().value(), receipt);
    if (recovery.value()) return std::string(journal::name((*recovery)->cleanup));
    return json::string_or(*call->finished, "outcome", "") == "success" ? "done" : "clean";
  }
  ReceiptId run(int cut_at, Cut cut) {
    g_walk = [this, cut_at, cut](ToolContext& context) { return walk(context, cut_at, cut); };
    submit("chain:walk", Object{}, "", [](const CallResult&) {});
    kernel->run_pending();
    const ReceiptId receipt = kernel->running_receipts().front();
    try {
      settle();
    } catch (const Killed&) {
      running_task = false;
      crash();
      open();
      settle();
    }
    return receipt;
  }
  void clean_up() {
    for (int step = 1; step <= kSteps; ++step) EXPECT_TRUE(files->remove(file(std::to_string(step))).ok());
    EXPECT_TRUE(files->remove(file("done")).ok());
    ASSERT_TRUE(log->erase(journal::kStoreTable, journal::store_key("chain", "steps")).ok());
    ASSERT_TRUE(log->commit().ok());
  }
};

TEST_F(RecoveringChain, WhatIsReportedIsWhatIsThereWhereverItIsCut) {
  std::map<std::string, int> seen;
  for (const Cut cut : {Cut::kKilled, Cut::kFailed, Cut::kRolledBack, Cut::kRolledBackInPart})
    for (int cut_at = 0; cut_at <= 2 * kSteps + 1; ++cut_at) {
      SCOPED_TRACE("cut " + std::to_string(static_cast<int>(cut)) + " at " + std::to_string(cut_at));
      const std::string status_said = reported(run(cut_at, cut));
      EXPECT_EQ(status_said, found(cut));
      ++seen[status_said];
      clean_up();
      crash();
      open();
    }
  EXPECT_EQ(seen.size(), 4u) << "every status, and the whole chain";
}

}  // namespace
}  // namespace lumenflow::kernel
