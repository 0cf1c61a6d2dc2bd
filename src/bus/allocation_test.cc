// Publishing a struct and delivering it takes nothing from the heap once the bus is warm.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "bus/bus.h"

namespace {
std::size_t g_allocations = 0;
}  // namespace

// Not inlined: the compiler would see a free() of what it takes for another operator's memory.
// NOLINTBEGIN(misc-new-delete-overloads)
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++g_allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  ++g_allocations;
  const auto align = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(align, (size + align - 1) / align * align)) return memory;
  throw std::bad_alloc();
}
// What asks without an exception (std::stable_sort does) must come from the same heap: all of these are freed below.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++g_allocations;
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
// NOLINTEND(misc-new-delete-overloads)

namespace lumenflow::bus {
namespace {

struct Sampled {
  static constexpr std::uint32_t kChannel = 1;
  static constexpr std::string_view kType = "sample:sampled";
  static constexpr std::int64_t kVersion = 1;
  std::int64_t reactor{};
  double temperature{};
  template <class Self, class Visit>
  static void visit_members(Self& self, Visit&& visit) {
    visit("reactor", self.reactor);
    visit("temperature", self.temperature);
  }
};

TEST(BusAllocations, ThereAreNoneForStructsOnceItIsWarm) {
  auto bus = *EventBus::create({{.type = "sample:primed"}, {.type = "sample:sampled"}, {.type = "sample:other"}});
  std::int64_t sum = 0;
  ASSERT_TRUE(bus->subscribe<Sampled>([&](const Sampled& payload, const Event&) { sum += payload.reactor; }, "a").ok());
  ASSERT_TRUE(bus->subscribe<Sampled>(
                     [&](const Sampled&, const Event& event) {
                       // As handlers do: one answers with an event of its own.
                       const bool answers = event.dispatch_order % 8 == 0;
                       ASSERT_TRUE(!answers || bus->publish(Sampled{1, 0.5}).ok());
                     },
                     "b")
                  .ok());
  const auto run_tick = [&](std::uint64_t tick) {
    ASSERT_TRUE(bus->begin_tick(tick).ok());
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(bus->publish(Sampled{i, 1.5}).ok());
    bus->dispatch();
  };
  for (std::uint64_t tick = 1; tick <= 20; ++tick) run_tick(tick);  // some ticks have a few events more than others
  const std::size_t before = g_allocations;
  for (std::uint64_t tick = 21; tick <= 120; ++tick) run_tick(tick);
  EXPECT_EQ(g_allocations, before);
  EXPECT_GT(sum, 0);
  // The counter counts.
  ASSERT_TRUE(bus->publish("sample:other", json::Object{{"a", 1}}).ok());
  EXPECT_GT(g_allocations, before);
}

}  // namespace
}  // namespace lumenflow::bus
