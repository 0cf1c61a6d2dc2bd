// Reading one object of an event manifest member by member, strictly. Private to catalogue.
//
// Borrows the file and the faults; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "catalogue/declarations.h"

namespace lumenflow::catalogue {

class EntryReader {
 public:
  // What is no object, and members that are not among `known`, are reported at once.
  EntryReader(const json::Value& value, const SourceText& source, std::string pointer, std::string_view what,
              std::span<const std::string_view> known, Faults& faults);

  bool is_object() const { return object_ != nullptr; }
  std::string pointer_to(std::string_view key) const;
  const json::Value* find(std::string_view key) const;     // null where it is absent
  const json::Value* require(std::string_view key) const;  // its absence is reported
  // Null where it is absent or, reported, of another type.
  const std::string* text(std::string_view key, bool required) const;
  // An integer as it is written: neither 1.0 nor 1e3 is one.
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t min, std::int64_t max, bool required) const;
  void bad(std::string_view key, std::string message, std::string help) const;
  void at(std::string_view code, std::string_view key, std::string message, std::string help) const;

 private:
  const json::Object* object_ = nullptr;
  const SourceText& source_;
  const std::string pointer_;
  const std::string what_;
  Faults& faults_;
};

// "12", "'text'", "a list"
std::string shown(const json::Value& value);

// Fills the event's schema, path and digest from the file that `path` names, relative to `folder`.
void read_schema(const EntryReader& entry, const std::string& path, std::string_view folder,
                 std::string_view shown_root, const ReadFile& read, EventType& event, Faults& faults);

}  // namespace lumenflow::catalogue
