// What gates have said, kept by its content: `.software-delivery/evidence/<sha256>.log`.
//
// Any thread.
#pragma once

#include <string>
#include <string_view>

#include "software-delivery/folder.h"

namespace lumenflow::software_delivery {

std::string sha256_hex_of(std::string_view bytes);

// The reference that finds it again: "sha256:<hex>". The same content twice is one file.
Answer<std::string> keep_evidence(const Folder& folder, std::string_view content);

}  // namespace lumenflow::software_delivery
