// What a conformance run found: one case for each check and tool, handler or kind. Value types.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lumenflow::conformance {

struct CheckKind {
  std::string_view code;    // "C4"
  std::string_view title;   // what it proves, in a few words
  std::string_view reason;  // why a case without faults means something
};

std::span<const CheckKind> check_kinds();  // C1 to C9

struct Fault {
  std::string message;
  std::vector<std::string> differences;  // what differed, a line each
  std::string fix;                       // what to do about it
};

struct Case {
  std::string check;    // "C4"
  std::string subject;  // a tool, a kind of event; empty: the pack as a whole
  std::vector<Fault> faults;
  std::vector<std::string> notes;  // what a reader should know although nothing failed
  std::string skipped;             // why it could not be judged; empty: it was

  void fail(std::string message, std::vector<std::string> differences, std::string fix) {
    faults.push_back({std::move(message), std::move(differences), std::move(fix)});
  }
};

struct Report {
  std::string pack;
  std::string version;
  std::uint64_t seed = 0;
  std::vector<Case> cases;

  bool passed() const;
  std::size_t failed_count() const;
  std::size_t skipped_count() const;
};

// Each ends with a line break. Every text in them is printable.
std::string render_text(const Report& report, bool colour);
std::string render_junit(const Report& report);  // XML 1.0, as CI servers read it
std::string render_tap(const Report& report);    // TAP version 14

}  // namespace lumenflow::conformance
