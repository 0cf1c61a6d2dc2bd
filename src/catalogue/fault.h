// What is wrong with event manifests and with what is made of them: all of it, each with a code, its place and a way
// out.
//
// The codes are LF1061 and on; pack/diagnostic_kinds.cc says what each means. Values; not thread safe beyond concurrent
// reading.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lumenflow::catalogue {

// A file that people write, as messages name it.
struct SourceText {
  std::string file;
  std::string text;
};

struct Fault {
  std::string code;
  std::string file;
  int line = 0;    // from 1; 0: the file as a whole
  int column = 0;  // from 1, in code points
  std::string message;
  std::string help;
  std::string snippet;  // the line
};

class Faults {
 public:
  // At the value that the RFC 6901 pointer names, or at its member's name.
  void at(std::string_view code, const SourceText& source, std::string_view pointer, std::string message,
          std::string help);
  void at_key(std::string_view code, const SourceText& source, std::string_view pointer, std::string message,
              std::string help);
  void add(Fault fault) { items_.push_back(std::move(fault)); }
  void append(const Faults& others) { items_.insert(items_.end(), others.items_.begin(), others.items_.end()); }
  void of_file(std::string_view code, std::string file, std::string message, std::string help);

  bool empty() const { return items_.empty(); }
  const std::vector<Fault>& items() const { return items_; }
  void sort();  // by file, line, column, code

 private:
  void place(std::string_view code, const SourceText& source, std::string_view pointer, bool of_key,
             std::string message, std::string help);
  std::vector<Fault> items_;
};

// "packs/acme/content/event-types.json:5:3"
std::string place_text(const SourceText& source, std::string_view pointer);

}  // namespace lumenflow::catalogue
