#include "lumenflow/process.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "sdk/session.h"

namespace lumenflow::pack {

int run(void (*register_pack)(Registration&)) {
  std::signal(SIGPIPE, SIG_IGN);  // a host that is gone is seen where it is written to
  std::fflush(stdout);
  const int in = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), out = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (in < 0 || out < 0 || nothing < 0 || ::dup2(nothing, STDIN_FILENO) < 0 ||
      ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
    std::perror("a pack needs stdin, stdout and stderr");
    return 1;
  }
  ::close(nothing);
  sdk::Connection connection(in, out);
  sdk::Session(connection, register_pack).serve();
  return 0;
}

}  // namespace lumenflow::pack
