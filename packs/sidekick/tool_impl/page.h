// Cursors of paged answers: the place behind the last record of a page, as clients carry it.
//
// A page continues from a record's id and not from a count, so records that arrive or go meanwhile shift nothing.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "lumenflow/result.h"
#include "sidekick/tool_impl/call.h"

namespace lumenflow::sidekick {

// Stands for what an input asks for, its `limit` and `cursor` aside: a page goes on for the same question alone.
std::string query_mark(const Input& input);
// The same for some of its members.
std::string query_mark(const Input& input, std::initializer_list<std::string_view> members);

std::string make_cursor(std::string_view last_id, std::string_view mark);

// The id that `cursor` of the input stands for, empty without one. INVALID_INPUT for what make_cursor never made for
// ids of this prefix, or for another question.
Result<std::string_view> read_cursor(const Input& input, std::string_view id_prefix, std::string_view mark);

// Whether the text is `prefix` and a ULID.
bool is_id(std::string_view text, std::string_view prefix);

// INVALID_INPUT about the field `cursor`.
Error foreign_cursor();
Error cursor_of_another_query();

// The page of a collection's records, newest first, that the call's `limit` and `cursor` ask for, as the answer
// `{count, items, next_cursor?}`. `accepts` is empty when every record is shown. TOOL_CANCELLED.
Answer newest_page(Call& call, Collection collection, std::string_view id_prefix,
                   const std::function<bool(const json::Value&)>& accepts);

}  // namespace lumenflow::sidekick
