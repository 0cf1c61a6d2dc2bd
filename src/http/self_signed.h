// A certificate for tests. Tests only.
#pragma once

#include <string>

namespace lumenflow::http {

// Writes a self-signed certificate for 127.0.0.1 and its key, as PEM files.
void write_self_signed(const std::string& cert_file, const std::string& key_file);

}  // namespace lumenflow::http
