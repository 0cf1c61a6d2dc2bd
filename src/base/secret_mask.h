// Puts "***" in place of known secrets in a text that comes in pieces, wherever a piece ends.
//
// One text at a time; one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lumenflow {

class SecretMask {
 public:
  // One of under eight bytes hides nothing: it would hide ordinary words as well.
  void add(std::string secret);
  bool empty() const { return secrets_.empty(); }

  // What may be passed on: all but what could be the beginning of a secret.
  std::string feed(std::string_view piece);
  std::string finish();                             // the rest
  std::string masked(std::string_view text) const;  // of a whole text, beside the one in pieces

 private:
  std::vector<std::string> secrets_;  // longest first
  std::string held_;
};

}  // namespace lumenflow
