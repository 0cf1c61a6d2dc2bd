#include "pack/registry.h"

#include <gmock/gmock.h>

#include "base/sha256.h"
#include "pack/integrity.h"
#include "pack/testing/manifest_samples.h"

namespace lumenflow::pack {
namespace {

using samples::replaced;
using samples::small_manifest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ToolResult nothing(ToolContext&, const json::Value&) { return ToolOutput{}; }

void register_run(Registration& registration) { registration.tool("job:run", {.store_only = true}, nothing); }
void register_none(Registration&) {}

// Owns the text that a pack compiled into a program would have as static data.
struct Sample {
  explicit Sample(std::string text, std::string pack_id = "acme", void (*code)(Registration&) = register_run)
      : manifest(std::move(text)), id(std::move(pack_id)), pack{id, {{"manifest.yaml", manifest}}, code} {}
  Sample(const Sample&) = delete;
  const std::string manifest, id;
  BuiltinPack pack;
};

std::shared_ptr<const Registry> registry_of(std::initializer_list<const Sample*> samples) {
  RegistryBuilder builder;
  for (const Sample* sample : samples) builder.add_builtin(sample->pack);
  return builder.build();
}

std::vector<std::string> codes(const Diagnostics& diagnostics) {
  std::vector<std::string> out;
  for (const Diagnostic& item : diagnostics.items()) out.push_back(item.code);
  return out;
}

// The same pack under another id, with its own slug, namespace and kind.
std::string other_manifest() {
  std::string text = small_manifest();
  text = replaced(text, "id: acme", "id: beta");
  text = replaced(text, "name: job:run", "name: work:run");
  text = replaced(text, "  - acme:job_done", "  - beta:job_done");
  return replaced(text, "  acme:job_done: ", "  beta:job_done: ");
}
void register_work(Registration& registration) { registration.tool("work:run", {}, nothing); }

TEST(Registry, FindsToolsByNameAndAlias) {
  const Sample sample(small_manifest());
  const auto registry = registry_of({&sample});
  ASSERT_EQ(registry->tools().size(), 1u) << render_text(registry->diagnostics(), false);
  const ActiveTool* tool = registry->find("job:run");
  ASSERT_NE(tool, nullptr);
  EXPECT_EQ(registry->find("acme:job_run"), tool);
  EXPECT_EQ(registry->find("job:stop"), nullptr);
  EXPECT_EQ(tool->pack, registry->find_pack("acme"));
  EXPECT_TRUE(tool->traits.store_only);
  EXPECT_TRUE(tool->handler);
  EXPECT_EQ(tool->pack->origin.source, "builtin");
  EXPECT_EQ(registry->find_pack("other"), nullptr);
}

TEST(Registry, ListsToolsAndPacksInByteOrderWhateverTheOrderOfAdding) {
  const Sample acme(small_manifest()), beta(other_manifest(), "beta", register_work);
  const auto one = registry_of({&acme, &beta}), two = registry_of({&beta, &acme});
  ASSERT_EQ(one->tools().size(), 2u) << render_text(one->diagnostics(), false);
  EXPECT_EQ(one->tools()[0]->descriptor.name, "job:run");
  EXPECT_EQ(two->tools()[0]->descriptor.name, "job:run");
  EXPECT_EQ(two->packs()[0]->manifest.id, "acme");
  EXPECT_EQ(one->hash(), two->hash());
}

TEST(Registry, HashFollowsWhatIsSaidOfTools) {
  const Sample sample(small_manifest()), again(small_manifest());
  const std::string hash = registry_of({&sample})->hash();
  EXPECT_EQ(hash.size(), 64u);
  EXPECT_EQ(registry_of({&again})->hash(), hash);
  const Sample titled(replaced(small_manifest(), "permission: write", "permission: write\n    title: Run"));
  EXPECT_NE(registry_of({&titled})->hash(), hash);
  const Sample commented(small_manifest() + "# a remark\n");
  EXPECT_EQ(registry_of({&commented})->hash(), hash);
  const Sample hidden(replaced(small_manifest(), "permission: write", "permission: write\n    internal_only: true"));
  EXPECT_EQ(registry_of({&hidden})->hash(), registry_of({})->hash()) << "no surface shows it";
}

TEST(Registry, DescribesAToolFromItsManifestAlone) {
  const Sample sample(small_manifest());
  const auto registry = registry_of({&sample});
  EXPECT_EQ(
      json::serialize(describe_tool(*registry->find("job:run"))),
      R"({"name":"job:run","aliases":["acme:job_run"],"pack":"acme","version":"1.0.0","title":"","description":"",)"
      R"("permission":"write","scope":"tools:write",)"
      R"("required_scopes":[{"type":"path","pattern":"jobs/**","access":"write"}],"required_approvals":[],)"
      R"("input_schema":{"type":"object"},"output_schema":{"type":"object"},"surfaces":["http"]})");
}

TEST(Registry, AKernelToolHasNoPack) {
  ActiveTool tool;
  tool.descriptor.name = "kernel:stop";
  EXPECT_EQ(*describe_tool(tool).find("pack"), json::Value("kernel"));
}

TEST(RegistryBuilder, RefusesAPackWithAFaultyManifestAndKeepsTheOthers) {
  const Sample broken(replaced(small_manifest(), "permission: write", "permission: read")),
      beta(other_manifest(), "beta", register_work);
  const auto registry = registry_of({&broken, &beta});
  ASSERT_EQ(registry->refused().size(), 1u);
  EXPECT_EQ(registry->refused()[0].id, "acme");
  EXPECT_THAT(codes(registry->refused()[0].diagnostics), ElementsAre("LF1023"));
  EXPECT_THAT(codes(registry->diagnostics()), ElementsAre("LF1023"));
  EXPECT_EQ(registry->find("job:run"), nullptr);
  EXPECT_NE(registry->find("work:run"), nullptr);
}

TEST(RegistryBuilder, ComparesTheManifestWithTheCode) {
  const Sample missing(small_manifest(), "acme", register_none);
  EXPECT_THAT(codes(registry_of({&missing})->diagnostics()), ElementsAre("LF1033"));
  const Sample extra(small_manifest(), "acme", [](Registration& registration) {
    register_run(registration);
    registration.tool("job:stop", {}, nothing);
  });
  EXPECT_THAT(codes(registry_of({&extra})->diagnostics()), ElementsAre("LF1033"));
  const Sample empty(small_manifest(), "acme",
                     [](Registration& registration) { registration.tool("job:run", {}, nullptr); });
  EXPECT_THAT(codes(registry_of({&empty})->diagnostics()), ElementsAre("LF1033"));
  const Sample twice(small_manifest(), "acme", [](Registration& registration) {
    register_run(registration);
    register_run(registration);
  });
  EXPECT_THAT(codes(registry_of({&twice})->diagnostics()), ElementsAre("LF1020"));
  const Sample renamed(small_manifest(), "other");
  EXPECT_THAT(codes(registry_of({&renamed})->diagnostics()), ElementsAre("LF1004"));
}

TEST(RegistryBuilder, ASubscriptionNeedsAHandler) {
  const Sample sample(small_manifest() + "subscribed_event_kinds: [task_completed, 'acme:job_done']\n");
  const auto registry = registry_of({&sample});
  EXPECT_THAT(codes(registry->diagnostics()), ElementsAre("LF1031", "LF1031"));
  EXPECT_EQ(registry->diagnostics().items()[0].place.line, 13);
}

Status hear(HandlerContext&, const Event&) { return {}; }

TEST(RegistryBuilder, AHandlerNeedsASubscriptionAndAWayToBeCalledTwice) {
  const std::string subscribed = small_manifest() + "subscribed_event_kinds: [task_completed]\n";
  const Sample idempotent(subscribed, "acme", [](Registration& registration) {
    register_run(registration);
    registration.handler("task_completed", {.idempotent = true}, hear);
  });
  EXPECT_THAT(codes(registry_of({&idempotent})->diagnostics()), IsEmpty());
  EXPECT_EQ(registry_of({&idempotent})->packs()[0]->handlers.size(), 1u);
  const Sample with_key(subscribed, "acme", [](Registration& registration) {
    register_run(registration);
    registration.handler("task_completed", {}, hear, [](const Event& event) { return event.event_id; });
  });
  EXPECT_THAT(codes(registry_of({&with_key})->diagnostics()), IsEmpty());
  const Sample neither(subscribed, "acme", [](Registration& registration) {
    register_run(registration);
    registration.handler("task_completed", {}, hear);
  });
  EXPECT_THAT(codes(registry_of({&neither})->diagnostics()), ElementsAre("LF1032"));
  EXPECT_EQ(registry_of({&neither})->diagnostics().items()[0].place.line, 13);
  const Sample unsubscribed(small_manifest(), "acme", [](Registration& registration) {
    register_run(registration);
    registration.handler("task_completed", {.idempotent = true}, hear);
  });
  EXPECT_THAT(codes(registry_of({&unsubscribed})->diagnostics()), ElementsAre("LF1031"));
  const Sample twice(subscribed, "acme", [](Registration& registration) {
    register_run(registration);
    registration.handler("task_completed", {.idempotent = true}, hear);
    registration.handler("task_completed", {.idempotent = true}, hear);
  });
  EXPECT_THAT(codes(registry_of({&twice})->diagnostics()), ElementsAre("LF1031"));
}

TEST(RegistryBuilder, OfTwoPacksThatCollideTheLaterIsRefused) {
  const Sample acme(small_manifest()), again(small_manifest());
  const auto registry = registry_of({&acme, &again});
  EXPECT_EQ(registry->packs().size(), 1u);
  ASSERT_EQ(registry->refused().size(), 1u);
  EXPECT_THAT(codes(registry->refused()[0].diagnostics), ElementsAre("LF1005"));
  EXPECT_THAT(registry->refused()[0].diagnostics.items()[0].message, HasSubstr("'acme'"));
}

TEST(RegistryBuilder, NamesAndAliasesAreUniqueOverAllPacks) {
  const Sample acme(small_manifest());
  const Sample same_tool(replaced(other_manifest(), "work:run", "job:run"), "beta", register_run);
  EXPECT_THAT(codes(registry_of({&acme, &same_tool})->diagnostics()), ElementsAre("LF1020"));
  const Sample same_slug(replaced(small_manifest(), "id: acme", "id: beta\nslug: acme"), "beta");
  EXPECT_THAT(codes(registry_of({&acme, &same_slug})->diagnostics()),
              ElementsAre("LF1005", "LF1020", "LF1020", "LF1012"));
  const Sample alias_as_name(replaced(other_manifest(), "work:run", "acme:job_run"), "beta",
                             [](Registration& registration) { registration.tool("acme:job_run", {}, nothing); });
  EXPECT_THAT(codes(registry_of({&acme, &alias_as_name})->diagnostics()), ElementsAre("LF1020"));
}

TEST(RegistryBuilder, OneSectionOfTheConfigurationBelongsToOnePack) {
  const Sample acme(small_manifest() + "config_key: shared\n"),
      beta(other_manifest() + "config_key: shared\n", "beta", register_work);
  EXPECT_THAT(codes(registry_of({&acme, &beta})->diagnostics()), ElementsAre("LF1005"));
}

TEST(RegistryBuilder, SchemasMustHaveACanonicalForm) {
  const Sample sample(replaced(small_manifest(), "permission: write",
                               "permission: write\n    input_schema: {type: object, maxProperties: 9007199254740993}"));
  EXPECT_THAT(codes(registry_of({&sample})->diagnostics()), ElementsAre("LF1024"));
}

std::string hash_of(std::vector<HashedFile> files) { return integrity_of(std::move(files)); }

TEST(Integrity, IsTheHashOfPathsAndContents) {
  const std::string expected =
      "sha256:" + sha256_hex(std::string("a.txt\0", 6) + sha256_hex("one") + std::string("\0b/c.txt\0", 9) +
                             sha256_hex("two") + std::string("\0", 1));
  EXPECT_EQ(hash_of({{"b/c.txt", "two"}, {"a.txt", "one"}}), expected);
  EXPECT_EQ(hash_of({{"a.txt", "one"}, {"b/c.txt", "two"}, {".git/HEAD", "x"}, {"b/.DS_Store", "y"}}), expected);
  EXPECT_NE(hash_of({{"a.txt", "one"}, {"b/c.txt", "tvo"}}), expected);
  EXPECT_NE(hash_of({{"a.txt", "one"}, {"b/c.txt", "two"}, {".gitignore", ""}}), expected);
}

TEST(Integrity, OfABuiltinPackIsThatOfItsFiles) {
  const Sample sample(small_manifest());
  EXPECT_EQ(integrity_of(sample.pack), hash_of({{"manifest.yaml", sample.manifest}}));
  EXPECT_EQ(registry_of({&sample})->packs()[0]->origin.integrity, integrity_of(sample.pack));
}

}  // namespace
}  // namespace lumenflow::pack
