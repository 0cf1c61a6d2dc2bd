// YAML 1.2 (core schema) as a JSON value that remembers where everything stood. By libfyaml.
//
// Strict: one document, no duplicate keys, string keys only, aliases bounded, at most 1 MiB, valid UTF-8, no tags but
// those of the core schema. Value types; parsing is a pure function.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/json.h"
#include "pack/diagnostic.h"

namespace lumenflow::pack {

struct YamlDocument {
  std::string file;
  std::string text;
  json::Value value;
  // RFC 6901 pointer -> place of the value; the place of a key is under its pointer + "#key".
  std::map<std::string, SourcePlace, std::less<>> places;
  std::vector<std::size_t> line_starts;  // byte offsets into the text

  SourcePlace place_of(std::string_view pointer) const;      // of the nearest enclosing value that has one
  SourcePlace place_of_key(std::string_view pointer) const;  // of the key itself, else as place_of
  std::string line_at(const SourcePlace& place) const;       // the snippet
};

inline constexpr std::size_t kYamlBytesMax = 1024 * 1024;
inline constexpr std::size_t kYamlDepthMax = 64;

// What could not be read is in `diagnostics` under `unreadable_code` (LF1001 for manifests, LF2001 for lumenflow.yaml);
// false then.
bool parse_yaml(std::string file, std::string text, std::string_view unreadable_code, YamlDocument& out,
                Diagnostics& diagnostics);

}  // namespace lumenflow::pack
