#include "http/self_signed.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <fstream>

#include "base/signing.h"

namespace lumenflow::http {

void write_self_signed(const std::string& cert_file, const std::string& key_file) {
  const P256KeyPair pair = generate_p256().value();
  std::ofstream(key_file) << pair.private_pem;
  BIO* bio = BIO_new_mem_buf(pair.private_pem.data(), static_cast<int>(pair.private_pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  X509* cert = X509_new();
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert), -60);
  X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
  X509_set_pubkey(cert, key);
  X509_NAME* subject = X509_get_subject_name(cert);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
  X509_set_issuer_name(cert, subject);
  X509_EXTENSION* name = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
  X509_add_ext(cert, name, -1);
  X509_sign(cert, key, EVP_sha256());
  std::FILE* file = std::fopen(cert_file.c_str(), "w");
  PEM_write_X509(file, cert);
  std::fclose(file);
  X509_EXTENSION_free(name), X509_free(cert), EVP_PKEY_free(key), BIO_free(bio);
}

}  // namespace lumenflow::http
