// URI templates of level 1 (RFC 6570): literal text and `{name}`, which stands for one or more characters other than
// '/', '?' and '#'.
//
// Immutable.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/result.h"

namespace lumenflow::mcp {

class UriTemplate {
 public:
  // INVALID_INPUT for braces that do not match, an empty or repeated name, and two variables without text between.
  static Result<UriTemplate> parse(std::string_view text);

  using Variables = std::map<std::string, std::string, std::less<>>;
  // The values of its variables, percent-decoded; nothing when the URI is none of it.
  std::optional<Variables> match(std::string_view uri) const;
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> literals_;  // one more than there are names; each stands before the variable of its index
  std::vector<std::string> names_;
};

// Replaces each `{{name}}` by its value; a name without one is left as it is.
std::string fill_in(std::string_view text, const UriTemplate::Variables& values);

}  // namespace lumenflow::mcp
