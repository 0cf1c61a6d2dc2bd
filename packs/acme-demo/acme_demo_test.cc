// The pack without a host: what a job leaves, and what a request to recover it leaves.
#include <cstdio>

#include "acme_demo.h"
#include "lumenflow/testing.h"

using namespace lumenflow;

int faults = 0;

void expect(bool held, const char* what) {
  if (held) return;
  ++faults;
  std::printf("FAULT: %s\n", what);
}

int main() {
  pack::MemoryHost host(acme_demo::register_pack);
  for (int i = 0; i < 2; ++i) {
    const auto result = host.call("acme-demo:run_job", json::Object{{"job_id", "job-1"}});
    expect(std::holds_alternative<pack::ToolOutput>(result), "a job runs, also again");
  }
  expect(host.events.size() == 1, "a job is completed once");
  const json::Object done{{"job_id", "job-1"}, {"status", "ok"}};
  const auto completed = pack::build_kernel_event_v2("acme-demo:job_completed", done, {"job-1", host.now});
  expect(host.events.at(0).event_id == completed->event_id, "the event's id follows from its content");

  const json::Object request{{"target_pack", "acme-demo"}, {"target_id", "job-1"}, {"reason", "it hangs"}};
  for (const bool first : {true, false}) {
    const auto event = pack::build_kernel_event_v2("conductor:recovery_requested", request, {{}, host.now});
    expect(host.deliver(*event).value() == first, "a request is applied once");
  }
  expect(host.store.at("recoveries/job-1").find("known")->as_boolean(), "its own job is known");
  return faults == 0 ? 0 : 1;
}
