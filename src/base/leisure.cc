#include "base/leisure.h"

#include <sched.h>

namespace lumenflow {

void work_at_leisure() {
  const sched_param none{};
  (void)::sched_setscheduler(0, SCHED_IDLE, &none);
}

}  // namespace lumenflow
