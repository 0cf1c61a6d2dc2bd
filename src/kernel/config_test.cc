#include "kernel/config.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "base/sha256.h"
#include "kernel/testing/config_samples.h"

namespace lumenflow::kernel {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::parse;
using testing::Parsed;

TEST(Config, HasADefaultForEverythingButTheId) {
  const Parsed parsed = parse("id: ws-42\n");
  ASSERT_TRUE(parsed.config) << parsed.shown();
  const WorkspaceConfig& config = *parsed.config;
  EXPECT_EQ(config.id.str(), "ws-42");
  EXPECT_EQ(config.name, "ws-42");
  EXPECT_FALSE(config.production);
  ASSERT_EQ(config.packs.size(), 1u);
  EXPECT_EQ(config.packs[0].id, "sidekick");
  EXPECT_EQ(config.packs[0].source, "builtin");
  ASSERT_EQ(config.allowed_scopes.size(), 2u);
  EXPECT_EQ(to_string(config.allowed_scopes[0]), "read **");
  EXPECT_EQ(to_string(config.allowed_scopes[1]), "write **");
  EXPECT_FALSE(config.default_decision);
  EXPECT_EQ(json::serialize(config.approval_providers),
            R"({"*":{"provider":"console","approvals":1,"expires_ms":86400000}})");
  EXPECT_THAT(config.surfaces, ElementsAre("http"));
  EXPECT_EQ(config.http_listen, "127.0.0.1:7420");
  EXPECT_TRUE(config.socket);
  EXPECT_EQ(to_string(config.network), "network off");
  EXPECT_EQ(config.uplink, "auto");
  EXPECT_EQ(config.idempotency_window, hours(24));
  EXPECT_EQ(config.checkpoint_interval, milliseconds(1000));
  EXPECT_EQ(*config.retention.find("events_ms"), json::Value(90LL * 24 * 3'600'000));
  EXPECT_EQ(config.sandbox, "best-effort");
  EXPECT_EQ(config.limits.body_bytes, 1024u * 1024);
  EXPECT_FALSE(config.record);
  EXPECT_TRUE(config.metrics);
  EXPECT_EQ(config.hash, sha256_hex("id: ws-42\n"));
}

TEST(Config, ProductionIsClosedUntilOpened) {
  const Parsed parsed = parse("id: ws-42\nmode: production\n");
  ASSERT_TRUE(parsed.config) << parsed.shown();
  EXPECT_TRUE(parsed.config->production);
  EXPECT_TRUE(parsed.config->allowed_scopes.empty());
  EXPECT_EQ(parsed.config->sandbox, "required");
}

TEST(Config, ReadsWhoMayDoWhat) {
  const Parsed parsed = parse(testing::full_config());
  ASSERT_TRUE(parsed.config) << parsed.shown();
  const WorkspaceConfig& config = *parsed.config;
  EXPECT_EQ(config.name, "Forty-two");
  ASSERT_EQ(config.packs.size(), 3u);
  EXPECT_EQ(config.packs[1].path, "packs/acme-demo");
  EXPECT_FALSE(config.packs[1].enabled);
  EXPECT_EQ(config.packs[1].pointer, "/packs/1");
  EXPECT_EQ(config.packs[2].commit, "0123456789abcdef0123456789abcdef01234567");
  ASSERT_EQ(config.allowed_scopes.size(), 1u);
  ASSERT_EQ(config.lanes.size(), 1u);
  EXPECT_EQ(config.lanes[0].id, "Content: Site Comms");
  EXPECT_EQ(to_string(config.lanes[0].allowed_scopes->at(0)), "write site/**");
  EXPECT_EQ(config.lanes[0].wip_limit, 2);
  EXPECT_EQ(config.policies.as_array().size(), 1u);
  EXPECT_EQ(config.default_decision, Decision::kAllow);
  EXPECT_TRUE(config.allow_loosening);
  EXPECT_EQ(*config.approval_providers.at_pointer("/acme-demo:*/expires_ms"), json::Value(7'200'000));
  EXPECT_EQ(to_string(config.network), "network allowlist api.example.com");
}

TEST(Config, ReadsHowItRuns) {
  const Parsed parsed = parse(testing::full_config());
  ASSERT_TRUE(parsed.config) << parsed.shown();
  const WorkspaceConfig& config = *parsed.config;
  EXPECT_THAT(config.surfaces, ElementsAre("http", "mcp"));
  EXPECT_EQ(config.http_listen, "127.0.0.1:7421");
  EXPECT_EQ(config.tls_key, "keys/key.pem");
  EXPECT_EQ(config.limits.header_bytes, 32u * 1024);
  EXPECT_EQ(config.limits.idle_time, milliseconds(60'000));
  EXPECT_FALSE(config.socket);
  EXPECT_EQ(config.uplink, "loopback");
  EXPECT_EQ(config.uplink_limits.batch_bytes, 64u * 1024);
  EXPECT_EQ(config.uplink_limits.outbox_bytes, std::uint64_t{2} << 30);
  EXPECT_EQ(config.idempotency_window, hours(12));
  EXPECT_EQ(*config.retention.find("events_ms"), json::Value(3LL * 24 * 3'600'000));
  EXPECT_EQ(config.backup->keep, 3u);
  EXPECT_EQ(config.sandbox_limits.memory_bytes, std::uint64_t{512} << 20);
  EXPECT_THAT(config.sandbox_read_only_paths, ElementsAre("/opt/tools"));
  EXPECT_EQ(config.limits.rate_per_second, 2.5);
  EXPECT_EQ(config.limits.concurrent_calls, 8u);
  EXPECT_EQ(config.limits.drain_timeout, milliseconds(5'000));
  EXPECT_TRUE(config.record);
  EXPECT_FALSE(config.metrics);
  EXPECT_EQ(config.log_format, "json");
  EXPECT_EQ(*config.pack_sections.at("acme_demo").find("limit"), json::Value(3));
  EXPECT_EQ(*config.pack_sections.at("routines").find("auto_run"), json::Value(true));
}

TEST(Config, ShortFormsStandForTheLongOnes) {
  const Parsed parsed = parse("id: a\nsurfaces: [mcp]\nuplink: none\nsandbox: required\nnetwork: full\n");
  ASSERT_TRUE(parsed.config) << parsed.shown();
  EXPECT_THAT(parsed.config->surfaces, ElementsAre("mcp"));
  EXPECT_EQ(parsed.config->uplink, "none");
  EXPECT_EQ(parsed.config->sandbox, "required");
  EXPECT_EQ(to_string(parsed.config->network), "network full");
}

struct Fault {
  const char* text;  // after "id: ws-42"
  const char* code;
  int line;
};
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.text; }

class ConfigFault : public ::testing::TestWithParam<Fault> {};

TEST_P(ConfigFault, IsReportedAloneAtItsPlace) {
  const Parsed parsed = parse("id: ws-42\n" + std::string(GetParam().text) + "\n");
  EXPECT_FALSE(parsed.config);
  ASSERT_THAT(parsed.codes(), ElementsAre(GetParam().code)) << parsed.shown();
  EXPECT_EQ(parsed.diagnostics.items()[0].place.line, GetParam().line);
}

INSTANTIATE_TEST_SUITE_P(
    Every, ConfigFault,
    ::testing::Values(
        Fault{"id: again", "LF2001", 2}, Fault{"a: [", "LF2001", 2}, Fault{"---\nid: b", "LF2001", 2},
        Fault{"colour: red", "LF2002", 2}, Fault{"limits: {body: 1MiB}", "LF2002", 2},
        Fault{"surfaces:\n  htpp: on", "LF2002", 3}, Fault{"network: {type: network, posture: off}", "LF2002", 2},
        Fault{"packs: [{source: builtin}]", "LF2003", 2}, Fault{"packs: [{id: a, source: local}]", "LF2003", 2},
        Fault{"packs: [{id: a, source: git, url: 'https://x.example'}]", "LF2003", 2},
        Fault{"lanes: [{title: x}]", "LF2003", 2}, Fault{"surfaces: {http: {tls: {cert: a}}}", "LF2003", 2},
        Fault{"limits: {rate: {burst: 1}}", "LF2003", 2}, Fault{"mode: test", "LF2004", 2},
        Fault{"name: 7", "LF2004", 2}, Fault{"packs: [{id: A}]", "LF2004", 2},
        Fault{"packs: [{id: a, version: '1'}]", "LF2004", 2},
        Fault{"packs: [{id: a, integrity: sha256:12}]", "LF2004", 2}, Fault{"default_decision: ask", "LF2004", 2},
        Fault{"approval_providers: {'*': mail}", "LF2004", 2},
        Fault{"approval_providers: {'*': {provider: console, expires: never}}", "LF2004", 2},
        Fault{"approval_providers: {'A B': console}", "LF2004", 2},
        Fault{"surfaces: {http: {listen: '7420'}}", "LF2004", 2},
        Fault{"surfaces: {http: {listen: 'localhost:70000'}}", "LF2004", 2},
        Fault{"surfaces: {mcp: maybe}", "LF2004", 2}, Fault{"surfaces: [web]", "LF2004", 2},
        Fault{"socket: sometimes", "LF2004", 2}, Fault{"network: open", "LF2004", 2},
        Fault{"network: {posture: allowlist}", "LF2004", 2}, Fault{"uplink: cloud", "LF2004", 2},
        Fault{"uplink: {sidecar_url: ws.example.com}", "LF2004", 2},
        Fault{"events: {idempotency_window: 24}", "LF2004", 2}, Fault{"events: {idempotency_window: 1ms}", "LF2004", 2},
        Fault{"limits: {body_bytes: 1MB}", "LF2004", 2}, Fault{"limits: {body_bytes: 10GiB}", "LF2004", 2},
        Fault{"limits: {json_depth: 0}", "LF2004", 2}, Fault{"limits: {rate: {per_second: -1}}", "LF2004", 2},
        Fault{"sandbox: maybe", "LF2004", 2}, Fault{"sandbox: {read_only_paths: [opt]}", "LF2004", 2},
        Fault{"record: 1", "LF2004", 2}, Fault{"telemetry: {log: {level: loud}}", "LF2004", 2},
        Fault{"journal: {durable: none}", "LF2004", 2}, Fault{"gates: [{id: a, command: 7}]", "LF2004", 2},
        Fault{"acme_demo: 7", "LF2004", 2}, Fault{"sidekick: []", "LF2004", 2},
        Fault{"scopes: {allowed: [{type: path, pattern: '[', access: read}]}", "LF2004", 2},
        Fault{"policies: [{id: a, trigger: never, decision: deny}]", "LF2004", 2},
        Fault{"agent_runtime: {api_key: abcdef}", "LF2005", 2}, Fault{"packs: [{id: a}, {id: a}]", "LF2007", 2},
        Fault{"lanes: [{id: a}, {id: a}]", "LF2008", 2},
        Fault{"policies: [{id: a, trigger: on_claim, decision: deny}, {id: a, trigger: on_claim, decision: deny}]",
              "LF2008", 2},
        Fault{"gates: [{id: a, command: x}, {id: a, command: y}]", "LF2008", 2},
        Fault{"scopes: {allowed: [{type: path, pattern: '../x', access: read}]}", "LF2009", 2},
        Fault{"lanes: [{id: a, allowed_scopes: [{type: path, pattern: .lumenflow/x, access: read}]}]", "LF2009", 2},
        Fault{"sidekick:", "LF2004", 2}, Fault{"routines: {auto: on}", "LF2002", 2}, Fault{"gates: {}", "LF2004", 2},
        Fault{"mode: production\nsandbox: best-effort", "LF2010", 3},
        Fault{"mode: production\napproval_providers: {'*': auto}", "LF2010", 3},
        Fault{"mode: production\npacks: [{id: sidekick, integrity: dev}]", "LF1041", 3},
        Fault{"mode: production\npacks: [{id: a, source: local, path: a}]", "LF1041", 3}));

TEST(Config, TheIdIsRequiredAndFollowsItsPattern) {
  EXPECT_THAT(parse("name: x\n").codes(), ElementsAre("LF2003"));
  for (const char* bad : {"WS", "-a", "a_b", "'a b'", "é"})
    EXPECT_THAT(parse("id: " + std::string(bad)).codes(), ElementsAre("LF2004")) << bad;
  EXPECT_FALSE(parse("id: " + std::string(64, 'a')).config);
  for (const std::string& good : {std::string("a"), std::string("7up"), std::string("a-"), std::string(63, 'a')})
    EXPECT_TRUE(parse("id: " + good).config) << good;
}

TEST(Config, ReportsAllUnknownKeysAtOnceWithWhatWasMeant) {
  const Parsed parsed = parse("id: a\nlimts: {}\nacme_dmo: {}\ntelemtry: {}\nzzz: 1\n");
  EXPECT_THAT(parsed.codes(), ElementsAre("LF2002", "LF2002", "LF2002", "LF2002"));
  EXPECT_THAT(parsed.shown(), HasSubstr("did you mean 'limits'?"));
  EXPECT_THAT(parsed.shown(), HasSubstr("did you mean 'acme_demo'?"));
  EXPECT_THAT(parsed.shown(), HasSubstr("did you mean 'telemetry'?"));
}

TEST(Config, APacksSectionIsKnownOnlyWhileThePackIsLoaded) {
  EXPECT_TRUE(parse("id: a\nacme_demo: {x: 1}\n", {"acme_demo"}).config);
  EXPECT_THAT(parse("id: a\nacme_demo: {x: 1}\n", {}).codes(), ElementsAre("LF2002"));
}

TEST(Config, SecretsAreNamedAndNeverQuoted) {
  const Parsed parsed = parse("id: a\nagent_runtime: {api_key: hunter2, modle: x, token: env:KEY}\npasword: hunter2\n");
  EXPECT_THAT(parsed.codes(), ElementsAre("LF2005", "LF2002"));
  EXPECT_THAT(parsed.shown(), Not(HasSubstr("hunter2")));
  EXPECT_THAT(parse("id: a\ntoken: \"hunter2\nname: [").shown(), Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace lumenflow::kernel
