"""MemoryHost keeps the promises of the real host."""

import unittest

from lumenflow_pack import Pack, ToolError, build_kernel_event_v2
from lumenflow_pack.testing import MemoryHost

NOON = "2026-03-01T12:00:00.000Z"
pack = Pack()


@pack.tool("bank:put")
def put(context, input):
    context.store.put(input["key"], input)
    context.emit("bank:put", {"key": input["key"]}, idempotency_key=input["key"])
    context.emit_now("bank:tried", {"key": input["key"]})
    if input.get("fail"):
        raise ToolError("NO_FUNDS", "there is nothing left")
    return {"seen": [key for key, _ in context.store.scan(limit=2)], "id": context.new_ulid()}


@pack.handler("bank:put", replay_key=lambda event: event["payload"]["key"])
def note(context, event):
    context.store.put("noted/" + event["payload"]["key"], event["event_id"])
    context.emit("bank:noted", {})


class Memory(unittest.TestCase):
    def setUp(self):
        self.host = MemoryHost(pack)

    def test_what_a_call_does_counts_with_its_result(self):
        self.assertEqual(self.host.call("bank:put", {"key": "b"})["data"]["seen"], ["b"])
        self.assertEqual(list(self.host.store), ["b"])
        self.assertEqual([event["kind"] for event in self.host.events], ["bank:tried", "bank:put"])
        expected = build_kernel_event_v2("bank:put", {"key": "b"}, idempotency_key="b", timestamp=NOON)
        self.assertEqual(self.host.events[1], expected)

    def test_a_failed_call_leaves_nothing_but_what_was_emitted_at_once(self):
        failed = self.host.call("bank:put", {"key": "a", "fail": True})
        self.assertEqual(failed["error"]["code"], "NO_FUNDS")
        self.assertEqual((self.host.store, [event["kind"] for event in self.host.events]), ({}, ["bank:tried"]))
        self.host.call("bank:put", {"key": "a"})  # its key was given up too
        self.assertEqual([event["kind"] for event in self.host.events], ["bank:tried", "bank:tried", "bank:put"])

    def test_a_key_stands_for_one_event(self):
        self.host.call("bank:put", {"key": "a"})
        self.host.call("bank:put", {"key": "a"})
        self.assertEqual([event["kind"] for event in self.host.events].count("bank:put"), 1)

    def test_another_payload_under_a_key_is_refused(self):
        other = Pack()
        other.tool("x:y")(lambda context, input: context.emit("x:y", input, idempotency_key="k"))
        host = MemoryHost(other)
        self.assertTrue(host.call("x:y", {"n": 1})["success"])
        self.assertEqual(host.call("x:y", {"n": 2})["error"]["code"], "IDEMPOTENCY_CONFLICT")

    def test_an_event_is_applied_once(self):
        first = build_kernel_event_v2("bank:put", {"key": "a"}, timestamp=NOON)
        again = build_kernel_event_v2("bank:put", {"key": "a"}, timestamp="2026-03-01T13:00:00Z")
        self.assertEqual([self.host.deliver(event) for event in (first, first, again)], [True, False, False])
        self.assertEqual(self.host.store, {"noted/a": first["event_id"]})
        self.assertEqual(len(self.host.events), 1)

    def test_ids_differ_between_runs_and_keys_sort_by_byte(self):
        ids = [self.host.call("bank:put", {"key": key})["data"]["id"] for key in ("\U0001f600", "\ufb33")]
        self.assertLess(ids[0], ids[1])
        self.assertEqual(self.host.call("bank:put", {"key": "z"})["data"]["seen"], ["z", "\ufb33"])


if __name__ == "__main__":
    unittest.main()
