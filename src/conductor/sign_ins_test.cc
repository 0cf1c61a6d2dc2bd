// How long who was wrong about an account waits: one address, and a hundred of them (docs/decisions/0031).
#include "conductor/sign_ins.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/signing.h"
#include "conductor/tables.h"
#include "log/memory_log.h"

namespace lumenflow::conductor {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class Guessing : public testing::Test {
 protected:
  milliseconds wait(const std::string& address, const std::string& account = "ana") const {
    const auto found = sign_ins_.wait(account, address);
    EXPECT_TRUE(found.ok()) << found.error().to_string();
    return found.ok() ? *found : milliseconds(-1);
  }
  // `count` addresses, each wrong once, one every `pause`.
  void attack(int count, milliseconds pause = seconds(10), const std::string& account = "ana", bool exists = true) {
    for (int i = 0; i < count; ++i) {
      EXPECT_TRUE(sign_ins_.failed(account, exists, "198.51.100." + std::to_string(attackers_++)).ok());
      clock_.advance(pause);
    }
  }
  void wrong(const std::string& address, int times = 1, const std::string& account = "ana", bool exists = true) {
    for (int i = 0; i < times; ++i) EXPECT_TRUE(sign_ins_.failed(account, exists, address).ok());
  }

  ManualClock clock_;
  std::unique_ptr<Files> files_ = make_memory_files();
  const std::unique_ptr<log::Log> log_ = log::make_memory_log("conductor");
  log::CheckpointStore heads_{*files_, "/heads", generate_ed25519()};
  Ledger ledger_{*log_, heads_, [](const std::function<void()>&) {}};
  ThreadPoolExecutor executor_{1, 1};
  SignIns sign_ins_{ledger_, executor_, clock_, [](const std::function<void()>&) {}};
  int attackers_ = 0;

  static inline const std::string kHome = "203.0.113.7", kNew = "203.0.113.8";
};

TEST_F(Guessing, AHundredFailuresOfAnAccountLeaveNewAddressesOneFreeTry) {
  attack(99);
  wrong(kNew);  // the hundredth
  EXPECT_EQ(wait(kNew), seconds(1)) << "it had its one";
  EXPECT_EQ(wait("192.0.2.1"), milliseconds(0)) << "whoever comes for the first time is heard at once";
  EXPECT_EQ(wait(kNew, "ben"), milliseconds(0)) << "of this account alone";
  clock_.advance(seconds(1));
  EXPECT_EQ(wait(kNew), milliseconds(0));
  wrong(kNew);
  EXPECT_EQ(wait(kNew), seconds(2));
}

TEST_F(Guessing, UpToThenAnAddressHasFive) {
  attack(98);
  wrong(kNew);  // the ninety-ninth
  EXPECT_EQ(wait(kNew), milliseconds(0));
}

TEST_F(Guessing, WhereItsOwnerSignedInBeforeAnAddressKeepsItsFive) {
  ASSERT_TRUE(sign_ins_.succeeded("ana", kHome).ok());
  attack(100);
  wrong(kHome, 4);
  EXPECT_EQ(wait(kHome), milliseconds(0));
  wrong(kHome);
  EXPECT_EQ(wait(kHome), seconds(1));
  ASSERT_TRUE(sign_ins_.succeeded("ana", kHome).ok());
  EXPECT_EQ(wait(kHome), milliseconds(0));
  // For a month.
  clock_.advance(std::chrono::hours(24 * 30));
  attack(100);
  wrong(kHome);
  EXPECT_EQ(wait(kHome), seconds(1));
}

TEST_F(Guessing, AnHourWithoutAFailureForgetsTheAttack) {
  attack(100);
  clock_.advance(std::chrono::hours(1));
  wrong(kNew, 4);
  EXPECT_EQ(wait(kNew), milliseconds(0));
}

TEST_F(Guessing, ANameThatIsNoAccountIsAnsweredTheSame) {
  attack(100, seconds(10), "nobody", false);
  wrong(kNew, 1, "nobody", false);
  EXPECT_EQ(wait(kNew, "nobody"), seconds(1));
  EXPECT_EQ(wait(kNew), milliseconds(0));
}

TEST_F(Guessing, NobodyWaitsLongerThanFiveMinutes) {
  attack(100);
  wrong(kNew, 40);
  EXPECT_EQ(wait(kNew), minutes(5));
}

TEST_F(Guessing, WhatIsOverIsSweptAndWhatCountsIsNot) {
  ASSERT_TRUE(sign_ins_.succeeded("ana", kHome).ok());
  attack(100);
  const auto rows = [&] {
    const auto found = ledger_.tables().scan(kGuesses, "", "", 1'000);
    return found.ok() ? found->size() : 0;
  };
  EXPECT_GT(rows(), 100u);
  clock_.advance(std::chrono::hours(1));
  sign_ins_.sweep();
  EXPECT_EQ(rows(), 1u) << "where its owner signed in";
  wrong(kHome);
  EXPECT_EQ(wait(kHome), milliseconds(0));
}

TEST_F(Guessing, ANetworkOfAddressesIsOne) {
  EXPECT_EQ(address_group("2001:db8:1:2:aaaa::1"), address_group("2001:db8:1:2:bbbb::2"));
  EXPECT_NE(address_group("2001:db8:1:2::1"), address_group("2001:db8:1:3::1"));
  EXPECT_EQ(address_group("198.51.100.7"), "198.51.100.7");
}

}  // namespace
}  // namespace lumenflow::conductor
