// Runs a fuzz target over kept inputs without libFuzzer, so that every compiler and sanitizer replays the seeds.
//
// Usage: fuzz_NAME FILE|FOLDER...   A folder stands for every file under it, in byte order. Exits 1 when an argument
// does not exist or no input was found (a replay of nothing proves nothing); a fault in the target ends the process.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

bool add_inputs(const fs::path& path, std::vector<fs::path>& inputs) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) {
    inputs.push_back(path);
    return true;
  }
  fs::recursive_directory_iterator entries(path, error);
  if (error) {
    std::fprintf(stderr, "%s: %s\n", path.c_str(), error.message().c_str());
    return false;
  }
  for (const fs::directory_entry& entry : entries)
    if (entry.is_regular_file(error)) inputs.push_back(entry.path());
  return true;
}

bool replay(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string input{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) {
    std::fprintf(stderr, "%s: cannot be read\n", path.c_str());
    return false;
  }
  // An exact heap copy, so that a sanitizer sees a read one byte past the end.
  const std::vector<std::uint8_t> exact(input.begin(), input.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  bool ok = true;
  std::vector<fs::path> inputs;
  for (int i = 1; i < argc; ++i) ok = add_inputs(argv[i], inputs) && ok;
  std::sort(inputs.begin(), inputs.end());
  for (const fs::path& input : inputs) ok = replay(input) && ok;
  std::printf("%zu inputs replayed\n", inputs.size());
  return ok && !inputs.empty() ? 0 : 1;
}
