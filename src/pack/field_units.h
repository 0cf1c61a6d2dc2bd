// Fields with units and switches: `30s`, `64KiB`, `on`. Each reports what is wrong and then keeps the fallback.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "pack/fields.h"

namespace lumenflow::pack {

using Milliseconds = std::chrono::milliseconds;

// `500ms`, `30s`, `10m`, `24h`, `30d`; at least `min`.
Milliseconds read_duration(Fields& fields, std::string_view key, Milliseconds fallback,
                           Milliseconds min = Milliseconds(1));

// `64KiB`, `1MiB`, `1GiB`, `512B`, or bytes as a whole number.
std::uint64_t read_size(Fields& fields, std::string_view key, std::uint64_t fallback, std::uint64_t min,
                        std::uint64_t max);
std::optional<std::uint64_t> parse_size(std::string_view text);

// A number, whole or not, from 0.
double read_quantity(Fields& fields, std::string_view key, double fallback);

// true, false, on, off.
bool read_switch(Fields& fields, std::string_view key, bool fallback);
std::optional<bool> parse_switch(const json::Value& value);

}  // namespace lumenflow::pack
