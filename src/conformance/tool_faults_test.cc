// Packs whose tools and manifests are bad on purpose: each check catches its fault, and no other.
#include <gmock/gmock.h>

#include <stdexcept>

#include "conformance/testing/acme.h"

namespace lumenflow::conformance {
namespace {

using pack::ToolContext;
using pack::ToolOutput;
using pack::ToolResult;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr pack::ToolTraits kOutside{.store_only = false, .bounded = false};

class ToolFaults : public ConformanceTest {
 protected:
  Report run_tool(void (*register_pack)(pack::Registration&), std::string_view more = "") {
    return run(acme_manifest("", more), register_pack);
  }
};

TEST_F(ToolFaults, UndeclaredEmit) {
  const Report report = run_tool([](pack::Registration& registration) {
    registration.tool("acme:run", kRunTraits, [](ToolContext& context, const json::Value& input) -> ToolResult {
      (void)context.emit("acme:undeclared", json::Object{});  // refused, and ignored
      return run_job(context, input);
    });
  });
  EXPECT_EQ(failed(report), "C7");
  EXPECT_THAT(said(report, "C7"), AllOf(HasSubstr("the tool acme:run: it tried to emit 'acme:undeclared'"),
                                        HasSubstr("fix: add it to emitted_event_kinds")));
}

TEST_F(ToolFaults, UndeclaredEmitOfAHandler) {
  const Report report = run(acme_manifest(), [](pack::Registration& registration) {
    register_run(registration);
    registration.handler(std::string(kRecovery), kIdempotent,
                         [](pack::HandlerContext& context, const pack::Event& event) {
                           (void)context.emit_now("other:thing", json::Object{});
                           return recover(context, event);
                         });
  });
  EXPECT_EQ(failed(report), "C7");
  EXPECT_THAT(said(report, "C7"),
              HasSubstr("the handler of conductor:recovery_requested: it tried to emit 'other:thing'"));
}

TEST_F(ToolFaults, WriteOutsideItsScope) {
  const Report report = run_tool([](pack::Registration& registration) {
    registration.tool("acme:run", kOutside, [](ToolContext& context, const json::Value& input) -> ToolResult {
      const std::string& root = context.workspace_root();
      std::filesystem::create_directories(root + "/data/deep");
      std::ofstream(root + "/data/deep/fine.txt") << "fine";
      std::ofstream(root + "/notes.txt") << "not fine";
      std::ofstream(root + "/../beside.txt") << "not fine";
      std::filesystem::create_directories(root + "/.lumenflow");
      return run_job(context, input);
    });
  });
  EXPECT_EQ(failed(report), "C9");
  EXPECT_THAT(said(report, "C9"),
              AllOf(HasSubstr("the tool acme:run"), HasSubstr("notes.txt"), HasSubstr("../beside.txt"),
                    HasSubstr(".lumenflow"), HasSubstr("data/**"), Not(HasSubstr("fine.txt"))));
}

TEST_F(ToolFaults, WriteOutsideItsScopeOfAHandler) {
  const Report report = run(acme_manifest(), [](pack::Registration& registration) {
    register_run(registration);
    registration.handler(std::string(kRecovery), kIdempotent,
                         [](pack::HandlerContext& context, const pack::Event& event) {
                           std::ofstream(context.workspace_root() + "/notes.txt") << target_of(event);
                           return recover(context, event);
                         });
  });
  EXPECT_EQ(failed(report), "C9");
  EXPECT_THAT(said(report, "C9"), HasSubstr("the handler of conductor:recovery_requested"));
}

// Its schema says nothing of `note`, and its code takes it for text.
TEST_F(ToolFaults, CrashOnBadInput) {
  const Report report = run_tool([](pack::Registration& registration) {
    registration.tool("acme:run", kRunTraits, [](ToolContext& context, const json::Value& input) -> ToolResult {
      const json::Value* note = input.find("note");
      if (note != nullptr && !note->is_string()) throw std::runtime_error("no text");
      return run_job(context, input);
    });
  });
  EXPECT_EQ(failed(report), "C8");
  EXPECT_THAT(said(report, "C8"), AllOf(HasSubstr("acme:run: it crashed on an input that its schema accepts"),
                                        HasSubstr("TOOL_CRASHED"), HasSubstr("\"note\":")));
}

TEST_F(ToolFaults, InputRuleThatThrows) {
  const Report report = run_tool([](pack::Registration& registration) {
    register_run(registration);
    registration.input_rule([](const json::Value& input) -> std::optional<json::Value> {
      if (!input.is_object()) throw std::runtime_error("an object was expected");
      return std::nullopt;
    });
  });
  EXPECT_EQ(failed(report), "C8");
  EXPECT_THAT(said(report, "C8"), AllOf(HasSubstr("the pack's input rule threw"), HasSubstr("an object was expected")));
}

TEST_F(ToolFaults, TwoHundredBadInputsAreTriedAndTheToolRunsOnNone) {
  static int runs = 0;
  runs = 0;
  options.edge_inputs = 0;
  const Report report = run_tool([](pack::Registration& registration) {
    registration.tool("acme:run", kRunTraits, [](ToolContext& context, const json::Value& input) -> ToolResult {
      ++runs;
      return run_job(context, input);
    });
  });
  EXPECT_EQ(failed(report), "");
  EXPECT_EQ(runs, 1);  // its example
  for (const Case& each : report.cases) EXPECT_THAT(each.notes, ::testing::IsEmpty()) << each.check;
}

TEST_F(ToolFaults, OutputThatDoesNotMatch) {
  const Report report = run_tool([](pack::Registration& registration) {
    registration.tool("acme:run", kRunTraits, [](ToolContext&, const json::Value&) -> ToolResult {
      return ToolOutput{json::Object{}, {}};
    });
  });
  EXPECT_EQ(failed(report), "C2 C8");
  EXPECT_THAT(said(report, "C2"), HasSubstr("does not match its output_schema"));
}

TEST_F(ToolFaults, ExamplesThatDoNotSucceed) {
  constexpr void (*kGood)(pack::Registration&) = register_run;
  const Report bad = run_tool(kGood, "examples: {acme:run: [{job_id: job-1}, {job_id: 7}]}\n");
  EXPECT_EQ(failed(bad), "C2");
  EXPECT_THAT(said(bad, "C2"), HasSubstr("its example 2 does not match the tool's input_schema"));
  const Report nowhere =
      run_tool(kGood, "examples: {acme:run: {job_id: {$result: {tool: 'acme:run', at: /job_id}}}}\n");
  EXPECT_EQ(failed(nowhere), "C2");
  EXPECT_THAT(said(nowhere, "C2"), HasSubstr("in a circle"));
  const Report unknown = run_tool(kGood, "examples: {acme:run: {job_id: {$result: {tool: 'acme:walk', at: /id}}}}\n");
  EXPECT_THAT(said(unknown, "C2"), HasSubstr("no tool of that name with an example"));
  const Report payload = run_tool(kGood, "examples: {acme:run: {job_id: job-1}, acme:done: {job_id: 7}}\n");
  EXPECT_EQ(failed(payload), "C3");
  EXPECT_THAT(said(payload, "C3"), AllOf(HasSubstr("acme:done: it cannot be emitted"), HasSubstr("INVALID_PAYLOAD")));
}

TEST_F(ToolFaults, WithoutExamplesSamplesAreGeneratedAndSaySo) {
  const Report report = run_tool(register_run, "examples: {}\n");
  EXPECT_EQ(failed(report), "");
  EXPECT_THAT(render_text(report, false),
              AllOf(HasSubstr("its input was generated from its schema"), HasSubstr("a generated payload was used")));
}

TEST_F(ToolFaults, ManifestThatTheCodeDoesNotFollow) {
  const Report report = run_tool([](pack::Registration&) {});
  EXPECT_EQ(failed(report), "C1");
  EXPECT_THAT(said(report, "C1"), AllOf(HasSubstr("LF1033"), HasSubstr("acme/manifest.yaml:10:")));
  EXPECT_EQ(report.skipped_count(), 8u);
}

TEST_F(ToolFaults, EqualRunsGiveEqualReports) {
  const Report first = run_tool(register_run), again = run_tool(register_run);
  EXPECT_EQ(render_text(first, false), render_text(again, false));
  EXPECT_EQ(first.seed, 1u);
}

}  // namespace
}  // namespace lumenflow::conformance
