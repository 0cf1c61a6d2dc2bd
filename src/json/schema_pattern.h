// Patterns of JSON Schema (ECMA-262, with the `u` flag) as RE2 understands them.
//
// RE2 matches in linear time and so lacks look-around and back-references; those are named in the error. Everything
// else that the two read differently (\d, \s, \u, \p, classes, the dot) is rewritten to mean what ECMA-262 says. A
// Pattern is immutable and may be used by any number of threads at once.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lumenflow/result.h"

namespace lumenflow::json {

class Pattern {
 public:
  // INVALID_CONFIGURATION with the reason when it is no such pattern or has no linear-time form.
  static Result<Pattern> compile(std::string_view ecmascript);

  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  bool matches(std::string_view text) const;  // anywhere in the text
  const std::string& source() const { return source_; }

 private:
  struct Engine;
  Pattern(std::string source, std::unique_ptr<Engine> engine);
  std::string source_;
  std::unique_ptr<Engine> engine_;
};

// The same expression in RE2's syntax, without captures.
Result<std::string> translate_pattern(std::string_view ecmascript);

}  // namespace lumenflow::json
