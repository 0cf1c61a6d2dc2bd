#!/usr/bin/env python3
"""The demo pack says the same in every language: acme_demo_test.py SCHEMAS COMMAND [ARGUMENT…]."""

import shutil
import sys
import unittest

import protocol_test
from protocol_test import Child, Store, call_params
from shapes import Shapes

REQUEST = {"kind": "conductor:recovery_requested", "event_id": "e-1", "timestamp": "2026-03-01T12:00:00.000Z",
           "from": "ws-42:conductor", "channel": "sidecar", "seq": 1,
           "payload": {"target_pack": "acme-demo", "target_id": "job-1", "reason": "it hangs", "requested_by": "operator:ana"}}


class AcmeDemo(unittest.TestCase):
    def setUp(self):
        self.child = Child()
        self.said = self.child.initialize()["result"]
        self.addCleanup(lambda: (self.child.process.kill(), self.child.process.communicate()))

    def test_has_one_tool_and_one_handler(self):
        self.assertEqual(self.said, {"protocol": 1, "tools": ["acme-demo:run_job"], "offers": [], "handlers": [
            {"kind": "conductor:recovery_requested", "idempotent": False, "replay_key": True}]})

    def test_runs_a_job(self):
        store = Store()
        done = {"job_id": "job-1", "status": "ok"}
        said = self.child.ask("tool/call", call_params("acme-demo:run_job", {"job_id": "job-1"}, "rcpt-1"), store)
        self.assertEqual(said["result"], {"success": True, "data": done})
        self.assertEqual(self.child.requested, [
            ("store/put", {"in": "rcpt-1", "key": "jobs/job-1", "value": done}),
            ("event/emit", {"in": "rcpt-1", "kind": "acme-demo:job_completed", "payload": done, "idempotency_key": "job-1",
                            "with_result": True})])

    def test_proposes_a_recovery_of_its_own_jobs(self):
        store = Store()
        store.items["jobs/job-1"] = {"job_id": "job-1", "status": "ok"}
        self.assertEqual(self.child.ask("event/replay_key", {"event": REQUEST})["result"], {"key": "job-1/"})
        for attempt in (1, 2):
            said = self.child.ask("event/handle", {"delivery_id": "d-1", "attempt": attempt, "event": REQUEST}, store)
            self.assertEqual(said["result"], {})
            self.assertEqual(store.items["recoveries/job-1"], {
                "known": True, "reason": "it hangs", "proposal": "call acme-demo:run_job with this job_id again"})
        other = {**REQUEST, "payload": {**REQUEST["payload"], "target_pack": "other"}}
        self.assertEqual(self.child.ask("event/handle", {"delivery_id": "d-2", "attempt": 1, "event": other}, store)["result"], {})
        self.assertEqual(self.child.requested, [])


if __name__ == "__main__":
    protocol_test.SHAPES = Shapes(sys.argv[1])
    protocol_test.COMMAND = sys.argv[2:]
    if shutil.which(sys.argv[2]) is None:
        print(f"skipped: {sys.argv[2]} is missing")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
