#include "catalogue/plan.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <locale>
#include <random>

#include "catalogue/generator.h"
#include "catalogue/testing/catalogue_samples.h"

namespace lumenflow::catalogue {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr const char* kClosed =
    R"({"type": "object", "additionalProperties": false, "required": ["id"],
        "properties": {"id": {"type": "integer"}}})";
constexpr const char* kWider =
    R"({"type": "object", "additionalProperties": false, "required": ["id"],
        "properties": {"id": {"type": "number"}}})";

std::string faults_of(std::vector<PackInput> packs, const std::string& lock, std::vector<std::string> remove = {}) {
  Faults faults;
  PlanInput input;
  input.core = core_declarations();
  input.packs = std::move(packs);
  if (!lock.empty()) input.lock.emplace(SourceText{"catalogue.lock.json", lock});
  input.remove = std::move(remove);
  const std::optional<Plan> made = plan(std::move(input), faults);
  EXPECT_NE(made.has_value(), !faults.empty());
  return shown(faults);
}

std::vector<PackInput> acme(const std::string& schema, int version = 1) {
  std::vector<PackInput> out;
  out.push_back(pack_input("acme", one_type("acme", "done", schema, version)));
  return out;
}

const std::string& acme_lock() {
  static const std::string lock = lock_of(plan_of(acme(kClosed)));
  return lock;
}

TEST(Plan, OrdersByPackThenTypeInByteOrder) {
  std::vector<PackInput> packs;
  packs.push_back(pack_input("b-pack", one_type("b-pack", "x", "true")));
  packs.push_back(pack_input("a2", one_type("a2", "z", "true")));
  packs.push_back(pack_input("a-2", one_type("a-2", "y", "true")));
  const Plan made = plan_of(std::move(packs));
  std::vector<std::string> types;
  for (const EventType& event : made.catalogue.events) types.push_back(event.type);
  EXPECT_THAT(types,
              ::testing::ElementsAre("kernel:event-emitted", "kernel:call-finished", "a-2:y", "a2:z", "b-pack:x"));
}

struct Grouping : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\1"; }
};

TEST(Plan, GivesTheSameBytesInEveryOrderAndLocale) {
  const auto packs = [] {
    std::vector<PackInput> out;
    for (const char* slug : {"a1", "a-1", "zebra", "ch", "aa", "i"})
      out.push_back(pack_input(slug, one_type(slug, "done", kClosed, 1200)));
    return out;
  };
  const std::vector<std::string> expected = texts_of(plan_of(packs()));
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Grouping));
  std::mt19937 random(7);
  for (int round = 0; round < 100; ++round) {
    std::vector<PackInput> shuffled = packs();
    std::ranges::shuffle(shuffled, random);
    ASSERT_EQ(texts_of(plan_of(std::move(shuffled))), expected);
  }
  std::locale::global(before);
}

TEST(Plan, IsAFixpoint) {
  const Plan first = plan_of(acme(kClosed)), again = plan_of(acme(kClosed), lock_of(first));
  EXPECT_EQ(texts_of(again), texts_of(first));
}

TEST(Plan, AVersionNeverGoesBack) {
  const std::string lock = lock_of(plan_of(acme(kClosed, 4)));
  EXPECT_THAT(faults_of(acme(kClosed, 3), lock), HasSubstr("LF1072"));
  EXPECT_EQ(faults_of(acme(kClosed, 4), lock), "");
  EXPECT_EQ(faults_of(acme("false", 5), lock), "");
}

TEST(Plan, AnIncompatibleSchemaNeedsAVersion) {
  const std::string wide = lock_of(plan_of(acme(kWider)));
  EXPECT_THAT(faults_of(acme(kClosed), wide),
              HasSubstr("LF1073 at packs/acme/content/event-types.json:1:99: the schema of 'acme:done' changed without "
                        "a new version: type at '/properties/id/type': only integers are taken now; valid before and "
                        "not now: {\"id\":0.5}"));
  EXPECT_EQ(faults_of(acme(kWider), acme_lock()), "");
  EXPECT_EQ(faults_of(acme(kClosed, 2), wide), "");
}

TEST(Plan, RemembersWhatSchemasWere) {
  const Plan wider = plan_of(acme(kWider), acme_lock());
  Faults faults;
  const SourceText source{"catalogue.lock.json", lock_of(wider)};
  const std::optional<Lock> lock = read_lock(source, faults);
  ASSERT_TRUE(lock) << shown(faults);
  ASSERT_EQ(lock->find("acme:done")->earlier.size(), 1u);
  EXPECT_EQ(*lock->find("acme:done")->earlier[0].schema, *json::parse(kClosed));
}

TEST(DeletionGuard, NamesTheMissingFile) {
  std::vector<PackInput> packs;
  packs.push_back(pack_input("acme", {}));
  EXPECT_THAT(
      faults_of(std::move(packs), acme_lock()),
      "LF1074 at packs/acme/manifest.yaml:0:0: packs/acme/content/event-types.json is missing, and the manifest "
      "names it\n");
}

TEST(DeletionGuard, SeesAKeyThatIsGone) {
  std::vector<PackInput> packs;
  packs.push_back(pack_input("acme", {}));
  packs[0].source.event_types_path.clear();
  EXPECT_EQ(faults_of(std::move(packs), acme_lock()),
            "LF1074 at packs/acme/manifest.yaml:0:0: the manifest has no event_types any more, and the lock file names "
            "acme:done; packs/acme/content/event-types.json is missing\n");
  packs.clear();
  packs.push_back(pack_input("acme", one_type("acme", "done", kClosed)));
  packs[0].source.event_types_path.clear();
  EXPECT_THAT(faults_of(std::move(packs), {}), HasSubstr("its manifest does not name it"));
}

TEST(DeletionGuard, SeesAPackAndATypeThatAreGone) {
  EXPECT_THAT(faults_of({}, acme_lock()), HasSubstr("the pack 'acme' with its content/event-types.json is missing"));
  std::vector<PackInput> packs;
  packs.push_back(pack_input("acme", one_type("acme", "other", kClosed)));
  EXPECT_THAT(faults_of(std::move(packs), acme_lock()),
              HasSubstr("packs/acme/content/event-types.json does not declare it any more"));
}

TEST(DeletionGuard, SeesAutomationsOfTypesThatNobodyDeclares) {
  std::vector<PackInput> packs;
  packs.push_back(pack_input("acme", {}));
  packs[0].source.event_types_path.clear();
  packs[0].automations.emplace_back("acme:job-done", Fault{"", "packs/acme/manifest.yaml", 7, 9, "", "", ""});
  EXPECT_THAT(
      faults_of(std::move(packs), {}),
      "LF1074 at packs/acme/manifest.yaml:7:9: an automation runs on 'acme:job-done', and the pack has no event "
      "types; packs/acme/content/event-types.json is missing\n");
}

TEST(DeletionGuard, LetsATypeGoThatIsRemovedForGood) {
  EXPECT_EQ(faults_of({}, acme_lock(), {"acme:done"}), "");
  EXPECT_THAT(faults_of(acme(kClosed), acme_lock(), {"acme:done"}), HasSubstr("LF1076"));
  EXPECT_THAT(faults_of(acme(kClosed), acme_lock(), {"acme:never"}), HasSubstr("LF1076"));
}

TEST(DeletionGuard, RemembersWhatWasRemovedForGood) {
  Faults faults;
  PlanInput input;
  input.core = core_declarations();
  input.lock.emplace(SourceText{"catalogue.lock.json", acme_lock()});
  input.remove = {"acme:done"};
  const std::optional<Plan> gone = plan(std::move(input), faults);
  ASSERT_TRUE(gone) << shown(faults);
  EXPECT_THAT(faults_of(acme("false"), lock_of(*gone)), HasSubstr("LF1073")) << "another schema under version 1";
  EXPECT_EQ(faults_of(acme("false", 2), lock_of(*gone)), "");
  EXPECT_EQ(faults_of(acme(kClosed), lock_of(*gone)), "") << "it is put back as it was";
  EXPECT_EQ(faults_of({}, lock_of(*gone)), "") << "it is gone, and nobody asks for it";
  EXPECT_EQ(lock_of(plan_of({}, lock_of(*gone))), lock_of(*gone));
  const std::string back = lock_of(plan_of(acme("false", 2), lock_of(*gone)));
  EXPECT_THAT(back, ::testing::Not(HasSubstr("removed")));
  EXPECT_THAT(back, HasSubstr(R"("earlier":[{"version":1)"));
}

TEST(Plan, ALockFileThatIsMissingBesideWhatWasGeneratedIsNoBeginning) {
  Faults faults;
  PlanInput input;
  input.core = core_declarations();
  input.packs = acme("false");
  input.lock_path = "catalogue/catalogue.lock.json";
  input.generated = "catalogue/runtime_event_manifest.generated.h";
  EXPECT_FALSE(plan(std::move(input), faults));
  EXPECT_EQ(shown(faults),
            "LF1077 at catalogue/catalogue.lock.json:0:0: the lock file is missing, and "
            "catalogue/runtime_event_manifest.generated.h was generated with it\n");
}

// g++ refuses a member named like a type that the struct has used.
TEST(Generator, NothingIsNamedLikeItsEnumeration) {
  const std::string member = render_cpp(plan_of(acme(R"({"type": "object", "properties": {
      "RuntimeEventType": {"type": "string"}}})"))
                                            .catalogue);
  EXPECT_THAT(member, HasSubstr("> RuntimeEventType_2{};"));
  std::vector<PackInput> packs;
  packs.push_back(pack_input("acme", one_type("acme", "runtime-event-type", kClosed)));
  EXPECT_THAT(render_cpp(plan_of(std::move(packs)).catalogue),
              HasSubstr("constexpr ::lumenflow::runtime_events::RuntimeEventType kEventType = "));
}

TEST(Lock, IsNotBelievedWhenItWasChanged) {
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"\"acme:done\"", "\"acme:gone\""},
           {"\"capacity\":256", "\"capacity\":512"},
           {"\"type\":\"integer\"}}},\"earlier\"", "\"type\":\"number\"}}},\"earlier\""},
           {"\"format\": 1", "\"format\": 2"},
           {"\"format\": 1,", ""},
           {"{\n", ""}}) {
    std::string lock = acme_lock();
    const std::size_t at = lock.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    lock.replace(at, from.size(), to);
    EXPECT_THAT(faults_of(acme(kClosed), lock), HasSubstr("LF1077")) << from;
  }
}

TEST(GeneratedCheck, NamesTheActivePacksThatDiffer) {
  const Catalogue generated = plan_of(acme(kClosed)).catalogue, wider = plan_of(acme(kWider)).catalogue;
  const std::vector<std::string> active{"acme"}, none;
  EXPECT_EQ(why_not_generated(generated, generated, active), "");
  EXPECT_THAT(why_not_generated(core_catalogue(), generated, active), EndsWith("): acme differs"));
  EXPECT_EQ(why_not_generated(core_catalogue(), generated, none), "") << "a pack that is switched off";
  EXPECT_THAT(why_not_generated(wider, generated, active), EndsWith("): acme differs"));
  EXPECT_THAT(why_not_generated(generated, Catalogue{}, active), EndsWith("): acme, the core differ"));
}

TEST(Difference, ShowsWhereItBegins) {
  const GeneratedFile file{"a.txt", "1\n2\n3\n4\n"};
  EXPECT_EQ(difference(file, file.text), "");
  EXPECT_EQ(difference(file, "1\nx\n3\n4\n"), "a.txt:2: is not as it would be generated\n- x\n+ 2\n");
  EXPECT_EQ(difference(file, "1\n2\n"), "a.txt:3: is not as it would be generated\n+ 3\n+ 4\n");
}

}  // namespace
}  // namespace lumenflow::catalogue
