// Cursors of paged answers: the place behind the last record of a page, as clients carry it.
//
// A page continues from a record's id and not from a count, so records that arrive or go meanwhile shift nothing.
#pragma once

#include <string>
#include <string_view>

#include "lumenflow/result.h"
#include "sidekick/tool_impl/input.h"

namespace lumenflow::sidekick {

std::string make_cursor(std::string_view last_id);

// The id that `cursor` of the input stands for, empty without one. INVALID_INPUT for what make_cursor never made for
// ids of this prefix.
Result<std::string_view> read_cursor(const Input& input, std::string_view id_prefix);

}  // namespace lumenflow::sidekick
