// lumenflow-confine: started by lumenflow alone, once outside of a sandbox and once inside.
#include <cstdio>
#include <string_view>

#include "sandbox/confine/init.h"
#include "sandbox/confine/keeper.h"

int main(int argc, char** argv) {
  const std::string_view role = argc > 1 ? argv[1] : "";
  if (role == "keep") return lumenflow::sandbox::run_keeper();
  if (role == "init") return lumenflow::sandbox::run_init();
  if (role == "nothing") return 0;  // what is run to find out whether a sandbox can be built
  std::fputs("lumenflow-confine is part of lumenflow, which starts it by itself\n", stderr);
  return 2;
}
