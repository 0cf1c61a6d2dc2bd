#include "catalogue/fault.h"

#include <algorithm>
#include <tuple>

#include "json/places.h"

namespace lumenflow::catalogue {

void Faults::place(std::string_view code, const SourceText& source, std::string_view pointer, bool of_key,
                   std::string message, std::string help) {
  json::TextPlace place = json::place_of(source.text, pointer, of_key);
  items_.push_back({std::string(code), source.file, place.line, place.column, std::move(message), std::move(help),
                    std::move(place.snippet)});
}

void Faults::at(std::string_view code, const SourceText& source, std::string_view pointer, std::string message,
                std::string help) {
  place(code, source, pointer, false, std::move(message), std::move(help));
}

void Faults::at_key(std::string_view code, const SourceText& source, std::string_view pointer, std::string message,
                    std::string help) {
  place(code, source, pointer, true, std::move(message), std::move(help));
}

void Faults::of_file(std::string_view code, std::string file, std::string message, std::string help) {
  items_.push_back({std::string(code), std::move(file), 0, 0, std::move(message), std::move(help), {}});
}

void Faults::sort() {
  std::ranges::stable_sort(
      items_, {}, [](const Fault& fault) { return std::tie(fault.file, fault.line, fault.column, fault.code); });
}

std::string place_text(const SourceText& source, std::string_view pointer) {
  const json::TextPlace place = json::place_of(source.text, pointer);
  return source.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

}  // namespace lumenflow::catalogue
