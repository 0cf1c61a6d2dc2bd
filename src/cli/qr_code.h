// A QR code for a terminal, of two modules a character.
#pragma once

#include <string>

#include "lumenflow/result.h"

namespace lumenflow::cli {

// Lines with their breaks; light modules are drawn, so that it reads on a dark ground. INVALID_INPUT for a text that
// is too long for one.
Result<std::string> render_qr_code(const std::string& text);

}  // namespace lumenflow::cli
