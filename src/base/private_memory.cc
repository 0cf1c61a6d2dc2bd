#include "base/private_memory.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/check.h"

namespace lumenflow {

void never_dump_core() {
  // Of 0 a dump that is piped knows nothing; of 1 both kinds are given up (core(5)).
  rlimit limit{1, 1};
  if (::setrlimit(RLIMIT_CORE, &limit) == 0) return;
  limit = {0, 0};  // one that is lower already stays
  LUMENFLOW_CHECK(::setrlimit(RLIMIT_CORE, &limit) == 0);
}

void hide_memory() { LUMENFLOW_CHECK(::prctl(PR_SET_DUMPABLE, 0) == 0); }

}  // namespace lumenflow
