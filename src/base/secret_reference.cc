#include "base/secret_reference.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/encoding.h"
#include "base/files.h"

namespace lumenflow {
namespace {

constexpr std::size_t kSecretBytesMax = 64u << 10;
constexpr std::string_view kEnvironment = "env:", kFile = "file:", kKeyring = "keyring:";

Error unusable(std::string_view reference, std::string_view why) {
  return Error(ErrorCode::kInvalidConfiguration, std::string(reference) + " " + std::string(why));
}
Error nothing_at(std::string_view reference, std::string_view why) {
  return Error(ErrorCode::kNotFound, std::string(reference) + " " + std::string(why));
}

// Below the workspace, and not where its own state is: some tool may have the scope to read it.
bool is_in_reach_of_tools(const std::string& real_path, const std::string& workspace) {
  const auto below = [&](const std::string& folder) { return real_path.starts_with(join_path(folder, "")); };
  return below(workspace) && !below(join_path(workspace, ".lumenflow"));
}

// What is wrong with the file that was opened, whatever stands at its path by now; empty when nothing is.
std::string_view fault_of(const struct stat& info) {
  if (!S_ISREG(info.st_mode)) return "is no regular file";
  if (info.st_uid != ::geteuid() && info.st_uid != 0) return "belongs to somebody else";
  if ((info.st_mode & 077) != 0) return "can be read or written by others than its owner; chmod 600 it";
  if (info.st_size > static_cast<off_t>(kSecretBytesMax)) return "is over 64 KiB";
  return {};
}

Result<std::string> read_secret_file(std::string_view reference, const std::string& workspace) {
  const std::string named(reference.substr(kFile.size()));
  const std::string path = named.starts_with('/') ? named : join_path(workspace, named);
  const Result<std::string> real = PosixFiles().real_path(path);
  if (!real.ok()) return nothing_at(reference, "is not there");
  if (is_in_reach_of_tools(*real, workspace))
    return unusable(reference, "lies in the workspace, where tools may read it; move it out, or below .lumenflow/");
  const int file = ::open(real->c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return nothing_at(reference, std::string("cannot be opened: ") + std::strerror(errno));
  struct stat info {};
  std::string_view fault = ::fstat(file, &info) == 0 ? fault_of(info) : "cannot be looked at";
  std::string text;
  std::array<char, 4096> part;
  for (ssize_t size = 1; fault.empty() && size > 0;) {
    size = ::read(file, part.data(), part.size());
    if (size > 0) text.append(part.data(), static_cast<std::size_t>(size));
    if (size < 0) fault = "cannot be read";
    if (text.size() > kSecretBytesMax) fault = "is over 64 KiB";
  }
  ::close(file);
  if (!fault.empty()) return unusable(reference, fault);
  return text;
}

Result<std::string> read_key(std::string_view reference) {
  const std::string description = "lumenflow:" + std::string(reference.substr(kKeyring.size()));
  long key = ::syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", description.c_str(), 0);
  if (key < 0) key = ::syscall(SYS_request_key, "user", description.c_str(), nullptr, 0);
  if (key < 0 && (errno == ENOSYS || errno == EPERM))
    return unusable(reference, "cannot be asked for: there is no kernel keyring here");
  if (key < 0)
    return nothing_at(reference, "is not in the keyring; `keyctl add user " + description + " … @u` puts it there");
  std::string text(kSecretBytesMax + 1, '\0');
  const long size = ::syscall(SYS_keyctl, KEYCTL_READ, key, text.data(), text.size());
  if (size < 0) return unusable(reference, std::string("cannot be read from the keyring: ") + std::strerror(errno));
  text.resize(std::min(static_cast<std::size_t>(size), text.size()));
  return text;
}

Result<std::string> read_source(std::string_view reference, const std::string& workspace) {
  if (reference.starts_with(kFile)) return read_secret_file(reference, workspace);
  if (reference.starts_with(kKeyring)) return read_key(reference);
  const char* value = std::getenv(std::string(reference.substr(kEnvironment.size())).c_str());
  if (value == nullptr) return nothing_at(reference, "is not set in the program's environment");
  return std::string(value);
}

}  // namespace

bool is_secret_reference(std::string_view text) {
  for (const std::string_view form : {kEnvironment, kFile, kKeyring})
    if (text.size() > form.size() && text.starts_with(form)) return text.find('\0') == std::string_view::npos;
  return false;
}

Result<std::string> resolve_secret(std::string_view reference, const std::string& workspace) {
  if (!is_secret_reference(reference))
    return Error(ErrorCode::kInvalidConfiguration, "a secret is referred to as env:NAME, file:PATH or keyring:NAME");
  LUMENFLOW_TRY_ASSIGN(std::string value, read_source(reference, workspace));
  if (value.ends_with('\n')) value.pop_back();
  if (value.ends_with('\r')) value.pop_back();
  if (value.empty()) return nothing_at(reference, "is empty");
  if (value.size() > kSecretBytesMax) return unusable(reference, "is over 64 KiB");
  if (!is_valid_utf8(value) || value.find('\0') != std::string::npos) return unusable(reference, "is no text in UTF-8");
  return value;
}

}  // namespace lumenflow
