// URI references: taken apart and resolved against a base (RFC 3986, sections 3 and 5.2).
//
// Pure functions. Nothing is normalised beyond what resolution does.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lumenflow::json {

struct Uri {
  std::optional<std::string> scheme, authority;
  std::string path;
  std::optional<std::string> query, fragment;

  std::string to_string() const;
  std::string without_fragment() const;
};

Uri split_uri(std::string_view reference);  // any text splits; is_uri() says whether the parts are well formed
Uri resolve_uri(const Uri& base, const Uri& reference);

// An absolute URI whose every part keeps to the grammar of RFC 3986, appendix A.
bool is_uri(std::string_view text);

// Dotted quads and RFC 4291 text, as the host of a URI and as formats of their own.
bool is_ipv4(std::string_view text);
bool is_ipv6(std::string_view text);

}  // namespace lumenflow::json
