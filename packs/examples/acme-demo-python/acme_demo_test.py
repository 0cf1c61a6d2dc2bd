"""The pack without a host: what a job leaves, and what a request to recover it leaves.

Run it with python3 -B: what Python would cache in this folder would become part of the pack.
"""

import unittest

from lumenflow_pack import build_kernel_event_v2
from lumenflow_pack.testing import MemoryHost

from acme_demo import pack

REQUEST = {"target_pack": "acme-demo", "target_id": "job-1", "reason": "it hangs", "requested_by": "operator:ana"}


class Jobs(unittest.TestCase):
    def test_a_job_is_completed_once(self):
        host, done = MemoryHost(pack), {"job_id": "job-1", "status": "ok"}
        for _ in range(2):
            self.assertEqual(host.call("acme-demo:run_job", {"job_id": "job-1"})["data"], done)
        completed = build_kernel_event_v2("acme-demo:job_completed", done, idempotency_key="job-1", timestamp=host.now)
        self.assertEqual(host.events, [completed])

    def test_a_recovery_is_proposed_once(self):
        host = MemoryHost(pack)
        host.call("acme-demo:run_job", {"job_id": "job-1"})
        requests = [build_kernel_event_v2("conductor:recovery_requested", REQUEST, timestamp=host.now) for _ in range(2)]
        self.assertEqual([host.deliver(event) for event in requests], [True, False])
        self.assertTrue(host.store["recoveries/job-1"]["known"])


if __name__ == "__main__":
    unittest.main()
