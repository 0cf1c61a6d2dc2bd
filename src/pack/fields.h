// Reading maps field by field, strictly: every getter checks the type, reports what is wrong at its place, and knows
// the field from then on; what nobody asked for is an unknown field with a "did you mean".
//
// A Report and Fields borrow their document and diagnostics and are used by one thread while these live.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/json.h"
#include "pack/diagnostic.h"
#include "pack/yaml.h"

namespace lumenflow::pack {

// The codes of one kind of file.
struct FieldCodes {
  std::string_view unknown, missing, bad;
};

class Report {
 public:
  Report(const YamlDocument& document, FieldCodes codes, Diagnostics& diagnostics)
      : document_(document), codes_(codes), diagnostics_(diagnostics) {}

  void at(std::string_view code, std::string_view pointer, std::string message, std::string help = {});
  // The place of a map's key instead of its value's.
  void at_key(std::string_view code, std::string_view pointer, std::string message, std::string help = {});
  // A fault of another file that the document names.
  void elsewhere(std::string_view code, SourcePlace place, std::string message, std::string help, std::string snippet);
  void bad(std::string_view pointer, std::string message, std::string help = {}) {
    at(codes_.bad, pointer, std::move(message), std::move(help));
  }
  // "'tools' must be a list, not a string"
  void wrong_type(std::string_view pointer, std::string_view expected, const json::Value& got);
  // "'publish' is not one of: read, write, admin", with the nearest as help.
  void not_one_of(std::string_view code, std::string_view pointer, const std::string& got,
                  std::span<const std::string_view> words);

  const FieldCodes& codes() const { return codes_; }
  std::size_t faults() const { return faults_; }  // reported so far, through this
  const YamlDocument& document() const { return document_; }

 private:
  void add(std::string_view code, SourcePlace place, std::string message, std::string help);

  const YamlDocument& document_;
  const FieldCodes codes_;
  Diagnostics& diagnostics_;
  std::size_t faults_ = 0;
};

class Fields {
 public:
  // Reports a value that is no map; every field is absent then. `what` names it in messages: "a tool".
  Fields(Report& report, const json::Value& value, std::string pointer, std::string what);

  bool is_map() const { return object_ != nullptr; }
  const std::string& pointer() const { return pointer_; }
  std::string pointer_to(std::string_view key) const;
  Report& report() const { return report_; }

  const json::Value* find(std::string_view key);     // any type; null when absent
  const json::Value* require(std::string_view key);  // reports its absence
  // Null when absent or, reported, of another type.
  const std::string* text(std::string_view key);  // not empty
  const json::Array* list(std::string_view key);
  const json::Object* map(std::string_view key);
  std::string text_or(std::string_view key, std::string_view fallback = {});
  bool boolean(std::string_view key, bool fallback);
  std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t min, std::int64_t max);
  std::vector<std::string> texts(std::string_view key);  // a list of strings, none empty
  // The index of the word; nothing when absent or, reported, another.
  std::optional<std::size_t> one_of(std::string_view key, std::span<const std::string_view> words);
  void finish();  // reports unknown fields; call once, last

 private:
  const json::Value* typed(std::string_view key, std::string_view expected, bool (json::Value::*is)() const);

  Report& report_;
  const json::Object* object_ = nullptr;
  const std::string pointer_;
  const std::string what_;
  std::vector<std::string> known_;
};

// "12", "'text'", "a list": a value as messages name it.
std::string shown(const json::Value& value);
std::string child_pointer(std::string_view pointer, std::string_view key);
std::string child_pointer(std::string_view pointer, std::size_t index);

}  // namespace lumenflow::pack
