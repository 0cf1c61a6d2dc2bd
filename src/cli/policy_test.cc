// `lumenflow policy`: explained and tested from the files alone.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "cli/testing/command_line.h"
#include "lumenflow/json.h"

namespace lumenflow::cli {
namespace {

using ::testing::HasSubstr;

class PolicyCommands : public ::testing::Test {
 protected:
  PolicyCommands() { EXPECT_EQ(line.run({"init", "--id", "ws-42"}).exit_code, 0); }
  void write(const std::string& path, const std::string& text, std::ios::openmode mode = std::ios::trunc) const {
    std::ofstream(line.root() + "/" + path, std::ios::binary | mode) << text;
  }
  void rules(const std::string& text) const { write("lumenflow.yaml", "policies:\n" + text, std::ios::app); }

  const CommandLine line;
};

TEST_F(PolicyCommands, ExplainShowsTheRulesTheScopesAndTheVerdict) {
  rules(
      "  - {id: no-urgent, trigger: on_tool_request, decision: deny, reason: plan ahead,"
      " when: {tool: 'task:create', input: {/priority: {equals: P0}}}}\n"
      "  - {id: phones-ask, trigger: on_tool_request, decision: approval_required, when: {subject: '*:phone:*'}}\n");
  const Said denied = line.run({"policy", "explain", "task:create", "--input", R"({"title":"a","priority":"P0"})"});
  EXPECT_EQ(denied.exit_code, 0) << denied.err;
  EXPECT_THAT(denied.out, HasSubstr("workspace:no-urgent  deny      plan ahead"));
  EXPECT_THAT(denied.out, HasSubstr("policy     deny by workspace:no-urgent\n"));
  EXPECT_THAT(denied.out, HasSubstr("scopes     granted\n"));
  EXPECT_THAT(denied.out, HasSubstr("outcome    POLICY_DENIED\n"));

  const Said said = line.run(
      {"policy", "explain", "sidekick:task_create", "--input", R"({"title":"a"})", "--as", "ws-42:phone:p1", "--json"});
  ASSERT_EQ(said.exit_code, 0) << said.err;
  const json::Value asked = *json::parse(said.out);
  EXPECT_EQ(*asked.find("tool"), json::Value("task:create"));
  EXPECT_EQ(*asked.find("decision"), json::Value("approval_required"));
  EXPECT_EQ(*asked.at_pointer("/rules/0/rule"), json::Value("workspace:phones-ask"));
  EXPECT_EQ(*asked.at_pointer("/approvals/0/surface"), json::Value("policy:phones-ask"));
  EXPECT_EQ(*asked.at_pointer("/approvals/0/provider"), json::Value("console"));
  EXPECT_EQ(*asked.find("outcome"), json::Value("APPROVAL_REQUIRED"));

  const Said plain = line.run({"policy", "explain", "task:create", "--input", R"({"title":7})"});
  EXPECT_THAT(plain.out, HasSubstr("rules      none matches\npolicy     allow by default:development\n"));
  EXPECT_THAT(plain.out, HasSubstr("outcome    INVALID_INPUT\n"));
}

TEST_F(PolicyCommands, ExplainNamesTheToolThatWasMeant) {
  const Said said = line.run({"policy", "explain", "task:creat"});
  EXPECT_NE(said.exit_code, 0);
  EXPECT_THAT(said.err, HasSubstr("did you mean 'task:create'?"));
  EXPECT_EQ(line.run({"policy", "explain", "task:create", "--input", "{"}).exit_code, 2);
}

// Its code is not started for that: what its manifest says is enough.
TEST_F(PolicyCommands, ToolsOfProcessPacksAreKnown) {
  std::filesystem::create_directories(line.root() + "/packs/acme");
  write("packs/acme/manifest.yaml",
        "id: acme\nversion: 1.0.0\nruntime: {type: process, command: [./run]}\n"
        "subscribed_event_kinds: [sidekick:message_sent]\n"
        "tools: [{name: 'acme:read', required_scopes: [{type: path, pattern: 'a/**', access: read}]}]\n");
  write("packs/acme/run", "#!/bin/sh\ntouch " + line.root() + "/ran\n");
  ASSERT_EQ(line.run({"pack", "add", line.root() + "/packs/acme"}).exit_code, 0);
  rules("  - {id: no, trigger: on_tool_request, decision: deny, when: {tool: 'acme:read'}}\n");
  const Said said = line.run({"policy", "explain", "acme:read"});
  EXPECT_THAT(said.out, HasSubstr("deny by workspace:no")) << said.err;
  write("table.yaml", "- {tool: 'acme:read', expect: deny}\n");
  EXPECT_EQ(line.run({"policy", "test", line.root() + "/table.yaml"}).exit_code, 0);
  const Said checked = line.run({"reload", "--check"});
  EXPECT_EQ(checked.exit_code, 0) << checked.out;
  EXPECT_EQ(checked.out.find("LF2014"), std::string::npos) << checked.out;
  EXPECT_FALSE(std::filesystem::exists(line.root() + "/ran"));
}

TEST_F(PolicyCommands, TestRunsATableOfExpectations) {
  rules(
      "  - {id: no-urgent, trigger: on_tool_request, decision: deny,"
      " when: {tool: 'task:create', input: {/priority: {equals: P0}}}}\n");
  write("expected.yaml",
        "- {tool: 'task:create', input: {title: a, priority: P0}, expect: deny, rule: 'workspace:no-urgent'}\n"
        "- {name: the rest, tool: 'task:create', input: {title: a}, as: 'ws-42:phone:p', expect: allow}\n");
  const std::string file = line.root() + "/expected.yaml";
  const Said good = line.run({"policy", "test", file});
  EXPECT_EQ(good.exit_code, 0) << good.out << good.err;
  EXPECT_EQ(good.out, "ok 1 - task:create as ws-42:local: deny\nok 2 - the rest\n2 expectations, 0 failed\n");

  write("expected.yaml",
        "- {name: one, tool: 'task:create', input: {title: a}, expect: deny}\n"
        "- {name: two, tool: 'task:create', input: {title: a, priority: P0}, expect: deny, rule: 'workspace:other'}\n"
        "- {name: three, tool: 'task:create', input: {titel: a}, expect: allow}\n"
        "- {name: four, tool: 'task:creat', expect: allow}\n");
  const Said bad = line.run({"policy", "test", file});
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_THAT(bad.out, HasSubstr("not ok 1 - one\n  # it is allow by default:development\n"));
  EXPECT_THAT(bad.out, HasSubstr("not ok 2 - two\n  # it is deny by workspace:no-urgent\n"));
  EXPECT_THAT(bad.out, HasSubstr("not ok 3 - three\n  # the input does not match the schema: "));
  EXPECT_THAT(bad.out, HasSubstr("not ok 4 - four\n  # no active pack has a tool 'task:creat'; did you mean"));
  EXPECT_THAT(bad.out, HasSubstr("4 expectations, 4 failed\n"));
  const json::Value results = *json::parse(line.run({"policy", "test", file, "--json"}).out);
  EXPECT_EQ(*results.at_pointer("/0/ok"), json::Value(false));
}

TEST_F(PolicyCommands, TestRefusesATableThatSaysWhatItDoesNotMean) {
  write("expected.yaml", "- {tool: 'task:create', expects: deny}\n");
  const Said said = line.run({"policy", "test", line.root() + "/expected.yaml"});
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_THAT(said.out, HasSubstr("did you mean 'expect'?"));
  EXPECT_EQ(line.run({"policy", "test", line.root() + "/none.yaml"}).exit_code, 2);
}

TEST_F(PolicyCommands, RulesWithFaultsAreShownAtTheirPlace) {
  rules("  - {id: no, trigger: on_tool_request, decision: deny, when: {input: {/a: {matches: '('}}}}\n");
  const Said said = line.run({"policy", "explain", "task:create"});
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_THAT(said.out, HasSubstr("LF2004"));
}

}  // namespace
}  // namespace lumenflow::cli
