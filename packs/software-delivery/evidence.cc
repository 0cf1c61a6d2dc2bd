#include "software-delivery/evidence.h"

#include <openssl/evp.h>

#include <array>
#include <optional>

namespace lumenflow::software_delivery {

std::string sha256_hex_of(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) return {};
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += "0123456789abcdef"[digest[i] >> 4];
    out += "0123456789abcdef"[digest[i] & 15];
  }
  return out;
}

Answer<std::string> keep_evidence(const Folder& folder, std::string_view content) {
  const std::string hash = sha256_hex_of(content);
  if (hash.empty()) return refuse("INTERNAL", "no digest could be made");
  const Done kept = folder.write("evidence/" + hash + ".log", content, true);
  if (!kept.ok()) return kept.refusal();
  return "sha256:" + hash;
}

}  // namespace lumenflow::software_delivery
