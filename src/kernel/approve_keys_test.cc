// Whose decision it is, is said by the key that signed it: one key counts once, and an asker's own not at all.
#include <gmock/gmock.h>

#include "kernel/device_tools.h"
#include "kernel/testing/approval_world.h"

namespace lumenflow::kernel {
namespace {

using json::Object;
using ::testing::HasSubstr;

class DecidingKeys : public ::testing::Test, public ApprovalWorld {
 protected:
  DecidingKeys() {
    const std::vector<KernelTool> tools = *make_device_tools("ws-42");
    kernel_tools.insert(kernel_tools.end(), tools.begin(), tools.end());
    config.approval_providers = Object{{"*", provider("console", 2)}};
    open();
  }

  void pin(const std::string& id, const P256KeyPair& key) {
    const Credential asker = std::exchange(credential, Credential{});
    const Surface asked_on = std::exchange(surface, Surface::kSocket);
    credential.subject = Subject("ws-42:local:ana");
    credential.operator_key = true;
    EXPECT_EQ(
        error_of(call("kernel:device_add", Object{{"device_id", id}, {"name", id}, {"public_key", key.public_pem}})),
        "none");
    credential = asker;
    surface = asked_on;
  }
  CallResult approve_as(const std::string& id, const std::string& by, const P256KeyPair& key = operator_key()) {
    json::Value said = decision(id, true, by, key);
    said.as_object().set("decided_by", by);
    return decide(true, std::move(said), by);
  }

  const P256KeyPair phone = *generate_p256(), tablet = *generate_p256();
};

TEST_F(DecidingKeys, OneKeyCountsOnceWhateverNamesItSigns) {
  pin("phone", phone);
  pin("same-phone", phone);
  const std::string id = parked("probe:risky");
  EXPECT_EQ(error_of(approve_as(id, "ws-42:local:ana")), "none");
  const CallResult second = approve_as(id, "ws-42:local:bob");
  EXPECT_EQ(error_of(second), "ALREADY_DECIDED");
  EXPECT_THAT(second.body, HasSubstr("another person's key"));
  EXPECT_EQ(end_of(id), "open");
  EXPECT_EQ(error_of(approve_as(id, "ws-42:phone:phone", phone)), "none");
  EXPECT_EQ(end_of(id), "success - 12");

  const std::string other = parked("probe:risky");
  EXPECT_EQ(error_of(approve_as(other, "ws-42:phone:phone", phone)), "none");
  crash();
  open();
  EXPECT_EQ(error_of(approve_as(other, "ws-42:phone:same-phone", phone)), "ALREADY_DECIDED") << "also after a restart";
  EXPECT_EQ(error_of(approve_as(other, "ws-42:local:bob")), "none");
  EXPECT_EQ(end_of(other), "success - 12");
}

TEST_F(DecidingKeys, TheAskersOwnKeyDoesNotCountUnderAnyName) {
  pin("phone", phone);
  pin("same-phone", phone);
  pin("tablet", tablet);
  credential.subject = Subject("ws-42:phone:phone");
  const std::string id = parked("probe:risky");
  EXPECT_EQ(error_of(approve_as(id, "ws-42:phone:phone", phone)), "TOKEN_SCOPE_DENIED");
  EXPECT_EQ(error_of(approve_as(id, "ws-42:phone:same-phone", phone)), "TOKEN_SCOPE_DENIED");
  EXPECT_EQ(error_of(approve_as(id, "ws-42:phone:tablet", tablet)), "none");

  credential.subject = Subject("ws-42:local:ana");
  const std::string own = parked("probe:risky");
  EXPECT_EQ(error_of(approve_as(own, "ws-42:local:bob")), "TOKEN_SCOPE_DENIED") << "ana's console has that key";
  EXPECT_EQ(error_of(approve_as(own, "ws-42:phone:phone", phone)), "none");
  EXPECT_EQ(error_of(approve_as(own, "ws-42:phone:tablet", tablet)), "none");
  EXPECT_EQ(end_of(own), "success - 12");
}

}  // namespace
}  // namespace lumenflow::kernel
