#include "sandbox/confine/landlock.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>

namespace lumenflow::sandbox {
namespace {

// linux/landlock.h of Debian 12 ends at version 2; these are the interface's own numbers.
struct RulesetAttributes {
  std::uint64_t handled_access_fs = 0;
  std::uint64_t handled_access_net = 0;  // version 4
  std::uint64_t scoped = 0;              // version 6
};
struct [[gnu::packed]] PathBeneath {
  std::uint64_t allowed_access;
  std::int32_t parent_fd;
};
constexpr std::uint32_t kVersionFlag = 1;
constexpr int kRulePathBeneath = 1;

constexpr std::uint64_t kExecute = 1u << 0, kWriteFile = 1u << 1, kReadFile = 1u << 2, kReadDir = 1u << 3,
                        kRemoveDir = 1u << 4, kRemoveFile = 1u << 5, kMakeChar = 1u << 6, kMakeDir = 1u << 7,
                        kMakeReg = 1u << 8, kMakeSock = 1u << 9, kMakeFifo = 1u << 10, kMakeBlock = 1u << 11,
                        kMakeSym = 1u << 12, kRefer = 1u << 13, kTruncate = 1u << 14, kIoctlDev = 1u << 15;
constexpr std::uint64_t kBindTcp = 1u << 0, kConnectTcp = 1u << 1;
constexpr std::uint64_t kScopeAbstractSockets = 1u << 0, kScopeSignals = 1u << 1;

constexpr std::uint64_t kRead = kExecute | kReadFile | kReadDir;
constexpr std::uint64_t kWrite = kWriteFile | kRemoveDir | kRemoveFile | kMakeDir | kMakeReg | kMakeSock | kMakeFifo |
                                 kMakeSym | kRefer | kTruncate | kIoctlDev;
constexpr std::uint64_t kVersion1 = kRead | kMakeChar | kMakeBlock | (kWrite & ~(kRefer | kTruncate | kIoctlDev));
static_assert(kVersion1 == (1u << 13) - 1);
constexpr std::uint64_t kOfFiles = kExecute | kWriteFile | kReadFile | kTruncate | kIoctlDev;

std::uint64_t known_access(int version) {
  std::uint64_t access = kVersion1;
  if (version >= 2) access |= kRefer;
  if (version >= 3) access |= kTruncate;
  if (version >= 5) access |= kIoctlDev;
  return access;
}

std::size_t known_bytes(int version) { return version >= 6 ? 24 : version >= 4 ? 16 : 8; }

int create_ruleset(const RulesetAttributes& attributes, int version) {
  return static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, known_bytes(version), 0));
}

int enforce(int ruleset) {
  const bool done =
      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
  const int error = done ? 0 : errno;
  ::close(ruleset);
  return error;
}

// 0, or the error; what is missing and need not be there is left out.
int add_rule(int ruleset, const PathRule& rule, std::uint64_t known) {
  const bool checked = rule.inode != 0;
  const int fd = ::open(rule.path.c_str(), O_PATH | O_CLOEXEC | (checked ? O_NOFOLLOW : 0));
  if (fd < 0) return checked ? errno : 0;
  struct stat info {};
  int error = ::fstat(fd, &info) == 0 ? 0 : errno;
  if (error == 0 && checked && (info.st_dev != rule.device || info.st_ino != rule.inode)) error = ESTALE;
  if (error == 0) {
    PathBeneath beneath{(kRead | (rule.write ? kWrite : 0)) & known, fd};
    if (!S_ISDIR(info.st_mode)) beneath.allowed_access &= kOfFiles;
    if (::syscall(SYS_landlock_add_rule, ruleset, kRulePathBeneath, &beneath, 0) != 0) error = errno;
  }
  ::close(fd);
  return error;
}

}  // namespace

int landlock_version() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersionFlag);
  return version < 0 ? 0 : static_cast<int>(version);
}

bool enter_signal_domain() {
  const int version = landlock_version();
  if (version < kLandlockSignals || ::kill(::getppid(), 0) != 0) return false;
  RulesetAttributes attributes;
  attributes.scoped = kScopeSignals;
  const int ruleset = create_ruleset(attributes, version);
  if (ruleset < 0 || enforce(ruleset) != 0) return false;
  // Whoever means to signal all that it can reach makes sure that its parent, which it could reach, is out of reach.
  return ::kill(::getppid(), 0) != 0 && errno == EPERM;
}

int restrict_paths(const std::vector<PathRule>& rules, bool tcp, std::string& what) {
  const int version = landlock_version();
  const std::uint64_t known = known_access(version);
  RulesetAttributes attributes;
  attributes.handled_access_fs = known;
  if (!tcp) attributes.handled_access_net = kBindTcp | kConnectTcp;
  attributes.scoped = kScopeAbstractSockets | kScopeSignals;
  const int ruleset = create_ruleset(attributes, version);
  if (ruleset < 0) {
    what = "Landlock";
    return errno;
  }
  for (const PathRule& rule : rules)
    if (const int error = add_rule(ruleset, rule, known); error != 0) {
      what = rule.path;
      ::close(ruleset);
      return error;
    }
  what = "Landlock";
  return enforce(ruleset);
}

}  // namespace lumenflow::sandbox
