// Whatever the network, the disk, the other side and the processes do: no queue event is lost, each arrives once and in
// order, no ephemeral is sent twice, and what was dropped is what was counted.
#include <gtest/gtest.h>

#include <cstdlib>

#include "uplink/testing/simulation.h"

namespace lumenflow::uplink::testing {
namespace {

// LUMENFLOW_SEEDS=10000 for the long run; LUMENFLOW_SEED_FROM to go on elsewhere.
std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void expect_all_sound(SimulationOptions options, std::uint64_t seeds) {
  const std::uint64_t from = number_from("LUMENFLOW_SEED_FROM", 1);
  seeds = number_from("LUMENFLOW_SEEDS", seeds);
  for (options.seed = from; options.seed < from + seeds; ++options.seed) {
    Simulation simulation(options);
    const std::string wrong = simulation.run();
    ASSERT_EQ(wrong, "") << "seed " << options.seed;
    // Read ahead and in flight per stream, what waits behind a backlog, and what is in doubt.
    const EngineLimits& limits = options.limits;
    ASSERT_LE(simulation.held_events_max(), 2 * (limits.ready_events + 512 + 4 * 512 + limits.waiting_events + 16'384));
  }
}

TEST(Simulation, FaultyNetworkDisksAndProcessesLoseNothing) { expect_all_sound({.emissions = 800}, 300); }

TEST(Simulation, AMostlySoundNetworkKeepsItConnected) {
  SimulationOptions options{.lose = 0.002,
                            .duplicate = 0.01,
                            .delay_max = Millis(3),
                            .partitions = 0.02,
                            .workspace_crashes = 2,
                            .peer_crashes = 2,
                            .poison = 0.002,
                            .peer_faults = 0.002,
                            .emissions = 2'000};
  expect_all_sound(options, 150);
  Simulation simulation(options);
  ASSERT_EQ(simulation.run(), "");
  EXPECT_GT(simulation.arrived(), simulation.dropped()) << "most ephemerals arrive while it is connected";
}

TEST(Simulation, SmallBatchesAndAShortQueueBehindTheBacklog) {
  SimulationOptions options{.duration = Millis(30'000), .emissions = 1'500};
  options.limits.batch_events = 7;
  options.limits.in_flight = 3;
  options.limits.ready_events = 20;
  options.limits.waiting_events = 10;
  options.limits.settle_lag = 50;
  expect_all_sound(options, 300);
}

TEST(Simulation, LiesDoNoHarm) { expect_all_sound({.peer_faults = 0.2, .emissions = 800, .lies = true}, 200); }

// The control: an acknowledgement of what is not there must be found out, or the checks prove nothing.
TEST(Simulation, TheCheckerFindsWhatWasAcknowledgedAndIsNotThere) {
  SimulationOptions options{.lose = 0.01,
                            .delay_max = Millis(3),
                            .partitions = 0.05,
                            .peer_faults = 0.1,
                            .emissions = 800,
                            .loses_acknowledged = true};
  int found = 0;
  for (options.seed = 1; options.seed <= 20; ++options.seed) found += Simulation(options).run().empty() ? 0 : 1;
  EXPECT_GE(found, 15);  // in some, nothing was taken to be there
}

}  // namespace
}  // namespace lumenflow::uplink::testing
