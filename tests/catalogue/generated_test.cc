// What is committed in src/catalogue/generated is whole: tables, lock file and bus agree.
#include <gtest/gtest.h>

#include "base/files.h"
#include "bus/bus.h"
#include "catalogue/generated/runtime_event_manifest.generated.h"
#include "catalogue/lock.h"
#include "support/source_tree.h"

namespace lumenflow {
namespace {

namespace events = runtime_events;

catalogue::Catalogue committed() {
  const std::string path = testing::source_path("src/catalogue/generated/catalogue.lock.json");
  catalogue::Faults faults;
  const auto lock = catalogue::read_lock({path, *PosixFiles().read(path, 1u << 20)}, faults);
  EXPECT_TRUE(lock && faults.empty());
  return lock->catalogue();
}

TEST(GeneratedCatalogue, HasAChannelForEveryContentEvent) {
  const catalogue::Catalogue catalogue = committed();
  EXPECT_EQ(events::kManifestHash, catalogue.hash);
  EXPECT_EQ(events::kContractDigest, catalogue.contract_digest);
  ASSERT_EQ(events::kGeneratedRuntimeEventDefinitions.size(), catalogue.events.size());
  ASSERT_EQ(events::kContentEventChannels.size(), events::kContentEventDefinitions.size());
  ASSERT_GT(events::kContentEventChannels.size(), 0u);
  for (std::size_t i = 0; i < events::kContentEventDefinitions.size(); ++i) {
    const events::EventDefinition& definition = events::kContentEventDefinitions[i];
    const events::EventChannel& channel = events::kContentEventChannels[i];
    EXPECT_EQ(definition.channel, channel.channel);
    EXPECT_EQ(definition.type, channel.type);
    const catalogue::EventType& event = catalogue.events.at(channel.channel);
    EXPECT_EQ(event.type, channel.type);
    EXPECT_EQ(event.version, definition.version);
    EXPECT_EQ(event.capacity, channel.capacity);
    EXPECT_EQ(event.soft_limit, channel.soft_limit);
  }
}

TEST(GeneratedCatalogue, TheCoreIsTheProgramsOwn) {
  const catalogue::Catalogue core = catalogue::core_catalogue(), all = committed();
  ASSERT_EQ(all.core_count, core.events.size());
  for (std::size_t i = 0; i < core.events.size(); ++i)
    EXPECT_EQ(all.events[i].schema_digest, core.events[i].schema_digest);
}

TEST(GeneratedCatalogue, ItsStructsGoOverTheBusAsTheirSchemasSay) {
  auto bus = *bus::EventBus::create(*bus::channels_of(committed()));
  using events::sample_pack::sample::ReactorSampled;
  ReactorSampled sampled;
  sampled.reactor = 3;
  sampled.temperature = 21.5;
  sampled.core.pressure = 1.25;
  sampled.core.rods = {1, 2};
  std::vector<ReactorSampled> heard;
  ASSERT_TRUE(bus->subscribe<ReactorSampled>(
                     [&](const ReactorSampled& got, const bus::Event&) { heard.push_back(got); }, "test")
                  .ok());
  ASSERT_TRUE(bus->publish(sampled).ok());
  const json::Value json = bus->event_at(0).json();
  EXPECT_EQ(json::serialize(json), R"({"reactor":3,"temperature":21.5,"core":{"pressure":1.25,"rods":[1,2]}})");
  ASSERT_TRUE(bus->publish(ReactorSampled::kType, json).ok());  // which its schema takes
  ASSERT_FALSE(bus->publish(ReactorSampled::kType, json::Object{{"reactor", 0}}).ok());
  bus->dispatch();
  ASSERT_EQ(heard.size(), 2u);
  EXPECT_EQ(heard[0], sampled);
  EXPECT_EQ(heard[1], sampled);
}

}  // namespace
}  // namespace lumenflow
