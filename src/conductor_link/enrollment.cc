#include "conductor_link/enrollment.h"

#include "base/encoding.h"
#include "http/url.h"
#include "log/witness.h"

namespace lumenflow::conductor_link {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::uint64_t kFileBytesMax = 256 * 1024;
constexpr std::size_t kTokenBytesMax = 8 * 1024;
constexpr std::size_t kKeysMax = 16;
Error wrong(std::string_view member, std::string_view reason) {
  return Error(ErrorCode::kInvalidInput, "'" + std::string(member) + "' " + std::string(reason),
               {{"/" + std::string(member), std::string(reason)}});
}

Result<std::string> text_of(const json::Value& document, std::string_view member, std::size_t bytes_max) {
  const json::Value* value = document.find(member);
  const std::string* text = value == nullptr ? nullptr : value->if_string();
  if (text == nullptr || text->empty() || text->size() > bytes_max) return wrong(member, "must be a string");
  return *text;
}

Result<Timestamp> time_of(const json::Value& document, std::string_view member) {
  LUMENFLOW_TRY_ASSIGN(const std::string text, text_of(document, member, 64));
  const Result<Timestamp> time = parse_rfc3339(text);
  if (!time.ok()) return wrong(member, "must be a moment as RFC 3339 writes it");
  return *time;
}

// Three parts of base64url: what it says is the conductor's to verify.
bool is_token(std::string_view text) {
  for (int part = 0; part < 3; ++part) {
    const std::size_t end = part == 2 ? text.size() : text.find('.');
    if (end == std::string_view::npos || end == 0 || !from_base64url(text.substr(0, end))) return false;
    text.remove_prefix(part == 2 ? end : end + 1);
  }
  return true;
}

// RFC 7517: P-256 keys, public halves alone.
Status check_jwks(const json::Value& jwks) {
  const json::Value* keys = jwks.find("keys");
  if (keys == nullptr || !keys->is_array() || keys->as_array().empty() || keys->as_array().size() > kKeysMax)
    return wrong("conductor_jwks", "must have 1 to 16 keys");
  for (const json::Value& key : keys->as_array()) {
    if (json::string_or(key, "kty", "") != "EC" || json::string_or(key, "crv", "") != "P-256")
      return wrong("conductor_jwks", "has a key that is none of P-256");
    for (const std::string_view coordinate : {"x", "y"}) {
      const auto bytes = from_base64url(json::string_or(key, coordinate, ""));
      if (!bytes || bytes->size() != 32) return wrong("conductor_jwks", "has a key without its coordinates");
    }
    if (key.find("d") != nullptr) return wrong("conductor_jwks", "has a private key, which must not leave its owner");
  }
  return {};
}

Result<std::string> url_of(const json::Value& document) {
  LUMENFLOW_TRY_ASSIGN(std::string text, text_of(document, "conductor_url", 2'000));
  while (text.ends_with('/')) text.pop_back();
  const Result<http::Url> url = http::parse_url(text);
  if (!url.ok() || url->path.find_first_of("?#") != std::string::npos)
    return wrong("conductor_url", "must be an absolute http or https URL without a query");
  return text;
}

Status read_log(const json::Value& document, Enrollment& enrollment) {
  if (const json::Value* log = document.find("conductor_log"); log != nullptr && !log->is_null()) {
    LUMENFLOW_TRY_ASSIGN(enrollment.conductor_log_origin, text_of(*log, "origin", 200));
    LUMENFLOW_TRY_ASSIGN(const std::string key, text_of(*log, "public_key", 100));
    const auto bytes = from_base64(key);
    if (!bytes || bytes->size() != 32) return wrong("conductor_log", "must have an Ed25519 public key in base64");
    enrollment.conductor_log_public_key = *bytes;
  }
  if (const json::Value* witness = document.find("witness_key"); witness != nullptr && !witness->is_null()) {
    LUMENFLOW_TRY_ASSIGN(enrollment.witness_key, text_of(document, "witness_key", 400));
    if (!log::parse_witness_key(enrollment.witness_key).ok())
      return wrong("witness_key", "must be NAME+KEYID+BASE64 as C2SP signed-note writes it");
  }
  return {};
}

}  // namespace

Result<Enrollment> parse_enrollment(std::string_view text, std::string_view workspace_id) {
  if (text.size() > kFileBytesMax) return Error(ErrorCode::kInvalidInput, "it is over 256 KiB");
  Result<json::Value> parsed = json::parse(text);
  if (!parsed.ok() || !parsed->is_object()) return Error(ErrorCode::kInvalidInput, "it is no JSON object");
  const json::Value& document = *parsed;
  if (json::integer_or(document, "format", 0) != kFormat) return wrong("format", "must be 1");
  Enrollment enrollment;
  LUMENFLOW_TRY_ASSIGN(enrollment.conductor_url, url_of(document));
  LUMENFLOW_TRY_ASSIGN(enrollment.workspace_id, text_of(document, "workspace_id", 200));
  LUMENFLOW_TRY_ASSIGN(enrollment.subject, text_of(document, "subject", 200));
  if (enrollment.workspace_id != workspace_id || enrollment.subject != workspace_id)
    return Error(ErrorCode::kInvalidInput,
                 "it is of the workspace '" +
                     std::string(clip_utf8(
                         enrollment.workspace_id != workspace_id ? enrollment.workspace_id : enrollment.subject, 200)) +
                     "', and this one is '" + std::string(workspace_id) + "'");
  LUMENFLOW_TRY_ASSIGN(enrollment.token, text_of(document, "token", kTokenBytesMax));
  if (!is_token(enrollment.token)) return wrong("token", "must be a signed token");
  LUMENFLOW_TRY_ASSIGN(enrollment.issued_at, time_of(document, "issued_at"));
  LUMENFLOW_TRY_ASSIGN(enrollment.expires_at, time_of(document, "expires_at"));
  if (enrollment.expires_at <= enrollment.issued_at) return wrong("expires_at", "must be after 'issued_at'");
  const json::Value* jwks = document.find("conductor_jwks");
  if (jwks == nullptr) return wrong("conductor_jwks", "is required");
  LUMENFLOW_TRY(check_jwks(*jwks));
  enrollment.conductor_jwks = *jwks;
  LUMENFLOW_TRY(read_log(document, enrollment));
  return enrollment;
}

std::string to_json_text(const Enrollment& enrollment) {
  json::Object document{{"format", kFormat},
                        {"conductor_url", enrollment.conductor_url},
                        {"workspace_id", enrollment.workspace_id},
                        {"subject", enrollment.subject},
                        {"token", enrollment.token},
                        {"issued_at", format_rfc3339(enrollment.issued_at)},
                        {"expires_at", format_rfc3339(enrollment.expires_at)},
                        {"conductor_jwks", enrollment.conductor_jwks}};
  if (!enrollment.conductor_log_public_key.empty())
    document.set("conductor_log", json::Object{{"origin", enrollment.conductor_log_origin},
                                               {"public_key", to_base64(enrollment.conductor_log_public_key)}});
  if (!enrollment.witness_key.empty()) document.set("witness_key", enrollment.witness_key);
  return json::serialize(json::Value(std::move(document))) + "\n";
}

Standing standing_of(const Enrollment& enrollment, Timestamp now) {
  if (now < enrollment.expires_at) return Standing::kValid;
  return now < enrollment.expires_at + kRenewableAfterExpiry ? Standing::kRenewable : Standing::kOver;
}

std::string enrollment_path(std::string_view conductor_folder) {
  return join_path(conductor_folder, "enrollment.json");
}

std::string ca_path(std::string_view conductor_folder) { return join_path(conductor_folder, "ca.pem"); }

Result<Enrollment> load_enrollment(const Files& files, const std::string& conductor_folder,
                                   std::string_view workspace_id, Timestamp now) {
  const std::string path = enrollment_path(conductor_folder);
  const auto unusable = [&path](const std::string& why, const std::string& help) {
    return Error(ErrorCode::kInvalidConfiguration, path + " cannot be used: " + why + "; " + help);
  };
  LUMENFLOW_TRY_ASSIGN(const auto found, files.stat(path));
  if (!found) return Error(ErrorCode::kNotFound, "the workspace is not enrolled");
  if ((found->mode & 077) != 0) return unusable("others can read or change it", "run: chmod 600 " + path);
  constexpr std::string_view kAgain = "enroll again with `lumenflow enroll`, or remove it with `lumenflow unenroll`";
  const Result<std::string> text = files.read(path, kFileBytesMax);
  if (!text.ok()) return unusable(text.error().message(), std::string(kAgain));
  Result<Enrollment> enrollment = parse_enrollment(*text, workspace_id);
  if (!enrollment.ok()) return unusable(enrollment.error().message(), std::string(kAgain));
  if (const Status clocks = check_clocks(*enrollment, now); !clocks.ok())
    return unusable(clocks.error().message(), "compare the clocks of this machine and of the conductor");
  if (standing_of(*enrollment, now) == Standing::kOver)
    return unusable(
        "its token expired at " + format_rfc3339(enrollment->expires_at) + " and cannot be renewed after 30 days",
        std::string(kAgain));
  return enrollment;
}

Status check_clocks(const Enrollment& enrollment, Timestamp now) {
  if (enrollment.issued_at <= now + kClockLeeway) return {};
  const auto ahead = std::chrono::duration_cast<std::chrono::seconds>(enrollment.issued_at - now).count();
  return Error(ErrorCode::kInvalidInput, "its token is issued at " + format_rfc3339(enrollment.issued_at) +
                                             ", which is in the future: this machine's clock is late by " +
                                             std::to_string(ahead) + " seconds, or the conductor's is ahead");
}

Status store_enrollment(Files& files, const std::string& conductor_folder, const Enrollment& enrollment) {
  LUMENFLOW_TRY(files.make_directories(conductor_folder, 0700));
  return files.write_atomic(enrollment_path(conductor_folder), to_json_text(enrollment), 0600);
}

}  // namespace lumenflow::conductor_link
