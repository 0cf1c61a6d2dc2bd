#include "http/certificate.h"

#include <curl/curl.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <string_view>

#include "base/encoding.h"
#include "base/sha256.h"

namespace lumenflow::http {
namespace {

struct FreeAll {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};

std::size_t throw_away(char*, std::size_t size, std::size_t count, void*) { return size * count; }

Result<std::string> pin_of(std::string_view pem) {
  const std::unique_ptr<BIO, FreeAll> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<X509, FreeAll> certificate(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)
                                                       : nullptr);
  if (!certificate) return Error(ErrorCode::kUnreachable, "the server's certificate cannot be read");
  unsigned char* bytes = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate.get()), &bytes);
  if (size <= 0) return Error(ErrorCode::kUnreachable, "the server's certificate has no key");
  const Hash256 hash = sha256(std::string_view(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)));
  OPENSSL_free(bytes);
  return to_base64url(as_chars(hash));
}

}  // namespace

Result<std::string> certificate_pin(const std::string& url, const std::string& ca_file) {
  const std::unique_ptr<CURL, FreeAll> curl(curl_easy_init());
  if (!curl) return Error(ErrorCode::kInternal, "libcurl could not be started");
  CURL* c = curl.get();
  curl_easy_setopt(c, CURLOPT_URL, url.c_str());
  curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(c, CURLOPT_CERTINFO, 1L);
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_TIMEOUT, 10L);
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, &throw_away);
  if (!ca_file.empty()) curl_easy_setopt(c, CURLOPT_CAINFO, ca_file.c_str());
  if (const CURLcode code = curl_easy_perform(c); code != CURLE_OK)
    return Error(ErrorCode::kUnreachable, "no answer from " + url + ": " + curl_easy_strerror(code));
  curl_certinfo* info = nullptr;
  curl_easy_getinfo(c, CURLINFO_CERTINFO, &info);
  constexpr std::string_view kCert = "Cert:";
  for (const curl_slist* line = info == nullptr || info->num_of_certs < 1 ? nullptr : info->certinfo[0];
       line != nullptr; line = line->next)
    if (const std::string_view text(line->data); text.starts_with(kCert)) return pin_of(text.substr(kCert.size()));
  return Error(ErrorCode::kUnreachable, url + " showed no certificate");
}

}  // namespace lumenflow::http
