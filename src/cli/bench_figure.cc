#include "cli/bench_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "cli/output.h"

namespace lumenflow::cli {
namespace {

// Three significant digits, never in scientific notation.
std::string number(double value) {
  const double size = std::abs(value);
  const int decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return fmt::format("{:.{}f}", value, decimals);
}

std::string bound_text(const Budget& budget) {
  const std::string sign = budget.at_least ? ">= " : "<= ";
  return sign + (budget.of == Budget::Of::kRatio ? fmt::format("{:.0f}%", budget.bound * 100) : number(budget.bound));
}

// Whether the budget is met; nothing where there is no budget or nothing to compare with.
std::optional<bool> met(const Figure& figure) {
  if (!figure.budget) return std::nullopt;
  const bool of_ratio = figure.budget->of == Budget::Of::kRatio;
  const std::optional<double> measured = of_ratio ? figure.ratio() : std::optional(figure.value);
  if (!measured) return std::nullopt;
  return figure.budget->at_least ? *measured >= figure.budget->bound : *measured <= figure.budget->bound;
}

}  // namespace

std::optional<double> Figure::ratio() const {
  if (!limit_value || *limit_value == 0) return std::nullopt;
  return value / *limit_value;
}

Budget ratio_at_least(double bound) { return {Budget::Of::kRatio, true, bound}; }
Budget ratio_at_most(double bound) { return {Budget::Of::kRatio, false, bound}; }
Budget value_at_most(double bound) { return {Budget::Of::kValue, false, bound}; }

json::Value to_json(const Figure& figure) {
  const auto rounded = [](double value) { return json::Value(std::round(value * 1000) / 1000); };
  const std::optional<double> ratio = figure.ratio();
  return json::Object{{"name", figure.name},
                      {"value", rounded(figure.value)},
                      {"unit", figure.unit},
                      {"limit_name", figure.limit_name.empty() ? json::Value() : json::Value(figure.limit_name)},
                      {"limit_value", figure.limit_value ? rounded(*figure.limit_value) : json::Value()},
                      {"ratio", ratio ? rounded(*ratio) : json::Value()}};
}

void print_figures(std::ostream& out, const std::vector<Figure>& figures) {
  std::vector<std::vector<std::string>> rows;
  for (const Figure& figure : figures) {
    const std::optional<double> ratio = figure.ratio();
    const std::optional<bool> is_met = met(figure);
    rows.push_back({figure.name, number(figure.value), figure.unit, figure.limit_name,
                    figure.limit_value ? number(*figure.limit_value) : "",
                    ratio ? fmt::format("{:.0f}%", *ratio * 100) : "", figure.budget ? bound_text(*figure.budget) : "",
                    !is_met   ? ""
                    : *is_met ? "met"
                              : "missed"});
  }
  print_table(out, {"FIGURE", "VALUE", "UNIT", "LIMIT", "AT", "RATIO", "BUDGET", ""}, rows);
}

double median(std::vector<double> values) { return percentile(std::move(values), 0.5); }

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(values.size()));
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(std::min(at, values.size() - 1));
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

}  // namespace lumenflow::cli
