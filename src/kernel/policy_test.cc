#include "kernel/policy.h"

#include <gmock/gmock.h>

#include <random>

#include "kernel/testing/kernel_world.h"
#include "pack/yaml.h"

namespace lumenflow::kernel {
namespace {

using json::Object;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

json::Value yaml(const std::string& text) {
  pack::YamlDocument document;
  pack::Diagnostics diagnostics;
  EXPECT_TRUE(parse_yaml("rules.yaml", text, "LF2001", document, diagnostics)) << render_text(diagnostics, false);
  return document.value;
}

// A pack of two tools, one of which reads, with rules of its own.
constexpr std::string_view kPolicyManifest = R"(
id: acme
version: 1.0.0
runtime: {type: builtin}
tools:
  - name: job:run
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema:
      type: object
      required: [size]
      properties: {size: {enum: [small, big, huge]}, dry: {type: boolean}, name: {type: string}}
  - name: job:list
    required_scopes: [{type: path, pattern: "data/**", access: read}]
policies: )";

void register_acme(pack::Registration& registration) {
  constexpr pack::ToolTraits kStrand{.store_only = true, .bounded = true};
  const auto done = [](pack::ToolContext&, const json::Value&) -> pack::ToolResult {
    return pack::ToolOutput{Object{}, {}};
  };
  registration.tool("job:run", kStrand, done);
  registration.tool("job:list", kStrand, done);
}

class PolicyTest : public ::testing::Test {
 protected:
  // "deny by workspace:no", as it would be recorded.
  std::string verdict(const std::string& tool = "job:run", const json::Value& input = Object{},
                      const std::string& subject = "ws-42:test", const std::string& lane = {}) {
    pack::BuiltinPack code{"acme", {}, register_acme};
    const std::string manifest = std::string(kPolicyManifest) + pack_rules + "\n";
    code.files.push_back({"manifest.yaml", manifest});
    pack::RegistryBuilder builder;
    builder.add_builtin(code);
    const auto registry = builder.build();
    EXPECT_TRUE(registry->refused().empty()) << render_text(registry->diagnostics(), false);
    config.policies = yaml(rules);
    const Policy policy(config, *registry);
    const PolicyVerdict verdict = policy.decide(*registry->find(tool), {subject, lane, {}, input});
    const bool listed = policy.may_pass(*registry->find(tool), subject, {});
    EXPECT_TRUE(listed || !lane.empty() || verdict.decision == Decision::kDeny) << "callable, and not listed so";
    callable = listed;
    return record_of(verdict);
  }

  WorkspaceConfig config;
  std::string rules = "[]", pack_rules = "[]";
  bool callable = false;
};

TEST_F(PolicyTest, WithoutRulesTheModeDecides) {
  EXPECT_EQ(verdict(), "allow by default:development");
  config.production = true;
  EXPECT_EQ(verdict(), "deny by default:production");
  EXPECT_FALSE(callable);
  EXPECT_EQ(verdict("job:list"), "allow by default:production");
  config.default_decision = Decision::kApprovalRequired;
  EXPECT_EQ(verdict("job:list"), "approval_required by default_decision");
  EXPECT_TRUE(callable) << "what can be approved can be called";
}

TEST_F(PolicyTest, ARuleStandsInsteadOfTheDefault) {
  config.production = true;
  rules = "[{id: runs, trigger: on_tool_request, decision: allow, when: {tool: 'job:*'}}]";
  EXPECT_EQ(verdict(), "allow by workspace:runs");
  config.production = false;
  rules = "[{id: runs, trigger: on_claim, decision: deny}]";
  EXPECT_EQ(verdict(), "allow by default:development") << "asked at another moment";
}

TEST_F(PolicyTest, DenialWinsOverEverythingInEveryOrderAndLayer) {
  const std::string deny = "{id: no, trigger: on_tool_request, decision: deny}";
  const std::string allow = "{id: yes, trigger: on_tool_request, decision: allow}";
  const std::string ask = "{id: ask, trigger: on_tool_request, decision: approval_required}";
  config.allow_loosening = true;
  for (const std::string& order : {deny + ", " + allow + ", " + ask, ask + ", " + allow + ", " + deny}) {
    rules = "[" + order + "]";
    EXPECT_THAT(verdict(), HasSubstr("deny by workspace:no; matched "));
  }
  rules = "[" + allow + ", " + ask + "]";
  EXPECT_EQ(verdict(), "approval_required by workspace:ask; matched workspace:yes, workspace:ask");
  pack_rules = "[" + deny + "]";
  EXPECT_EQ(verdict(), "deny by pack:acme:no; matched workspace:yes, workspace:ask, pack:acme:no");
  pack_rules = "[" + allow + "]";
  rules = "[" + deny + "]";
  EXPECT_EQ(verdict(), "deny by workspace:no; matched workspace:no, pack:acme:yes");
}

TEST_F(PolicyTest, NarrowerLayersTightenAndLoosenOnlyWithTheWorkspacesWord) {
  const std::string allow = "[{id: yes, trigger: on_tool_request, decision: allow}]";
  const std::string ask = "[{id: ask, trigger: on_tool_request, decision: approval_required}]";
  rules = allow;
  pack_rules = ask;
  EXPECT_EQ(verdict(), "approval_required by pack:acme:ask; matched workspace:yes, pack:acme:ask");
  rules = ask;
  pack_rules = allow;
  EXPECT_EQ(verdict(), "approval_required by workspace:ask; matched workspace:ask, pack:acme:yes");
  config.allow_loosening = true;
  EXPECT_EQ(verdict(), "allow by pack:acme:yes; matched workspace:ask, pack:acme:yes");

  // A lane says nothing of loosening, so what it decided stands for those below it.
  config.lanes = {{"a", "a", std::nullopt, std::nullopt, yaml(ask)}};
  EXPECT_EQ(verdict("job:run", Object{}, "ws-42:test", "a"),
            "approval_required by workspace:ask; matched workspace:ask, lane:a:ask, pack:acme:yes");
  EXPECT_EQ(verdict("job:run", Object{}, "ws-42:test", "b"),
            "allow by pack:acme:yes; matched workspace:ask, pack:acme:yes");
}

TEST_F(PolicyTest, APackMayNotLoosenTheDefaultEither) {
  config.production = true;
  pack_rules = "[{id: yes, trigger: on_tool_request, decision: allow}]";
  EXPECT_EQ(verdict(), "deny by default:production; matched pack:acme:yes");
  EXPECT_FALSE(callable);
  config.allow_loosening = true;
  EXPECT_EQ(verdict(), "allow by pack:acme:yes");
}

TEST_F(PolicyTest, APacksRulesSeeItsOwnToolsAlone) {
  const std::string deny_all =
      "id: other\nversion: 1.0.0\nruntime: {type: declarative}\n"
      "policies: [{id: no, trigger: on_tool_request, decision: deny}]\n";
  pack::BuiltinPack acme{"acme", {}, register_acme}, other{"other", {}, [](pack::Registration&) {}};
  const std::string manifest = std::string(kPolicyManifest) + "[]\n";
  acme.files.push_back({"manifest.yaml", manifest});
  other.files.push_back({"manifest.yaml", deny_all});
  pack::RegistryBuilder builder;
  builder.add_builtin(acme);
  builder.add_builtin(other);
  const auto registry = builder.build();
  ASSERT_EQ(registry->packs().size(), 2u) << render_text(registry->diagnostics(), false);
  const Policy policy(config, *registry);
  EXPECT_EQ(policy.rules(), 1u);
  const json::Value input = Object{};
  EXPECT_EQ(record_of(policy.decide(*registry->find("job:run"), {"s", {}, {}, input})), "allow by default:development");
}

TEST_F(PolicyTest, EveryConditionMustHold) {
  const auto denies = [this](const std::string& when, const std::string& tool, const std::string& input = "{}",
                             const std::string& subject = "ws-42:phone:p1") {
    rules = "[{id: no, trigger: on_tool_request, decision: deny, when: " + when + "}]";
    return verdict(tool, *json::parse(input), subject).starts_with("deny");
  };
  EXPECT_TRUE(denies("{}", "job:run"));
  EXPECT_TRUE(denies("{tool: 'job:r?n'}", "job:run"));
  EXPECT_FALSE(denies("{tool: 'job:r?n'}", "job:list"));
  EXPECT_TRUE(denies("{pack: acme, permission: write}", "job:run"));
  EXPECT_FALSE(denies("{pack: acme, permission: write}", "job:list"));
  EXPECT_FALSE(denies("{pack: acm}", "job:run"));
  EXPECT_TRUE(denies("{subject: '*:phone:*'}", "job:run"));
  EXPECT_FALSE(denies("{subject: '*:phone:*'}", "job:run", "{}", "ws-42"));
  EXPECT_FALSE(denies("{lane: a}", "job:run"));
  EXPECT_FALSE(denies("{intent: [ship]}", "job:run"));
  EXPECT_TRUE(denies("{not: {intent: [ship]}}", "job:run"));
  EXPECT_TRUE(denies("{not: {tool: 'job:list'}}", "job:run"));
  EXPECT_FALSE(denies("{not: {tool: 'job:run'}}", "job:run"));
  EXPECT_TRUE(denies("{not: {tool: 'job:run', subject: nobody}}", "job:run"));
  EXPECT_TRUE(denies("{not: {not: {tool: 'job:run'}}}", "job:run"));
}

TEST_F(PolicyTest, TestsOfTheInputReadItAtTheirPointer) {
  const auto denies = [this](const std::string& test, const std::string& input) {
    rules = "[{id: no, trigger: on_tool_request, decision: deny, when: {input: {" + test + "}}}]";
    return verdict("job:list", *json::parse(input)).starts_with("deny");
  };
  EXPECT_TRUE(denies("/a/b: {equals: 1}", R"({"a":{"b":1.0}})"));
  EXPECT_FALSE(denies("/a/b: {equals: 1}", R"({"a":{"b":"1"}})"));
  EXPECT_FALSE(denies("/a/b: {equals: 1}", R"({"a":1})"));
  EXPECT_TRUE(denies("/a/1: {equals: x}", R"({"a":["y","x"]})"));
  EXPECT_TRUE(denies("/a~1b: {in: [1, [2], {c: d}]}", R"({"a/b":{"c":"d"}})"));
  EXPECT_FALSE(denies("/a: {in: [1, 2]}", R"({"a":3})"));
  EXPECT_TRUE(denies("/a: {matches: 'rm +-rf'}", R"({"a":"sudo rm  -rf /"})"));
  EXPECT_FALSE(denies("/a: {matches: '^rm'}", R"({"a":"sudo rm"})"));
  EXPECT_FALSE(denies("/a: {matches: '.'}", R"({"a":7})")) << "what is no text matches no pattern";
  EXPECT_TRUE(denies("/a: {exists: true}", R"({"a":null})"));
  EXPECT_TRUE(denies("/a: {exists: false}", R"({})"));
  EXPECT_TRUE(denies("/a: {in: [x, xy], matches: y}", R"({"a":"xy"})"));
  EXPECT_FALSE(denies("/a: {in: [x, xy], matches: y}", R"({"a":"x"})"));
  EXPECT_FALSE(denies("/a: {equals: 1, in: [2]}", R"({"a":1})"));
  EXPECT_FALSE(denies("/a: {equals: 1}, /b: {equals: 2}", R"({"a":1})"));
  EXPECT_TRUE(denies("'': {equals: {}}", R"({})"));
}

TEST_F(PolicyTest, AToolIsListedWhenSomeInputGetsThrough) {
  const auto listed = [this](const std::string& written) {
    rules = "[" + written + "]";
    verdict("job:run", Object{{"size", "small"}});
    return callable;
  };
  const auto deny = [](const std::string& when) {
    return "{id: r" + std::to_string(std::hash<std::string>()(when) % 100'000) +
           ", trigger: on_tool_request, decision: deny, when: " + when + "}";
  };
  EXPECT_FALSE(listed(deny("{}")));
  EXPECT_FALSE(listed(deny("{subject: 'ws-42:*'}")));
  EXPECT_TRUE(listed(deny("{subject: 'ws-42:phone:*'}")));
  EXPECT_TRUE(listed(deny("{input: {/size: {in: [big, huge]}}}")));
  EXPECT_FALSE(listed(deny("{input: {/size: {in: [big, huge, small]}}}"))) << "the schema knows no other";
  EXPECT_FALSE(listed(deny("{input: {/size: {exists: true}}}"))) << "the schema requires it";
  EXPECT_FALSE(listed(deny("{input: {/dry: {equals: true}}}") + ", " + deny("{not: {input: {/dry: {equals: true}}}}")));
  EXPECT_FALSE(listed(deny("{input: {/dry: {exists: true}}}") + ", " + deny("{input: {/dry: {exists: false}}}")));
  EXPECT_TRUE(listed(deny("{input: {/name: {matches: a}}}") + ", " + deny("{input: {/name: {matches: b}}}")));
  EXPECT_FALSE(listed(deny("{input: {/name: {matches: a}}}") + ", " + deny("{not: {input: {/name: {matches: a}}}}")));
  EXPECT_TRUE(listed(deny("{input: {/new: {equals: 1}}}")));
  config.default_decision = Decision::kDeny;
  EXPECT_TRUE(listed("{id: a, trigger: on_tool_request, decision: allow, when: {input: {/size: {equals: big}}}}"));
  EXPECT_FALSE(listed("{id: a, trigger: on_tool_request, decision: allow, when: {input: {/size: {equals: none}}}}"));
}

// --- in the kernel ---

constexpr const char* kAskForB = R"(
- id: no-a
  trigger: on_tool_request
  decision: deny
  reason: a is kept
  when: {tool: 'probe:put', input: {/key: {equals: a}}}
- {id: log, trigger: on_tool_request, decision: allow, when: {tool: 'probe:*'}}
)";

TEST(PolicyOfKernel, RefusesAtStage5AndRecordsEveryRuleThatMatched) {
  KernelWorld world;
  world.config.policies = yaml(kAskForB);
  world.open();
  const CallResult refused = world.call("probe:put", Object{{"key", "a"}, {"value", 1}});
  EXPECT_EQ(name(*refused.code), "POLICY_DENIED");
  EXPECT_THAT(refused.body, HasSubstr("a is kept"));
  const auto recorded = world.entries_of(refused.receipt);
  EXPECT_EQ(json::integer_or(recorded.at(1), "stage", 0), 5);
  EXPECT_EQ(json::string_or(recorded.at(1), "decided_by", ""), "workspace:no-a");
  EXPECT_EQ(json::string_or(recorded.at(1), "policy", ""),
            "deny by workspace:no-a; matched workspace:no-a, workspace:log");
  const CallResult allowed = world.call("probe:put", Object{{"key", "b"}, {"value", 1}});
  EXPECT_FALSE(allowed.code) << allowed.body;
  EXPECT_EQ(json::string_or(world.entries_of(allowed.receipt).at(1), "policy", ""), "allow by workspace:log");
}

// The pack takes this key as absent, whatever it says: so do the rules.
TEST(PolicyOfKernel, RulesSeeWhatCountsOfTheInput) {
  KernelWorld world;
  world.config.policies = yaml(
      "[{id: no, trigger: on_tool_request, decision: deny, when: {tool: 'probe:emit', input: {/key: {exists: "
      "false}}}}]");
  world.open();
  EXPECT_FALSE(world.call("probe:emit", Object{{"n", 1}, {"key", "k"}}).code);
  EXPECT_EQ(name(*world.call("probe:emit", Object{{"n", 1}, {"key", "empty counts as absent"}}).code), "POLICY_DENIED");
}

TEST(PolicyOfKernel, AReloadBringsOtherRules) {
  KernelWorld world;
  world.open();
  const json::Value put = Object{{"key", "a"}, {"value", 1}};
  EXPECT_FALSE(world.call("probe:put", put).code);
  auto reloaded = std::make_shared<Reloaded>();
  reloaded->config = world.config;
  reloaded->config.hash = std::string(64, '1');
  reloaded->config.policies = yaml(kAskForB);
  reloaded->registry = world.kernel->shared_registry();
  ASSERT_TRUE(world.kernel->reload(reloaded).ok());
  world.settle();
  EXPECT_EQ(name(*world.call("probe:put", put).code), "POLICY_DENIED");
}

// Rules over the keys and values of `probe:put`, by chance.
class RandomRules {
 public:
  explicit RandomRules(std::uint64_t seed) : random_(seed) {}

  json::Array list() {
    json::Array rules;
    for (std::uint64_t i = 0, n = 1 + below(5); i < n; ++i) {
      Object rule{{"id", "r" + std::to_string(i)},
                  {"trigger", "on_tool_request"},
                  {"decision", pick<const char*>({"allow", "deny", "deny", "approval_required"})}};
      if (below(8) != 0) rule.set("when", when(2));
      rules.push_back(std::move(rule));
    }
    return rules;
  }
  std::uint64_t below(std::uint64_t n) { return random_() % n; }

 private:
  template <class T>
  T pick(std::initializer_list<T> of) {
    return *(of.begin() + below(of.size()));
  }
  Object when(int depth) {
    Object out;
    if (below(3) == 0) out.set("tool", pick<const char*>({"probe:*", "probe:put", "probe:get", "*"}));
    if (below(4) == 0) out.set("subject", pick<const char*>({"ws-42:*", "ws-42:phone:*"}));
    Object tests;
    if (below(2) == 0) tests.set("/key", test({"a", "b", "c"}));
    if (below(3) == 0) tests.set("/value", test({1, 2, "a"}));
    if (!tests.empty()) out.set("input", std::move(tests));
    if (depth > 0 && below(3) == 0) out.set("not", when(depth - 1));
    return out;
  }
  Object test(std::initializer_list<json::Value> values) {
    switch (below(4)) {
      case 0:
        return Object{{"equals", pick(values)}};
      case 1:
        return Object{{"in", json::Array{pick(values), pick(values)}}};
      case 2:
        return Object{{"exists", below(2) == 0}};
      default:
        return Object{{"matches", pick<const char*>({"^a", "b|c", "^[a-c]$"})}};
    }
  }
  std::mt19937_64 random_;
};

// A tool is listed as callable to a caller exactly when dispatch lets some input of it through, or would park it.
TEST(PolicyOfKernel, CallableAgreesWithDispatchOverRandomRules) {
  constexpr std::uint64_t kSeeds = 300;
  std::size_t listed = 0, hidden = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    RandomRules generate(seed);
    KernelWorld world;
    world.config.policies = generate.list();
    world.config.production = generate.below(2) == 0;
    world.open();
    bool passes = false;
    std::vector<json::Value> values = {1, 2, 3, "a", "b", "c", "z", "ab", json::Value()};
    for (const char* key : {"a", "b", "c", "z", "ab"})
      for (const json::Value& value : values) {
        const CallResult result = world.call("probe:put", Object{{"key", key}, {"value", value}});
        passes = passes || !result.code || *result.code != ErrorCode::kPolicyDenied;
      }
    const bool callable = world.kernel->callable(*world.kernel->registry().find("probe:put"), world.credential);
    ASSERT_EQ(callable, passes) << seed << ": " << json::serialize(world.config.policies);
    ++(callable ? listed : hidden);
  }
  EXPECT_GT(listed, kSeeds / 5);
  EXPECT_GT(hidden, kSeeds / 5);
}

}  // namespace
}  // namespace lumenflow::kernel
