// Strong types for ids and counts, so that a receipt cannot be passed where a subject is meant.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace lumenflow {

template <class Tag>
class StrongString {
 public:
  StrongString() = default;
  explicit StrongString(std::string value) : value_(std::move(value)) {}
  const std::string& str() const { return value_; }
  bool empty() const { return value_.empty(); }
  auto operator<=>(const StrongString&) const = default;

 private:
  std::string value_;
};

template <class Tag>
class StrongNumber {
 public:
  constexpr StrongNumber() = default;
  constexpr explicit StrongNumber(std::uint64_t value) : value_(value) {}
  constexpr std::uint64_t value() const { return value_; }
  constexpr StrongNumber next() const { return StrongNumber(value_ + 1); }
  constexpr auto operator<=>(const StrongNumber&) const = default;

 private:
  std::uint64_t value_ = 0;
};

using ReceiptId = StrongString<struct ReceiptIdTag>;      // "rcpt-" and a ULID: one call
using Subject = StrongString<struct SubjectTag>;          // who acts, from an authenticated token
using WorkspaceId = StrongString<struct WorkspaceIdTag>;  // `id` of lumenflow.yaml
using Position = StrongNumber<struct PositionTag>;        // of an entry in a Log; the first is 1, 0 is before all

}  // namespace lumenflow

template <class Tag>
struct std::hash<lumenflow::StrongString<Tag>> {
  std::size_t operator()(const lumenflow::StrongString<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
