// Prints every inclusion proof of every tree of 1 to N entries and every consistency proof between two of them, one
// JSON document a line, each checked by the product's own verifier on the way; without N the key that signs them.
#include <cstdlib>
#include <iostream>
#include <string>

#include "base/encoding.h"
#include "journal/proof.h"
#include "log/memory_log.h"

namespace lumenflow {
namespace {

bool print_checked(const Result<json::Value>& document, const std::string& public_key) {
  if (!document.ok()) {
    std::cerr << document.error().to_string() << "\n";
    return false;
  }
  if (const auto proven = journal::check_proof(*document, public_key); !proven.ok()) {
    std::cerr << proven.error().to_string() << ": " << json::serialize(*document) << "\n";
    return false;
  }
  std::cout << json::serialize(*document) << "\n";
  return true;
}

int run(std::uint64_t size_max) {
  const Ed25519KeyPair key = ed25519_from_seed(std::string(32, 'k'));
  const std::unique_ptr<log::Log> log = log::make_memory_log("log-a");
  if (size_max == 0) std::cout << to_base64(key.public_key) << "\n";
  for (std::uint64_t size = 1; size <= size_max; ++size) {
    if (!log->append({{"{\"n\":" + std::to_string(size) + "}"}, {}}).ok() || !log->commit().ok()) return 1;
    for (std::uint64_t position = 1; position <= size; ++position)
      if (!print_checked(journal::prove_entry(*log, Position(position), size, key), key.public_key)) return 1;
    for (std::uint64_t from = 0; from <= size; ++from)
      if (!print_checked(journal::prove_growth(*log, from, size, key), key.public_key)) return 1;
  }
  return std::cout.flush() ? 0 : 1;
}

}  // namespace
}  // namespace lumenflow

int main(int argc, char** argv) { return lumenflow::run(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 0); }
