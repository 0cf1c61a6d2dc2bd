// The hashes of ../shared/vectors/catalogue.json, and what they see.
#include "catalogue/digest.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/sha256.h"
#include "catalogue/catalogue.h"
#include "support/source_tree.h"

namespace lumenflow::catalogue {
namespace {

std::vector<HashEntry> entries_of(const json::Value& given) {
  std::vector<HashEntry> out;
  for (const json::Value& each : given.find("entries")->as_array())
    out.push_back({static_cast<std::uint32_t>(each.find("channel")->as_integer()), each.find("type")->as_string(),
                   each.find("version")->as_integer()});
  return out;
}

TEST(ManifestHash, IsThatOfTheVectors) {
  std::ifstream file(lumenflow::testing::vectors_folder() / "catalogue.json", std::ios::binary);
  if (!file) GTEST_SKIP() << "the public vectors are not here (LUMENFLOW_VECTORS)";
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const json::Value vectors = *json::parse(text);
  for (const json::Value& each : vectors.find("fnv1a_utf8")->as_array())
    EXPECT_EQ(hex8(fnv1a32(each.find("input")->as_string())), each.find("hash")->as_string());
  for (const json::Member& each : vectors.find("manifest_hash")->as_object()) {
    EXPECT_EQ(serialized(entries_of(each.value)), each.value.find("serialized")->as_string()) << each.key;
    EXPECT_EQ(manifest_hash(entries_of(each.value)), each.value.find("hash")->as_string()) << each.key;
  }
}

TEST(ManifestHash, OfAnEmptyCatalogueIsTheOffset) {
  EXPECT_EQ(manifest_hash(std::vector<HashEntry>{}), "811c9dc5");
  EXPECT_EQ(make_catalogue({}, {}).hash, "811c9dc5");
}

TEST(ContractDigest, SeesWhatTheHashDoesNot) {
  EventType event;
  event.type = "a:b";
  event.pack_slug = "acme";
  const Catalogue plain = make_catalogue({}, {event});
  // Written out here by hand, so that the form is held and not only the code that writes it.
  EXPECT_EQ(plain.contract_digest,
            sha256_hex(R"([{"capacity":256,"channel":0,"kind":null,"packSlug":"acme","schemaDigest":null,)"
                       R"("softLimit":192,"type":"a:b","version":1}])"));
  const auto changed = [&](auto change) {
    EventType other = event;
    change(other);
    const Catalogue made = make_catalogue({}, {other});
    EXPECT_EQ(made.hash, plain.hash);
    return made.contract_digest;
  };
  EXPECT_NE(changed([](EventType& e) { e.schema_digest = std::string(64, 'a'); }), plain.contract_digest);
  EXPECT_NE(changed([](EventType& e) { e.capacity = 512; }), plain.contract_digest);
  EXPECT_NE(changed([](EventType& e) { e.soft_limit = 1; }), plain.contract_digest);
  EXPECT_NE(changed([](EventType& e) { e.kind = "acme:b"; }), plain.contract_digest);
  EXPECT_NE(changed([](EventType& e) { e.pack_slug = "other"; }), plain.contract_digest);
  EXPECT_EQ(changed([](EventType& e) { e.schema_path = "./elsewhere.json"; }), plain.contract_digest);
}

TEST(SchemaDigest, IsOfTheCanonicalForm) {
  EXPECT_EQ(*schema_digest(*json::parse(R"({"type": "object", "a": 1})")),
            *schema_digest(*json::parse(R"({"a":1.0,"type":"object"})")));
  EXPECT_FALSE(schema_digest(*json::parse(R"({"const": 9007199254740993})")).ok());
}

}  // namespace
}  // namespace lumenflow::catalogue
