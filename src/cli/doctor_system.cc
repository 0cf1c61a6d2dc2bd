// What `lumenflow doctor` looks at on the machine.
#include <arpa/inet.h>
#include <netdb.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "cli/doctor_checks.h"
#include "sandbox/launcher.h"

namespace lumenflow::cli {
namespace {

constexpr std::uint64_t kFreeBytesMin = 256ull << 20, kFreeBytesWarn = 1ull << 30;
constexpr std::uint64_t kFreeInodesMin = 1'000;
constexpr rlim_t kOpenFilesMin = 1'024;
constexpr Timestamp kEarliest{1'735'689'600'000};  // 2025-01-01: before the program was written
constexpr std::chrono::minutes kSetBackMax{5};

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

struct AddressDeleter {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

// Empty when the address can be bound now.
std::string bind_fault(const addrinfo& address) {
  const int fd = ::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::strerror(errno);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const int bound = ::bind(fd, address.ai_addr, address.ai_addrlen);
  const std::string fault = bound == 0 ? "" : std::strerror(errno);
  ::close(fd);
  return fault;
}

bool is_loopback(const std::string& host) { return host == "localhost" || host.starts_with("127.") || host == "::1"; }

}  // namespace

Check check_environment() {
  Check check{"environment", Health::kOk, {}, {}};
  struct utsname system {};
  ::uname(&system);
  std::vector<std::string> found = {std::string(system.sysname) + " " + system.release + " " + system.machine,
                                    "uid " + std::to_string(::getuid())};
  for (const char* name : {"LUMENFLOW_WORKSPACE", "LUMENFLOW_LOG", "NO_COLOR", "XDG_RUNTIME_DIR"})
    if (const char* value = std::getenv(name)) found.push_back(std::string(name) + "=" + value);
  if (std::getenv("LUMENFLOW_TOKEN") != nullptr) found.emplace_back("LUMENFLOW_TOKEN is set");
  struct rlimit files {};
  ::getrlimit(RLIMIT_NOFILE, &files);
  found.push_back(std::to_string(files.rlim_cur) + " open files allowed");
  check.what = join(found);
  if (files.rlim_cur < kOpenFilesMin) {
    check.health = Health::kWarning;
    check.help =
        "allow at least " + std::to_string(kOpenFilesMin) + " open files: ulimit -n " + std::to_string(kOpenFilesMin);
  }
  return check;
}

Check check_clock(const Context& context, const std::string& journal) {
  const Timestamp now = context.clock.now();
  const std::string shown = format_rfc3339(now);
  if (now < kEarliest)
    return {"clock", Health::kFault, shown + " is in the past", "set the clock; tokens would expire"};
  const auto info = context.files.stat(journal);
  if (info.ok() && *info && Timestamp{(*info)->modified_ns / 1'000'000} > now + kSetBackMax)
    return {"clock", Health::kFault, shown + " is earlier than the journal's last change: the clock was set back",
            "set the clock; events would be out of order"};
  struct timex state {};
  if (::adjtimex(&state) == TIME_ERROR)
    return {"clock", Health::kWarning, shown + ", not synchronised", "run a time service (NTP)"};
  return {"clock", Health::kOk, shown, {}};
}

Check check_space(const std::string& path) {
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0)
    return {"disk", Health::kFault, "the file system of " + path + " cannot be looked at: " + std::strerror(errno),
            "make the folder accessible"};
  const std::uint64_t free_bytes = static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  Check check{"disk", Health::kOk, std::to_string(free_bytes >> 20) + " MiB free", {}};
  if ((info.f_flag & ST_RDONLY) != 0) {
    check.health = Health::kFault;
    check.what += ", mounted read-only";
    check.help = "mount it so that it can be written";
  } else if (info.f_files > 0 && info.f_favail < kFreeInodesMin) {
    check.health = Health::kFault;
    check.what += ", but only " + std::to_string(info.f_favail) + " more files";
    check.help = "remove files; the file system is out of inodes";
  } else if (free_bytes < kFreeBytesWarn) {
    check.health = free_bytes < kFreeBytesMin ? Health::kFault : Health::kWarning;
    check.help = "make room: the journal stops when the disk is full";
  }
  return check;
}

Check check_sandbox(bool required) {
  sandbox::LauncherOptions options;
  options.weakest = sandbox::Tier::kLandlock;
  const std::unique_ptr<sandbox::Launcher> launcher = sandbox::make_launcher(options);
  Check check{"sandbox", Health::kOk, launcher->describe(), {}};
  if (launcher->tier() == sandbox::Tier::kBubblewrap) return check;
  const bool partial = launcher->tier() == sandbox::Tier::kLandlock;
  check.health = required ? Health::kFault : Health::kWarning;
  check.help =
      std::string(partial ? "only the weaker tier (Landlock and seccomp) can be built" : "no sandbox can be built") +
      ": install bubblewrap and allow user namespaces (sysctl kernel.unprivileged_userns_clone=1)";
  return check;
}

Check check_port(const std::string& host_port, bool tls) {
  const std::size_t colon = host_port.rfind(':');
  std::string host = host_port.substr(0, colon);
  const std::string port = host_port.substr(colon + 1);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  if (port.find_first_not_of('0') == std::string::npos) return {"port", Health::kOk, "picked when it starts", {}};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* list = nullptr;
  if (const int failed = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list); failed != 0)
    return {"port", Health::kFault, host + " cannot be resolved: " + ::gai_strerror(failed),
            "correct surfaces.http.listen in lumenflow.yaml"};
  const std::unique_ptr<addrinfo, AddressDeleter> addresses(list);
  if (const std::string fault = bind_fault(*addresses); !fault.empty())
    return {"port", Health::kWarning, host_port + " cannot be listened on now: " + fault,
            "stop the other program, or choose another with surfaces.http.listen or --listen"};
  if (!is_loopback(host) && !tls)
    return {"port", Health::kWarning, host_port + " is free, and open to the network without TLS",
            "set surfaces.http.tls, or listen on 127.0.0.1"};
  return {"port", Health::kOk, host_port + " is free", {}};
}

}  // namespace lumenflow::cli
