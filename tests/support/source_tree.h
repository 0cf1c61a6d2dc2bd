// Where the source tree and the public test vectors stand, for tests only.
//
// One file knows the folder: the objects of all other tests are the same in every clone, and a compiler cache serves
// them all. Any thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace lumenflow::testing {

// The absolute path of a file or a folder of the source tree.
std::string source_path(std::string_view relative);

// The folder of the public vectors: what LUMENFLOW_VECTORS says, or its place beside the source tree. It need not
// exist.
std::filesystem::path vectors_folder();

}  // namespace lumenflow::testing
