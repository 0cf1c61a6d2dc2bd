#include "pack/manifest.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/files.h"
#include "pack/pack_files.h"
#include "pack/testing/manifest_samples.h"

namespace lumenflow::pack {
namespace {

using samples::full_manifest;
using samples::parse;
using samples::Parsed;
using samples::replaced;
using samples::small_manifest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

TEST(Manifest, ReadsEveryField) {
  const Parsed parsed = parse(full_manifest());
  ASSERT_TRUE(parsed.manifest) << parsed.shown();
  EXPECT_TRUE(parsed.diagnostics.items().empty()) << parsed.shown();
  const Manifest& manifest = *parsed.manifest;
  EXPECT_EQ(manifest.id, "acme-demo");
  EXPECT_EQ(manifest.slug, "acme");
  EXPECT_EQ(manifest.version, "1.2.3-rc.1+build.5");
  EXPECT_EQ(manifest.license, "Apache-2.0");
  EXPECT_EQ(manifest.runtime, RuntimeType::kProcess);
  EXPECT_EQ(*manifest.runtime_options.at_pointer("/command/1"), json::Value("--quiet"));
  EXPECT_EQ(manifest.state_aliases.at("in_progress"), "active");
  EXPECT_EQ(manifest.config_key, "acme_demo");
  EXPECT_NE(manifest.config_schema, nullptr);
  EXPECT_EQ(manifest.policies.size(), 1u);
  EXPECT_EQ(manifest.subscribed_event_kinds.size(), 3u);
  EXPECT_EQ(manifest.backpressure_policy.at("acme:approval_requested"), event::EventClass::kQueue);
  EXPECT_EQ(manifest.event_schemas.size(), 2u);
  EXPECT_EQ(manifest.handler_approvals.at("conductor:recovery_requested"), "acme:recover");
  EXPECT_THAT(manifest.surfaces_required, ElementsAre("http", "mcp", "sidekick-channel"));
  EXPECT_EQ(*manifest.raw.at_pointer("/automations/0/on"), json::Value("acme:job_completed"));
}

TEST(Manifest, ReadsATool) {
  const Parsed parsed = parse(full_manifest());
  ASSERT_TRUE(parsed.manifest);
  const ToolDescriptor& tool = parsed.manifest->tools.at(0);
  EXPECT_EQ(tool.name, "job:run-now");
  EXPECT_THAT(tool.aliases, ElementsAre("acme:job_run_now"));
  EXPECT_EQ(tool.permission, Permission::kWrite);
  EXPECT_EQ(tool.scope, "acme:run");
  ASSERT_EQ(tool.required_scopes.size(), 3u);
  EXPECT_EQ(to_string(tool.required_scopes[0]), "write jobs/**");
  EXPECT_THAT(tool.required_scopes[2].allowlist, ElementsAre("api.example.com", "api.example.org:8443", "10.0.0.0/8"));
  EXPECT_THAT(tool.required_env, ElementsAre("ACME_URL"));
  EXPECT_TRUE(tool.input_validator->accepts(json::Object{{"job_id", "a"}}));
  EXPECT_FALSE(tool.input_validator->accepts(json::Object{{"job_id", "a"}, {"due", "soon"}})) << "format is asserted";
  EXPECT_FALSE(tool.output_validator->accepts(json::Object{}));
  EXPECT_TRUE(tool.idempotent);
  EXPECT_EQ(tool.timeout_ms, 1000);
  EXPECT_EQ(tool.mcp_name, "acme_run");
}

TEST(Manifest, FillsInDefaults) {
  const Parsed parsed = parse(full_manifest());
  ASSERT_TRUE(parsed.manifest);
  const ToolDescriptor& tool = parsed.manifest->tools.at(1);
  EXPECT_TRUE(tool.aliases.empty()) << "its namespace is the slug";
  EXPECT_EQ(tool.permission, Permission::kRead);
  EXPECT_EQ(tool.scope, "tools:read");
  EXPECT_EQ(tool.timeout_ms, 30'000);
  EXPECT_FALSE(tool.idempotent);
  EXPECT_EQ(tool.input_schema, json::Value(json::Object{{"type", "object"}}));
  EXPECT_TRUE(tool.output_validator->accepts(json::Object{{"anything", 1}}));

  const Parsed least = parse("id: acme\nversion: 0.1.0\n");
  ASSERT_TRUE(least.manifest) << least.shown();
  EXPECT_EQ(least.manifest->slug, "acme");
  EXPECT_EQ(least.manifest->runtime, RuntimeType::kDeclarative);
  EXPECT_TRUE(least.manifest->emitted_event_kinds.empty());
  EXPECT_TRUE(least.manifest->subscribed_event_kinds.empty());
  EXPECT_TRUE(least.manifest->required_approvals.empty());
  EXPECT_THAT(least.manifest->surfaces_required, ElementsAre("http"));
}

TEST(Manifest, AdminToolsDefaultToTheirTokenScope) {
  const Parsed parsed = parse(replaced(small_manifest(), "permission: write", "permission: admin"));
  ASSERT_TRUE(parsed.manifest) << parsed.shown();
  EXPECT_EQ(parsed.manifest->tools[0].scope, "tools:admin");
}

struct Fault {
  const char* what;
  const char* from;  // in the small manifest; empty: `to` is appended
  const char* to;
  const char* code;
  int line;
};
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.what; }

class ManifestFault : public ::testing::TestWithParam<Fault> {};

// One fault, one diagnostic: nothing else is dragged along.
TEST_P(ManifestFault, IsReportedAloneAtItsPlace) {
  const Fault& fault = GetParam();
  const std::string text =
      *fault.from == '\0' ? small_manifest() + fault.to : replaced(small_manifest(), fault.from, fault.to);
  const Parsed parsed = parse(text);
  EXPECT_FALSE(parsed.manifest);
  EXPECT_THAT(parsed.codes(), ElementsAre(fault.code)) << parsed.shown();
  EXPECT_TRUE(parsed.has(fault.code, fault.line)) << parsed.shown();
}

constexpr Fault kFaults[] = {
    {"duplicate key", "", "id: other\n", "LF1001", 13},
    {"not YAML", "", "title: \"open\n", "LF1001", 13},
    {"unknown field", "", "titel: x\n", "LF1002", 13},
    {"unknown field of a tool", "permission: write", "permission: write\n    scopes: []", "LF1002", 7},
    {"unknown field of a scope", "access: write}", "access: write, acess: read}", "LF1002", 8},
    {"unknown field of the runtime", "{type: builtin}", "{type: builtin, command: [x]}", "LF1002", 3},
    {"missing version", "version: 1.0.0\n", "", "LF1003", 1},
    {"missing runtime type", "{type: builtin}", "{}", "LF1003", 3},
    {"missing command", "{type: builtin}", "{type: process}", "LF1003", 3},
    {"missing url", "{type: builtin}", "{type: mcp}", "LF1003", 3},
    {"missing tool name", "- name: job:run\n    ", "- ", "LF1003", 5},
    {"missing pattern", "pattern: 'jobs/**', ", "", "LF1003", 8},
    {"schema without a key", "", "config_schema: schemas/config.json\n", "LF1003", 13},
    {"bad id", "id: acme", "id: Acme\nslug: acme", "LF1004", 1},
    {"long id", "id: acme", "id: a234567890123456789012345678901234567890123456789012345678901234x\nslug: acme",
     "LF1004", 1},
    {"bad version", "version: 1.0.0", "version: 1.0", "LF1004", 2},
    {"bad version text", "version: 1.0.0", "version: v1.0.0", "LF1004", 2},
    {"bad runtime", "{type: builtin}", "{type: wasm}", "LF1004", 3},
    {"bad tool name", "name: job:run", "name: JobRun", "LF1004", 5},
    {"bad permission", "permission: write", "permission: wrte", "LF1004", 6},
    {"bad token scope", "permission: write", "permission: write\n    scope: 'Tools Write'", "LF1004", 7},
    {"bad timeout", "permission: write", "permission: write\n    timeout_ms: 0", "LF1004", 7},
    {"bad boolean", "permission: write", "permission: write\n    idempotent: 'yes'", "LF1004", 7},
    {"bad env name", "permission: write", "permission: write\n    required_env: [api_key]", "LF1004", 7},
    {"bad MCP name", "permission: write", "permission: write\n    mcp_name: 'a b'", "LF1004", 7},
    {"bad glob", "'jobs/**'", "'jobs/[a'", "LF1004", 8},
    {"bad scope type", "{type: path, pattern: 'jobs/**', access: write}", "{type: disk}", "LF1004", 8},
    {"no scopes", "      - {type: path, pattern: 'jobs/**', access: write}\n", "      []\n", "LF1004", 8},
    {"bad state", "", "state_aliases: {wip: activ}\n", "LF1004", 13},
    {"bad surface id", "", "required_approvals: [other:run]\n", "LF1004", 13},
    {"lane twice", "", "lane_templates: [{id: a}, {id: a}]\n", "LF1004", 13},
    {"bad config key", "", "config_key: 'Acme Demo'\n", "LF1004", 13},
    {"bad rule", "", "policies: [{id: a, trigger: on_call, decision: deny}]\n", "LF1004", 13},
    {"bad rule regex", "",
     "policies: [{id: a, trigger: on_claim, decision: deny, when: {input: {/a: {matches: '('}}}}]\n", "LF1004", 13},
    {"rule twice", "",
     "policies: [{id: a, trigger: on_claim, decision: deny}, {id: a, trigger: on_claim, decision: allow}]\n", "LF1004",
     13},
    {"automation without tool", "", "automations: [{id: a, on: 'x:y', do: {}}]\n", "LF1003", 13},
    {"example of nothing", "", "examples: {job:rnu: {}}\n", "LF1004", 13},
    {"schema of another kind", "", "event_schemas: {acme:other: {type: object}}\n", "LF1004", 13},
    {"approval of no handler", "", "required_approvals: [acme:x]\nhandler_approvals: {task_completed: acme:x}\n",
     "LF1004", 14},
    {"absent event types", "", "event_types: content/types.json\n", "LF1074", 13},
    {"reserved id", "id: acme", "id: kernel\nslug: acme", "LF1005", 1},
    {"reserved slug", "id: acme", "id: acme\nslug: conductor", "LF1005", 2},
    {"reserved namespace", "name: job:run", "name: kernel:run", "LF1005", 5},
    {"prefix mismatch", "  - acme:job_done\nbackpressure_policy:\n  acme:job_done",
     "  - acmee:job_done\nbackpressure_policy:\n  acmee:job_done", "LF1010", 10},
    {"no colon", "  - acme:job_done\nbackpressure_policy:\n  acme:job_done",
     "  - job_done\nbackpressure_policy:\n  job_done", "LF1011", 10},
    {"camel case", "  - acme:job_done\nbackpressure_policy:\n  acme:job_done",
     "  - acme:jobDone\nbackpressure_policy:\n  acme:jobDone", "LF1011", 10},
    {"kebab case", "  - acme:job_done\nbackpressure_policy:\n  acme:job_done",
     "  - acme:job-done\nbackpressure_policy:\n  acme:job-done", "LF1011", 10},
    {"bad subscription", "", "subscribed_event_kinds: ['other:Thing']\n", "LF1011", 13},
    {"flat subscription", "", "subscribed_event_kinds: [thing_happened]\n", "LF1011", 13},
    {"kind twice", "  - acme:job_done\n", "  - acme:job_done\n  - acme:job_done\n", "LF1012", 11},
    {"subscription twice", "", "subscribed_event_kinds: [task_completed, task_completed]\n", "LF1012", 13},
    {"no class", "backpressure_policy:\n  acme:job_done: ephemeral\n", "", "LF1013", 10},
    {"unknown class", "job_done: ephemeral", "job_done: sometimes", "LF1013", 12},
    {"stray class", "", "  acme:job_dnoe: queue\n", "LF1014", 13},
    {"kernel kind", "  - acme:job_done\nbackpressure_policy:\n  acme:job_done",
     "  - task_created\nbackpressure_policy:\n  task_created", "LF1015", 10},
    {"prefixed kernel kind", "  - acme:job_done\nbackpressure_policy:\n  acme:job_done",
     "  - sidekick:approval_requested\nbackpressure_policy:\n  sidekick:approval_requested", "LF1015", 10},
    {"kernel's prefix", "  - acme:job_done\n", "  - acme:job_done\n  - kernel:y\n", "LF1015", 11},
    {"kernel kind without a class", "  - acme:job_done\n", "  - acme:job_done\n  - workspace_updated\n", "LF1015", 11},
    {"no colon and no class", "  - acme:job_done\n", "  - acme:job_done\n  - nocolon\n", "LF1011", 11},
    {"ephemeral approval", "  - acme:job_done\nbackpressure_policy:\n  acme:job_done",
     "  - acme:approval_requested\nbackpressure_policy:\n  acme:approval_requested", "LF1017", 12},
    {"tool twice", "emitted_event_kinds",
     "  - {name: job:run, required_scopes: [{type: path, pattern: a, access: read}]}\nemitted_event_kinds", "LF1020",
     9},
    {"alias twice", "emitted_event_kinds",
     "  - {name: acme:job_run, required_scopes: [{type: path, pattern: a, access: read}]}\nemitted_event_kinds",
     "LF1020", 9},
    {"parent segment", "'jobs/**'", "'jobs/../x'", "LF1021", 8},
    {"parent in braces", "'jobs/**'", "'{..,a}/x'", "LF1021", 8},
    {"absolute pattern", "'jobs/**'", "'/etc/passwd'", "LF1021", 8},
    {"NUL in a pattern", "'jobs/**'", "\"a\\0b\"", "LF1021", 8},
    {"kernel state", "'jobs/**'", "'.lumenflow/state/**'", "LF1021", 8},
    {"kernel state, shouting", "'jobs/**'", "'.LumenFlow/x'", "LF1021", 8},
    {"kernel state in brackets", "'jobs/**'", "'[.]lumenflow/**'", "LF1021", 8},
    {"kernel state begun", "'jobs/**'", "'.lumen*/**'", "LF1021", 8},
    {"kernel state with a question mark", "'jobs/**'", "'?lumenflow/**'", "LF1021", 8},
    {"kernel state among others", "'jobs/**'", "'{docs,*flow}/x'", "LF1021", 8},
    {"kernel state at any depth", "'jobs/**'", "'**/.LUMEN*/keys/*'", "LF1021", 8},
    {"blank pattern", "'jobs/**'", "' '", "LF1021", 8},
    {"home folder", "'jobs/**'", "'~/x'", "LF1021", 8},
    {"home folder in braces", "'jobs/**'", "'{a,~}/x'", "LF1021", 8},
    {"drive", "'jobs/**'", "'C:/x'", "LF1021", 8},
    {"write to *", "'jobs/**'", "'*'", "LF1022", 8},
    {"write to **", "'jobs/**'", "'**'", "LF1022", 8},
    {"write to **/*", "'jobs/**'", "'**/*'", "LF1022", 8},
    {"write to ./**", "'jobs/**'", "'./**'", "LF1022", 8},
    {"read tool that writes", "permission: write", "permission: read", "LF1023", 5},
    {"write tool that reads", "access: write", "access: read", "LF1023", 5},
    {"not a schema", "permission: write",
     "permission: write\n    input_schema: {type: object, properties: {a: {type: strin}}}", "LF1024", 7},
    {"no object", "permission: write", "permission: write\n    input_schema: {type: string}", "LF1024", 7},
    {"no type", "permission: write", "permission: write\n    output_schema: {}", "LF1024", 7},
    {"absent schema", "permission: write", "permission: write\n    input_schema: schemas/none.json", "LF1024", 7},
    {"broken schema file", "permission: write", "permission: write\n    input_schema: schemas/broken.json", "LF1024",
     7},
    {"wrong schema file", "permission: write", "permission: write\n    input_schema: schemas/wrong.json", "LF1024", 7},
    {"look-around", "permission: write",
     "permission: write\n    input_schema: {type: object, properties: {a: {pattern: '(?=x)'}}}", "LF1024", 7},
    {"undeclared approval", "permission: write", "permission: write\n    required_approvals: [acme:run]", "LF1025", 7},
    {"summary by nobody", "permission: write", "permission: write\n    summary: job:price", "LF1004", 7},
    {"summary by what writes", "permission: write", "permission: write\n    summary: job:run", "LF1004", 7},
    {"undeclared approval of a handler", "",
     "subscribed_event_kinds: [task_completed]\nhandler_approvals: {task_completed: acme:x}\n", "LF1025", 14},
    {"open network", "      - {type: path", "      - {type: network, posture: full}\n      - {type: path", "LF1026", 8},
    {"empty allowlist", "      - {type: path", "      - {type: network, posture: allowlist}\n      - {type: path",
     "LF1026", 8},
    {"block of all addresses", "      - {type: path",
     "      - {type: network, posture: allowlist, allowlist_entries: [0.0.0.0/0]}\n      - {type: path", "LF1026", 8},
    {"block of all IPv6 addresses", "      - {type: path",
     "      - {type: network, posture: allowlist, allowlist_entries: [a.example.com, '::/0']}\n      - {type: path",
     "LF1026", 8},
    {"unknown surface", "", "surfaces_required: [htpp]\n", "LF1030", 13},
    {"tool of a declarative pack", "runtime: {type: builtin}\n", "", "LF1033", 4},
    {"schema outside", "permission: write", "permission: write\n    input_schema: ../schema.json", "LF1042", 7},
    {"absolute schema", "permission: write", "permission: write\n    input_schema: /etc/schema.json", "LF1042", 7},
    {"schema behind a symlink", "permission: write", "permission: write\n    input_schema: link/schema.json", "LF1042",
     7},
    {"event types outside", "", "event_types: content/../../x.json\n", "LF1042", 13},
    {"payload schema outside", "", "event_schemas: {acme:job_done: ../x.json}\n", "LF1042", 13},
};

INSTANTIATE_TEST_SUITE_P(Every, ManifestFault, ::testing::ValuesIn(kFaults), [](const auto& test) {
  std::string name = std::string(test.param.code) + "_" + test.param.what;
  for (char& c : name)
    if (!isalnum(static_cast<unsigned char>(c))) c = '_';
  return name + "_" + std::to_string(test.index);
});

TEST(Manifest, SandboxedPacksWriteOnlyWhatCanBeMounted) {
  const std::string process = replaced(small_manifest(), "{type: builtin}", "{type: process, command: [./run]}");
  EXPECT_TRUE(parse(process).manifest);
  EXPECT_TRUE(parse(replaced(process, "'jobs/**'", "jobs/list.json")).manifest);
  for (const char* pattern : {"'jobs/*.json'", "'jobs/*/out/**'", "'{a,b}/**'", "'jobs/?'"}) {
    const Parsed parsed = parse(replaced(process, "'jobs/**'", pattern));
    EXPECT_THAT(parsed.codes(), ElementsAre("LF1027")) << pattern << parsed.shown();
  }
  const std::string remote =
      replaced(small_manifest(), "{type: builtin}", "{type: mcp, url: 'https://example.com/mcp'}");
  EXPECT_TRUE(parse(replaced(remote, "'jobs/**'", "'jobs/*.json'")).manifest) << "nothing is mounted there";
}

TEST(Manifest, AWriteToolMayChangeThingsBehindTheNetworkAlone) {
  const Parsed parsed = parse(replaced(small_manifest(), "{type: path, pattern: 'jobs/**', access: write}",
                                       "{type: network, posture: allowlist, allowlist_entries: [a.example.com]}"));
  EXPECT_TRUE(parsed.manifest) << parsed.shown();
}

TEST(Manifest, PatternsThatNameNothingInParticularMayMatchTheKernelsState) {
  const std::string reads =
      replaced(replaced(small_manifest(), "access: write", "access: read"), "permission: write", "permission: read");
  for (const char* pattern : {"'**'", "'*/**'", "'**/*.md'", "'.*/**'", "'**/.*'", "'./**'", "'docs/.lumen*'",
                              "'.lumenflowers/**'", "'~backup/x'", "'a b/c'"}) {
    const Parsed parsed = parse(replaced(reads, "'jobs/**'", pattern));
    EXPECT_TRUE(parsed.manifest) << pattern << parsed.shown();
  }
}

TEST(Manifest, ReportsEveryFaultOfEveryKindInOneRun) {
  const Parsed parsed = parse(R"(id: Acme
slug: acme
version: 1
titel: x
runtime: {type: builtin}
tools:
  - name: job:run
    permission: red
    required_scopes: [{type: path, pattern: '../x', access: write}, {type: path, pattern: '**', access: write}]
    input_schema: {type: string}
  - name: job:run
    required_scopes: [{type: network, posture: full}]
emitted_event_kinds: [other:one, other:two, acme:Three]
backpressure_policy: {acme:four: queue, acme:five: queue}
surfaces_required: [web, phone]
)");
  EXPECT_FALSE(parsed.manifest);
  EXPECT_THAT(parsed.codes(), UnorderedElementsAre("LF1004", "LF1004", "LF1002", "LF1004", "LF1021", "LF1022", "LF1024",
                                                   "LF1020", "LF1026", "LF1010", "LF1010", "LF1011", "LF1013", "LF1013",
                                                   "LF1014", "LF1014", "LF1030", "LF1030"))
      << parsed.shown();
}

TEST(Manifest, SaysWhatToWriteInstead) {
  const auto help = [](std::string_view from, std::string_view to) {
    return parse(replaced(small_manifest(), from, to)).shown();
  };
  EXPECT_THAT(help("permission:", "permision:"), HasSubstr("did you mean 'permission'?"));
  EXPECT_THAT(help("version: 1.0.0", "version: 1.0"), HasSubstr("put it between quotes"));
  EXPECT_THAT(help("  - acme:job_done", "  - other:jobDone"), HasSubstr("write 'acme:job_done'"));
  EXPECT_THAT(help("  - acme:job_done", "  - other:job_done"), HasSubstr("Pack slug prefix mismatch"));
  EXPECT_THAT(help("backpressure_policy:\n  acme:job_done: ephemeral\n", ""),
              HasSubstr("Missing backpressure_policy entry"));
}

TEST(Manifest, AnAbsentOrHugeManifestIsUnreadable) {
  samples::SampleFiles files("");
  files.files.clear();
  Diagnostics diagnostics;
  EXPECT_FALSE(parse_manifest(files, "acme/manifest.yaml", diagnostics));
  ASSERT_EQ(diagnostics.items().size(), 1u);
  EXPECT_EQ(diagnostics.items()[0].code, "LF1001");
  EXPECT_EQ(diagnostics.items()[0].place.line, 0);
  EXPECT_THAT(parse("# " + std::string(1 << 20, 'x')).codes(), ElementsAre("LF1001"));
  EXPECT_THAT(parse("- a\n- b\n").codes(), ElementsAre("LF1004"));
}

class FolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "lumenflow-pack-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
    ASSERT_TRUE(files_.make_directories(root_ + "/pack/schemas", 0755).ok());
    ASSERT_TRUE(files_.write_atomic(root_ + "/outside.json", R"({"type": "object"})", 0644).ok());
    ASSERT_TRUE(files_.write_atomic(root_ + "/pack/schemas/in.json", R"({"type": "object"})", 0644).ok());
  }
  void TearDown() override {
    for (const char* path : {"/pack/schemas/in.json", "/pack/schemas/out.json", "/pack/schemas/near.json",
                             "/pack/manifest.yaml", "/outside.json"})
      ::unlink((root_ + path).c_str());
    for (const char* path : {"/pack/schemas", "/pack", ""}) ::rmdir((root_ + path).c_str());
  }
  std::vector<std::string> codes_with_schema(const std::string& path) {
    const std::string manifest =
        replaced(small_manifest(), "permission: write", "permission: write\n    input_schema: " + path);
    EXPECT_TRUE(files_.write_atomic(root_ + "/pack/manifest.yaml", manifest, 0644).ok());
    Parsed parsed;
    parse_manifest(FolderPackFiles(files_, root_ + "/pack"), "manifest.yaml", parsed.diagnostics);
    return parsed.codes();
  }
  PosixFiles files_;
  std::string root_;
};

TEST_F(FolderTest, APipeIsUnreadableAndHoldsNobodyUp) {
  ASSERT_EQ(::mkfifo((root_ + "/pack/schemas/near.json").c_str(), 0600), 0);
  EXPECT_THAT(codes_with_schema("schemas/near.json"), ElementsAre("LF1024"));
  ASSERT_EQ(::unlink((root_ + "/pack/manifest.yaml").c_str()), 0);
  ASSERT_EQ(::mkfifo((root_ + "/pack/manifest.yaml").c_str(), 0600), 0);
  Parsed parsed;
  parse_manifest(FolderPackFiles(files_, root_ + "/pack"), "manifest.yaml", parsed.diagnostics);
  EXPECT_THAT(parsed.codes(), ElementsAre("LF1001"));
}

TEST_F(FolderTest, SymlinksMustStayInThePack) {
  ASSERT_EQ(::symlink("../../outside.json", (root_ + "/pack/schemas/out.json").c_str()), 0);
  ASSERT_EQ(::symlink("in.json", (root_ + "/pack/schemas/near.json").c_str()), 0);
  EXPECT_THAT(codes_with_schema("schemas/in.json"), ElementsAre());
  EXPECT_THAT(codes_with_schema("./schemas//in.json"), ElementsAre());
  EXPECT_THAT(codes_with_schema("schemas/near.json"), ElementsAre());
  EXPECT_THAT(codes_with_schema("schemas/out.json"), ElementsAre("LF1042"));
  EXPECT_THAT(codes_with_schema("../outside.json"), ElementsAre("LF1042"));
  EXPECT_THAT(codes_with_schema(root_ + "/outside.json"), ElementsAre("LF1042"));
  EXPECT_THAT(codes_with_schema("schemas/none.json"), ElementsAre("LF1024"));
}

}  // namespace
}  // namespace lumenflow::pack
