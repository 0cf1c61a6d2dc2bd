// Tables and lines for people; pure formatting.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/json.h"

namespace lumenflow::cli {

// Columns as wide as their widest cell (in code points); the last one is not padded. Cells are made printable.
void print_table(std::ostream& out, const std::vector<std::string>& header,
                 const std::vector<std::vector<std::string>>& rows);

// Text that others chose, for a terminal or a table: control characters, line breaks and changes of writing direction
// become visible escapes (\n, \x1b, \u202e), so that it stays in its place. For valid UTF-8.
std::string printable(std::string_view text);

// The same, line by line.
void print_lines(std::ostream& out, std::string_view text);

// A JSON value as one cell: strings bare, everything else as JSON.
std::string cell(const json::Value* value);

// RFC 4180. Cells are made printable.
std::string csv_line(const std::vector<std::string>& cells);

}  // namespace lumenflow::cli
