// The documents of the 2020-12 dialect, for schemas that refer to them.
#pragma once

#include <string_view>

namespace lumenflow::json {

// The JSON text published at `uri` (https://json-schema.org/draft/2020-12/...); empty when it is none of them.
std::string_view metaschema_text(std::string_view uri);

}  // namespace lumenflow::json
