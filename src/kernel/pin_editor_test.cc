#include "kernel/pin_editor.h"

#include <gtest/gtest.h>

namespace lumenflow::kernel {
namespace {

PackPin acme() {
  PackPin pin;
  pin.id = "acme";
  pin.source = "local";
  pin.path = "packs/acme";
  pin.integrity = "dev";
  return pin;
}

constexpr const char* kAcme = "  - id: acme\n    source: local\n    path: packs/acme\n    integrity: dev\n";

std::string added(const std::string& text) {
  const auto changed = with_pin(text, acme());
  return changed.ok() ? *changed : changed.error().to_string();
}
std::string removed(const std::string& text, const std::string& id = "acme") {
  const auto changed = without_pin(text, id);
  return changed.ok() ? *changed : changed.error().to_string();
}

TEST(PinEditor, WritesTheDefaultPackOutWhenItAddsTheFirst) {
  EXPECT_EQ(added("id: a  # mine\n"),
            "id: a  # mine\npacks:\n  - id: sidekick\n    source: builtin\n" + std::string(kAcme));
  EXPECT_EQ(added("id: a"), "id: a\npacks:\n  - id: sidekick\n    source: builtin\n" + std::string(kAcme));
}

TEST(PinEditor, KeepsCommentsAndLayoutOfABlock) {
  const std::string head = "# top\nid: a\n\npacks:   # ours\n  # the first\n  - id: x  # one\n    source: builtin\n";
  const std::string tail = "\n# about the name\nname: b\n";
  EXPECT_EQ(added(head + tail), head + kAcme + tail);
  EXPECT_EQ(removed(head + kAcme + tail), head + tail);
  EXPECT_EQ(removed(head + tail, "x"), "# top\nid: a\n\npacks: []   # ours\n  # the first\n" + tail);
  const std::string flat = "id: a\npacks:\n- id: x\n- id: y\nname: b\n";
  EXPECT_EQ(removed(flat, "x"), "id: a\npacks:\n- id: y\nname: b\n");
  EXPECT_EQ(removed(added(flat)), flat);
}

TEST(PinEditor, KeepsAListInBrackets) {
  EXPECT_EQ(added("id: a\npacks: [{id: x}]  # ours\nname: b\n"),
            "id: a\npacks: [{id: x}, {id: acme, source: local, path: packs/acme, integrity: dev}]  # ours\n"
            "name: b\n");
  EXPECT_EQ(added("id: a\npacks: []  # none\nname: b\n"),
            "id: a\npacks:   # none\n" + std::string(kAcme) + "name: b\n");
  EXPECT_EQ(removed("packs: [{id: x}, {id: acme, path: 'a ] # \"'}, {id: z}]\n"), "packs: [{id: x}, {id: z}]\n");
  EXPECT_EQ(removed("packs: [{id: x}, {id: acme}]\n"), "packs: [{id: x}]\n");
  EXPECT_EQ(removed("packs: [{id: acme}]\n"), "packs: []\n");
  EXPECT_EQ(removed("packs: [ # ours\n  {id: x},  # one\n  {id: acme}\n  ]\n"), "packs: [ # ours\n  {id: x}\n  ]\n");
}

TEST(PinEditor, PutsAPinInThePlaceOfAnOldOne) {
  PackPin pin = acme();
  pin.integrity = "sha256:" + std::string(64, '0');
  const std::string text = "packs:\n  - id: x\n  # ours\n" + std::string(kAcme) + "  - id: z\n";
  EXPECT_EQ(*with_pin(text, pin),
            "packs:\n  - id: x\n  # ours\n  - id: acme\n    source: local\n    path: packs/acme\n"
            "    integrity: \"" +
                pin.integrity + "\"\n  - id: z\n");
}

TEST(PinEditor, RefusesWhatItCannotChangeSafelyAndSaysSo) {
  for (const char* text : {"{id: a, name: b}\n", "id: a\npacks:\n  -\n    id: x\n", "id: a\npacks: 7\n", "id: a\n...\n",
                           "id: [\n", "x: &p [{id: x}]\npacks: *p\n"})
    EXPECT_EQ(with_pin(text, acme()).error().code(), ErrorCode::kInvalidConfiguration) << text;
  EXPECT_EQ(without_pin("id: a\npacks: []\n", "acme").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(removed("id: a\n", "sidekick"), "id: a\npacks: []\n");
}

}  // namespace
}  // namespace lumenflow::kernel
