// Names of C++ for what event manifests name. No two different ids of one scope get the same name.
//
// Pure functions, but for Names, which is of one thread.
#pragma once

#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lumenflow::catalogue {

std::string snake_name(std::string_view dashed);   // "sample-pack" -> "sample_pack"; a word of C++ gets a '_' behind it
std::string pascal_name(std::string_view dashed);  // "reactor-primed" -> "ReactorPrimed"; "a-1" -> "A_1"
std::string enumerator(std::string_view type);     // "sample:reactor-primed" -> "kSample_ReactorPrimed"

// The names of one scope, for ids that anybody may have chosen: JSON's member names. Borrows those that are taken.
class Names {
 public:
  Names(std::initializer_list<std::string_view> taken) : reserved_(taken) {}
  std::string member(std::string_view id);  // "max temp" -> "max_temp", the next one that comes out so "max_temp_2"
  std::string type(std::string_view id);    // "max temp" -> "MaxTemp"

 private:
  std::string free(std::string name);
  bool take(const std::string& name);
  std::vector<std::string_view> reserved_;
  std::set<std::string> taken_;
};

// A part of a text (text_parts.h) that is written as a literal: in quotes, ASCII.
struct CppLiteral {
  std::string_view text;
};
void append_part(CppLiteral part, std::string& out);

}  // namespace lumenflow::catalogue
