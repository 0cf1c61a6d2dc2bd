#include "catalogue/compatibility.h"

#include <gmock/gmock.h>

#include "catalogue/testing/catalogue_samples.h"

namespace lumenflow::catalogue {
namespace {

constexpr const char* kInteger =
    R"({"type": "object", "additionalProperties": false, "properties": {"n": {"type": "integer"}}})";
constexpr const char* kNumber =
    R"({"type": "object", "additionalProperties": false, "properties": {"n": {"type": "number"}}})";
constexpr const char* kText =
    R"({"type": "object", "additionalProperties": false, "properties": {"n": {"type": ["number", "string"]}}})";

Lock lock_with(const char* schema, int version = 1, const std::string& before = {}) {
  std::vector<PackInput> packs;
  if (schema != nullptr) packs.push_back(pack_input("acme", one_type("acme", "done", schema, version)));
  Faults faults;
  std::optional<Lock> lock = read_lock({"lock", lock_of(plan_of(std::move(packs), before))}, faults);
  EXPECT_TRUE(lock) << shown(faults);
  return *std::move(lock);
}

std::string said(const Lock& before, const Lock& now, std::string_view mode) {
  std::string out;
  for (const TypeCompatibility& each : compare(before, now, *parse_compatibility_mode(mode)))
    out += std::string(name(each.verdict)) + " " + each.type + " -> " + std::to_string(each.legal_version) + "\n";
  return out;
}

TEST(Compatibility, ModesSayWhoMustReadWhom) {
  const Lock integer = lock_with(kInteger), number = lock_with(kNumber);
  EXPECT_EQ(said(integer, number, "backward"), "compatible acme:done -> 0\n");
  EXPECT_EQ(said(integer, number, "forward"), "breaking acme:done -> 2\n");
  EXPECT_EQ(said(integer, number, "full"), "breaking acme:done -> 2\n");
  EXPECT_EQ(said(number, integer, "backward"), "breaking acme:done -> 2\n");
  EXPECT_EQ(said(number, integer, "forward"), "compatible acme:done -> 0\n");
  EXPECT_EQ(said(number, integer, "none"), "compatible acme:done -> 0\n");
  EXPECT_EQ(said(integer, integer, "full"), "");
}

TEST(Compatibility, AWitnessIsAWholePayload) {
  const auto types = compare(lock_with(kNumber), lock_with(kInteger), CompatibilityMode{});
  ASSERT_EQ(types.size(), 1u);
  ASSERT_EQ(types[0].findings.size(), 1u);
  EXPECT_EQ(types[0].findings[0].old_pointer, "/properties/n");
  EXPECT_EQ(types[0].findings[0].new_pointer, "/properties/n/type");
  EXPECT_EQ(json::serialize(*types[0].findings[0].witness), R"({"n":0.5})");
}

TEST(Compatibility, AHigherVersionMayDoAnything) {
  EXPECT_EQ(said(lock_with(kNumber), lock_with(kInteger, 2), "full"), "compatible acme:done -> 0\n");
  EXPECT_EQ(said(lock_with(kNumber, 2), lock_with(kNumber, 1), "full"), "breaking acme:done -> 2\n");
}

TEST(Compatibility, ATypeThatIsGoneBreaksThoseWhoHaveIt) {
  EXPECT_EQ(said(lock_with(kNumber), lock_with(nullptr), "backward"), "breaking acme:done -> 0\n");
  EXPECT_EQ(said(lock_with(kNumber), lock_with(nullptr), "forward"), "");
  EXPECT_EQ(said(lock_with(nullptr), lock_with(kNumber), "full"), "");
}

TEST(Compatibility, TransitiveLooksBehindTheLast) {
  const auto text_of = [](const char* schema, const std::string& before) {
    std::vector<PackInput> packs;
    packs.push_back(pack_input("acme", one_type("acme", "done", schema)));
    return lock_of(plan_of(std::move(packs), before));
  };
  const std::string first = text_of(kInteger, {}), second = text_of(kNumber, first);
  const Lock last = lock_with(kNumber, 1, second), now = lock_with(kText, 1, second);
  EXPECT_EQ(said(last, now, "backward"), "compatible acme:done -> 0\n");
  const auto findings = [&](std::string_view mode) {
    return compare(last, now, *parse_compatibility_mode(mode))[0].findings.size();
  };
  EXPECT_EQ(findings("forward"), 1u);             // a text, for those of the last
  EXPECT_GT(findings("forward-transitive"), 1u);  // and for those of the first
  EXPECT_EQ(findings("backward-transitive"), 0u);
}

TEST(Compatibility, OnlyTheModesThereAreAreRead) {
  for (const std::string& mode : kCompatibilityModes) EXPECT_TRUE(parse_compatibility_mode(mode)) << mode;
  for (const char* mode : {"", "none-transitive", "-transitive", "Full", "both"})
    EXPECT_FALSE(parse_compatibility_mode(mode)) << mode;
}

}  // namespace
}  // namespace lumenflow::catalogue
