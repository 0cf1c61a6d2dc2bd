// lumenflow-confine: started by lumenflow alone, once outside of a sandbox and once inside.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string_view>

#include "sandbox/confine/init.h"
#include "sandbox/confine/keeper.h"

namespace {

bool forks() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  int status = 1;
  return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view role = argc > 1 ? argv[1] : "";
  if (role == "keep") return lumenflow::sandbox::run_keeper();
  if (role == "init") return lumenflow::sandbox::run_init();
  if (role == "nothing") return forks() ? 0 : 1;  // what is run to find out whether a sandbox can be built
  std::fputs("lumenflow-confine is part of lumenflow, which starts it by itself\n", stderr);
  return 2;
}
