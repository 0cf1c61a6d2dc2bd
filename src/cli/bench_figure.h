// A figure beside its limit, and how figures are shown.
//
// Values; one thread.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "lumenflow/json.h"

namespace lumenflow::cli {

// What a figure is held against, in words for people; never asserted.
struct Budget {
  enum class Of : std::uint8_t { kRatio, kValue };
  Of of = Of::kValue;
  bool at_least = false;  // else at most
  double bound = 0;
};

struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
  std::string limit_name;             // empty: there is none, or its program is missing
  std::optional<double> limit_value;  // in the figure's unit
  std::optional<Budget> budget;

  std::optional<double> ratio() const;  // value / limit_value
};

Budget ratio_at_least(double bound);
Budget ratio_at_most(double bound);
Budget value_at_most(double bound);

// {name, value, unit, limit_name, limit_value, ratio}; null for what there is none of.
json::Value to_json(const Figure& figure);

// One figure a line, with its budget and whether it is met.
void print_figures(std::ostream& out, const std::vector<Figure>& figures);

// Of an uneven number of values, the middle one; 0 for none.
double median(std::vector<double> values);
// The smallest value that `share` of all values do not exceed; 0 for none.
double percentile(std::vector<double> values, double share);

}  // namespace lumenflow::cli
