// What happened, one line for each step, and the hash of it all.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

namespace lumenflow::sim {

class Trace {
 public:
  // `out` is written to as it goes; null: only the hash is kept.
  explicit Trace(std::ostream* out) : out_(out) {}

  void line(std::string_view text) {
    for (const char c : text) add(static_cast<unsigned char>(c));
    add('\n');
    ++lines_;
    if (out_ != nullptr) *out_ << text << '\n';
  }
  std::uint64_t lines() const { return lines_; }
  std::uint64_t hash() const { return hash_; }

 private:
  void add(unsigned char byte) { hash_ = (hash_ ^ byte) * 0x100000001B3ull; }  // FNV-1a, 64 bits

  std::ostream* const out_;
  std::uint64_t hash_ = 0xCBF29CE484222325ull;
  std::uint64_t lines_ = 0;
};

}  // namespace lumenflow::sim
