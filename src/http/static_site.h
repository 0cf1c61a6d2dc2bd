// A small site of files that are compiled in: chosen by path, in the coding that the client takes, with validators,
// cache headers and the policy that keeps a page to itself. Pure: a request in, an answer out.
//
// Immutable once made; any thread. Borrows the files, which live as long as the program.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "http/server.h"

namespace lumenflow::http {

struct StaticFile {
  std::string_view path;          // "/" is the page itself; "/assets/index-3f2a.js"
  std::string_view content_type;  // "text/html; charset=utf-8"
  std::string_view etag;          // quoted; of the bytes as they are
  bool immutable = false;         // its name changes with its bytes: cached for a year, else asked about each time
  std::string_view plain;
  std::string_view gzip, brotli;  // the same bytes; empty where they gain nothing
};

class StaticSite {
 public:
  explicit StaticSite(std::vector<StaticFile> files) : files_(std::move(files)) {}
  // The answer to a GET or HEAD of one of the files; nothing when it is none of theirs.
  std::optional<Response> answer(const Request& request) const;

 private:
  std::vector<StaticFile> files_;
};

}  // namespace lumenflow::http
