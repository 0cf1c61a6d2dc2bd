#include "kernel/workspace_packs.h"

#include <gmock/gmock.h>

#include "pack/integrity.h"

namespace lumenflow::kernel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kAcmeRunManifest = R"(id: acme
version: 1.0.0
runtime: {type: builtin}
config_key: acme_demo
config_schema: {type: object, additionalProperties: false, properties: {limit: {type: integer, minimum: 1},
  speed: {enum: [slow, fast]}, hosts: {type: array, items: {type: string, format: network-allowlist-entry}},
  pass: {type: object, properties: {word: {type: string, writeOnly: true}}}}}
tools:
  - {name: 'job:run', permission: write, required_scopes: [{type: path, pattern: 'jobs/**', access: write}]}
required_approvals: [acme:run]
surfaces_required: [http, mcp]
)";

void register_run(pack::Registration& registration) {
  registration.tool("job:run", {}, [](pack::ToolContext&, const json::Value&) { return pack::ToolOutput{}; });
}

class WorkspacePacksTest : public ::testing::Test {
 protected:
  WorkspacePacks load(const std::string& text) { return load_workspace_packs("lumenflow.yaml", text, {&acme_}); }
  static std::vector<std::string> codes(const WorkspacePacks& read) {
    std::vector<std::string> out;
    for (const pack::Diagnostic& item : read.diagnostics.items())
      if (item.code != "LF2013") out.push_back(item.code);  // has tests of its own
    return out;
  }
  const pack::BuiltinPack acme_{"acme", {{"manifest.yaml", kAcmeRunManifest}}, register_run};
};

TEST_F(WorkspacePacksTest, LoadsWhatIsPinnedAndNothingElse) {
  const WorkspacePacks pinned = load("id: a\npacks: [{id: acme, version: 1.0.0}]\nsurfaces: [http, mcp]\n");
  ASSERT_TRUE(pinned.config) << render_text(pinned.diagnostics, false);
  EXPECT_NE(pinned.registry->find("job:run"), nullptr);
  EXPECT_THAT(codes(pinned), ElementsAre());
  for (const char* none : {"id: a\n", "id: a\npacks: []\n", "id: a\npacks: [{id: acme, enabled: false}]\n"}) {
    const WorkspacePacks read = load(none);
    ASSERT_TRUE(read.config) << none;
    EXPECT_TRUE(read.registry->packs().empty()) << none;
  }
}

TEST_F(WorkspacePacksTest, APinHoldsTheContentAndTheVersion) {
  const std::string good = "id: a\nsurfaces: [http, mcp]\npacks: [{id: acme, integrity: '" + pack::integrity_of(acme_);
  EXPECT_THAT(codes(load(good + "'}]\n")), ElementsAre());
  std::string other = good;
  other.back() = other.back() == '0' ? '1' : '0';
  EXPECT_THAT(codes(load(other + "'}]\n")), ElementsAre("LF1040"));
  EXPECT_THAT(codes(load("id: a\nsurfaces: [http, mcp]\npacks: [{id: acme, version: 1.0.1}]\n")),
              ElementsAre("LF2006"));
  EXPECT_THAT(codes(load("id: a\npacks: [{id: acne}]\n")), ElementsAre("LF2006"));
}

TEST_F(WorkspacePacksTest, ASectionIsJudgedByThePacksSchemaOnlyWhileThePackIsLoaded) {
  const std::string head = "id: a\nsurfaces: [http, mcp]\npacks: [{id: acme}]\n";
  EXPECT_THAT(codes(load(head + "acme_demo: {limit: 2}\n")), ElementsAre());
  EXPECT_THAT(codes(load(head + "acme_demo: {limit: 0}\n")), ElementsAre("LF2011"));
  EXPECT_THAT(codes(load(head + "acme_demo: {lmit: 1}\n")), ElementsAre("LF2011"));
  EXPECT_THAT(codes(load(head + "acme_demo: 7\n")), ElementsAre("LF2004")) << "said once";
  EXPECT_THAT(codes(load("id: a\npacks: []\nacme_demo: {limit: 2}\n")), ElementsAre("LF2002"));
}

TEST_F(WorkspacePacksTest, ASecretOfAPackIsAReferenceWhateverItLooksLike) {
  const std::string head = "id: a\nsurfaces: [http, mcp]\npacks: [{id: acme}]\nacme_demo: {pass: {word: ";
  EXPECT_THAT(codes(load(head + "'env:ACME'}}\n")), ElementsAre());
  EXPECT_THAT(codes(load(head + "'keyring:acme'}}\n")), ElementsAre());
  const WorkspacePacks read = load(head + "tuesday}}\n");
  EXPECT_THAT(codes(read), ElementsAre("LF2005"));
  EXPECT_THAT(pack::render_text(read.diagnostics, false), Not(HasSubstr("tuesday")));
  EXPECT_THAT(codes(load(head + "'sk-ant-REDACTED'}}\n")), ElementsAre("LF2005")) << "said once";
}

TEST_F(WorkspacePacksTest, AWordThatIsNoneOfTheSchemasComesWithTheNearest) {
  const WorkspacePacks read = load("id: a\nsurfaces: [http, mcp]\npacks: [{id: acme}]\nacme_demo: {speed: fsat}\n");
  EXPECT_THAT(codes(read), ElementsAre("LF2011"));
  EXPECT_THAT(render_text(read.diagnostics, false), HasSubstr("'fsat' is not one of: slow, fast"));
  EXPECT_THAT(render_text(read.diagnostics, false), HasSubstr("did you mean 'fast'?"));
}

TEST_F(WorkspacePacksTest, HostsInASectionFollowTheRuleOfNetworkScopes) {
  const auto found = [&](const std::string& hosts) {
    return load("id: a\nsurfaces: [http, mcp]\npacks: [{id: acme}]\nacme_demo: {hosts: " + hosts + "}\n");
  };
  EXPECT_THAT(codes(found("[a.example.com, 'b.example.com:8443', 10.0.0.0/8, '[fd00::1]:443', 'fc00::/7']")),
              ElementsAre());
  for (const char* bad : {"https://a.b/x", "*.x.com", "a b", "a.b:99999", "10.0.0.0/99", "é", "a.b:", "user@h"}) {
    const WorkspacePacks read = found("[a.example.com, '" + std::string(bad) + "']");
    EXPECT_THAT(codes(read), ElementsAre("LF2011")) << bad;
    EXPECT_THAT(render_text(read.diagnostics, false), HasSubstr("must be a host, host:port or CIDR block")) << bad;
  }
  for (const char* open : {"0.0.0.0/0", "::/0", "2000::/3", "::ffff:0:0/96"}) {
    const WorkspacePacks read = found("['" + std::string(open) + "']");
    EXPECT_THAT(codes(read), ElementsAre("LF2011")) << open;
    EXPECT_THAT(render_text(read.diagnostics, false), HasSubstr("open network")) << open;
  }
}

TEST_F(WorkspacePacksTest, ASecretInAPacksSectionIsNotQuoted) {
  const WorkspacePacks read = load("id: a\npacks: [{id: acme}]\nacme_demo: {api_key: hunter2}\n");
  EXPECT_EQ(render_text(read.diagnostics, false).find("hunter2"), std::string::npos);
  EXPECT_THAT(codes(read), ElementsAre("LF2011", "LF2005"));
}

TEST_F(WorkspacePacksTest, APackWithoutWhatItNeedsStaysInactiveAndTheOthersRun) {
  const WorkspacePacks no_surface = load("id: a\npacks: [{id: acme}]\n");
  ASSERT_TRUE(no_surface.config);
  EXPECT_THAT(codes(no_surface), ElementsAre("LF1051"));
  EXPECT_EQ(no_surface.registry->find("job:run"), nullptr);
  ASSERT_EQ(no_surface.registry->refused().size(), 1u);
  EXPECT_EQ(no_surface.registry->refused()[0].id, "acme");
  const std::string head = "id: a\npacks: [{id: acme}]\nsurfaces: [http, mcp]\n";
  EXPECT_THAT(codes(load(head + "approval_providers: {'other:*': console}\n")), ElementsAre("LF1050"));
  for (const char* surface : {"*", "acme:run", "acme:*", "*:run", "ac?e:r*n", "**"})
    EXPECT_THAT(codes(load(head + "approval_providers: {'" + surface + "': console}\n")), ElementsAre()) << surface;
  for (const char* surface : {"acme:", "acme", "acme:run?", "*:ru", "acme:r?n?"})
    EXPECT_THAT(codes(load(head + "approval_providers: {'" + surface + "': console}\n")), ElementsAre("LF1050"))
        << surface;
}

TEST_F(WorkspacePacksTest, ARuleThatNeverAppliesIsSaidAndOneThatNobodyAnswersRefusesTheFile) {
  const std::string head = "id: a\npacks: [{id: acme}]\nsurfaces: [http, mcp]\n";
  const auto found = [&](const std::string& when) {
    return codes(load(head + "policies: [{id: no, trigger: on_tool_request, decision: deny, when: " + when + "}]\n"));
  };
  for (const char* about_something :
       {"{}", "{tool: 'job:run'}", "{tool: 'j*'}", "{pack: acme}", "{not: {tool: '*:run'}}"})
    EXPECT_THAT(found(about_something), ElementsAre()) << about_something;
  for (const char* about_nothing :
       {"{tool: 'job:walk'}", "{tool: 'acme:job_run'}", "{pack: sidekick}", "{lane: x}", "{not: {tool: 'nobody:*'}}"})
    EXPECT_THAT(found(about_nothing), ElementsAre("LF2014")) << about_nothing;

  const std::string asks = "policies: [{id: ask, trigger: on_tool_request, decision: approval_required}]\n";
  EXPECT_TRUE(load("id: a\npacks: []\n" + asks).config);
  EXPECT_THAT(codes(load("id: a\npacks: []\n" + asks + "approval_providers: {'policy:as?': console}\n")),
              ElementsAre());
  const WorkspacePacks unanswered = load("id: a\npacks: []\n" + asks + "approval_providers: {'acme:*': console}\n");
  EXPECT_FALSE(unanswered.config);
  EXPECT_THAT(codes(unanswered), ElementsAre("LF2015"));
}

TEST_F(WorkspacePacksTest, WhatHasNoEffectYetIsSaid) {
  const auto warnings = [this](const std::string& line) {
    const WorkspacePacks read = load("id: a\npacks: []\n" + line + "\n");
    EXPECT_TRUE(read.config) << line;
    return read.diagnostics.items().size();
  };
  for (const char* idle :
       {"journal: {retention: {events: 1d}}", "events: {retention: 1d}",
        "telemetry: {otlp: {endpoint: 'https://a.example'}}", "surfaces: [http, sidekick-channel]",
        "surfaces: {sidekick-channel: on}", "routines: {auto_run: true}", "gates: [{id: a, command: make}]",
        "policies: [{id: no, trigger: on_tool_request, decision: deny, when: {intent: [ship]}}]",
        "limits: {call_timeout: 1m}"})
    EXPECT_EQ(warnings(idle), 1u) << idle;
  for (const char* same_as_absent : {"record: false",
                                     "record: true",
                                     "lanes: [{id: a}]",
                                     "lanes: [{id: a, policies: [{id: no, trigger: on_claim, decision: deny}]}]",
                                     "uplink: auto",
                                     "uplink: none",
                                     "uplink: conductor",
                                     "uplink: {adapter: conductor}",
                                     "approval_providers: {'*': conductor}",
                                     "uplink: loopback",
                                     "journal: {retention: {inputs: 1d, outputs: 2d}}",
                                     "journal: {backup: {folder: .lumenflow/backups}}",
                                     "uplink: {batch: {events: 1}}",
                                     "surfaces: [http]",
                                     "surfaces: {http: on, mcp: off}",
                                     "approval_providers: {'*': console}",
                                     "sandbox: best-effort",
                                     "sandbox: {limits: {processes: 3, cpu_time: 1m}}",
                                     "sandbox: {read_only_paths: [/opt]}",
                                     "lanes: []",
                                     "telemetry: {metrics: off}"})
    EXPECT_EQ(warnings(same_as_absent), 0u) << same_as_absent;
}

}  // namespace
}  // namespace lumenflow::kernel
