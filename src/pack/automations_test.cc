// An automation that waits for what nobody declares keeps its pack out, with the way to mend it.
#include "pack/automations.h"

#include <gmock/gmock.h>

#include "pack/registry.h"
#include "pack/testing/manifest_samples.h"

namespace lumenflow::pack {
namespace {

using samples::SampleFiles;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kTypes = R"({"packSlug": "SLUG", "eventTypes": [
  {"namespace": "SLUG", "name": "primed", "version": 1, "schema": "./any.json"}]})";

// Declares `<id>:primed`, and waits for `on` where one is given.
SampleFiles pack_of(const std::string& id, const std::string& on) {
  std::string manifest = "id: " + id + "\nversion: 1.0.0\nevent_types: content/event-types.json\n";
  if (!on.empty()) manifest += "automations:\n  - {id: a-1, on: '" + on + "', do: {tool: 'acme:go'}}\n";
  SampleFiles out(std::move(manifest));
  std::string types(kTypes);
  for (std::size_t at; (at = types.find("SLUG")) != std::string::npos;) types.replace(at, 4, id);
  out.files["content/event-types.json"] = types;
  out.files["content/any.json"] = "true";
  return out;
}

struct Pack {
  std::string id, on;
};

// As a workspace with these packs would load them: ids of those that run, then what is wrong.
std::vector<std::string> loaded(const std::vector<Pack>& packs, bool whole_workspace = true) {
  RegistryBuilder builder;
  for (const Pack& pack : packs)
    builder.add_opened(pack.id, pack_of(pack.id, pack.on), pack.id + "/manifest.yaml", {"local", {}, {}, {}});
  Activation activation;
  activation.has_provider = activation.has_surface = [](std::string_view) { return true; };
  const auto registry = builder.build(whole_workspace ? &activation : nullptr);
  std::vector<std::string> out;
  for (const auto& each : registry->packs()) out.push_back(each->manifest.id);
  for (const Diagnostic& item : registry->diagnostics().items())
    out.push_back(item.code + " " + item.place.file + ":" + std::to_string(item.place.line) + ": " + item.message +
                  "; " + item.help);
  return out;
}

TEST(Automations, MayWaitForTypesOfTheCoreOfTheirOwnAndOfOtherPacks) {
  for (const char* on : {"kernel:event-emitted", "acme:primed", "beta:primed", "workspace_warning"})
    EXPECT_THAT(loaded({{"acme", on}, {"beta", ""}}), ElementsAre("acme", "beta")) << on;
}

TEST(Automations, ThatWaitForWhatNobodyDeclaresKeepTheirPackOut) {
  EXPECT_THAT(loaded({{"acme", "gone:with-the-wind"}, {"beta", ""}}),
              ElementsAre("beta",
                          "LF1078 acme/manifest.yaml:5: there is no event type 'gone:with-the-wind' in the "
                          "catalogue; declare it in the pack's content/event-types.json and run `lumenflow "
                          "generate`"));
  EXPECT_THAT(loaded({{"acme", "acme:prmed"}}), ElementsAre(HasSubstr("did you mean 'acme:primed'?")));
}

TEST(Automations, APackThatIsRefusedTakesAlongThoseThatWaitForIt) {
  EXPECT_THAT(loaded({{"acme", "beta:primed"}, {"beta", "gamma:primed"}, {"gamma", "nope:primed"}, {"zeta", ""}}),
              ElementsAre("zeta", HasSubstr("'beta:primed'"), HasSubstr("'gamma:primed'"), HasSubstr("'nope:primed'")));
}

TEST(Automations, OfAPackByItselfMayWaitForOthersThatAreNotThere) {
  EXPECT_THAT(loaded({{"acme", "beta:primed"}}, false), ElementsAre("acme"));
  EXPECT_THAT(loaded({{"acme", "acme:nope"}}, false), ElementsAre(HasSubstr("LF1078")));
}

}  // namespace
}  // namespace lumenflow::pack
