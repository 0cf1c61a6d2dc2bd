#!/usr/bin/env python3
"""Drives a pack over pipes as a host does, without one: protocol_test.py SCHEMAS COMMAND [ARGUMENT…].

The command is a probe pack (tests/sdk/probe), the same in each language. Every message either way must have the shape
that schemas/pack-protocol gives it.
"""

import json
import os
import select
import shutil
import subprocess
import sys
import unittest

from shapes import Shapes

METHODS = ["event/emit", "store/get", "store/put", "store/delete", "store/scan", "replay_log/has", "tool/invoke",
           "http/fetch", "http/stop", "process/run", "tool/progress", "log", "task/claim"]
EVENT = {"kind": "conductor:recovery_requested", "event_id": "e-1", "timestamp": "2026-03-01T12:00:00.000Z", "from": "ws-42",
         "channel": "sidecar", "seq": 1, "payload": {"target_id": "t-1"}}
NOW = "2026-03-01T12:00:00.000Z"
ULID = "01J9ZK3M7Q8W2X4Y6A8C0E2G4Z"
SILENCE_S = 20  # after which a child counts as hung
REQUESTS_MAX = 1000  # of one run


class Refusal(dict):
    """What a host answers when it refuses."""


class Child:
    """A pack's process, and the conversation with it."""

    def __init__(self):
        self.process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")})
        self.rest = b""
        self.last_id = 0
        self.asked = {}  # id -> method

    def send(self, message, check=True):
        message = {"jsonrpc": "2.0", **message}
        if check:
            expect_none(SHAPES.faults_of_message(message), message)
            if "method" in message:
                expect_none(SHAPES.faults_of(message["method"], "params", message["params"]), message)
        self.send_line(json.dumps(message))

    def send_line(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def receive(self):
        while b"\n" not in self.rest:
            ready, _, _ = select.select([self.process.stdout], [], [], SILENCE_S)
            if not ready:
                raise AssertionError("the pack is silent")
            read = os.read(self.process.stdout.fileno(), 65536)
            if not read:
                raise AssertionError(f"the pack has ended: {self.process.stderr.read().decode()}")
            self.rest += read
        line, self.rest = self.rest.split(b"\n", 1)
        message = json.loads(line)
        expect_none(SHAPES.faults_of_message(message), message)
        if "method" in message:
            assert SHAPES.methods[message["method"]]["from"] == "pack", message
            expect_none(SHAPES.faults_of(message["method"], "params", message["params"]), message)
        elif "result" in message:
            expect_none(SHAPES.faults_of(self.asked[message["id"]], "result", message["result"]), message)
        return message

    def request(self, method, params, check=True):
        self.last_id += 1
        self.asked[self.last_id] = method
        self.send({"id": self.last_id, "method": method, "params": params}, check)

    def ask(self, method, params, host=None, check=True):
        """The answer to a request; the pack's own requests are answered by `host`, its notifications kept."""
        self.request(method, params, check)
        self.notified, self.requested = [], []
        while True:
            message = self.receive()
            if "method" not in message:
                assert message["id"] == self.last_id, message
                return message
            if "id" not in message:
                self.notified.append(message)
                continue
            self.requested.append((message["method"], message["params"]))
            assert len(self.requested) < REQUESTS_MAX, "the pack asks for ever"
            answer = host(message["method"], message["params"])
            if callable(answer):  # it says something first
                answer = answer(self, message)
            if not isinstance(answer, Refusal):
                expect_none(SHAPES.faults_of(message["method"], "result", answer), answer)
                answer = {"result": answer}
            self.send({"id": message["id"], **answer})

    def initialize(self, protocol=1, methods=METHODS):
        return self.ask("pack/initialize", {"protocol": protocol, "workspace_id": "ws-42", "config": {"greeting": "hi"},
                                            "pack": {"id": "probe", "version": "1.0.0"}, "host": {"methods": methods}})

    def call(self, tool, input=None, host=None, receipt="rcpt-1"):
        return self.ask("tool/call", call_params(tool, input or {}, receipt), host)

    def close(self):
        """Ends stdin: the exit code and what was written to stderr."""
        out, errors = self.process.communicate(timeout=SILENCE_S)
        assert not self.rest and not out, (self.rest, out)
        return self.process.returncode, errors.decode()


def call_params(tool, input, receipt):
    return {"receipt_id": receipt, "tool": tool, "input": input, "scopes": [], "deadline_ms": 30000,
            "context": {"subject": "ws-42:local:ana", "now": NOW, "ulid": ULID}}


def expect_none(found, message):
    if found:
        raise AssertionError(f"{found} in {message}")


class Store:
    """A host with a store that answers."""

    def __init__(self):
        self.items = {}

    def __call__(self, method, params):
        if method == "store/put":
            self.items[params["key"]] = params["value"]
            return {}
        if method == "store/get":
            return {"value": self.items.get(params["key"])}
        if method == "store/delete":
            self.items.pop(params["key"], None)
            return {}
        if method == "store/scan":  # one item a page
            keys = [key for key in sorted(self.items) if key.startswith(params["prefix"]) and key > params.get("after", "")]
            items = [{"key": key, "value": self.items[key]} for key in keys[:1]]
            return {"items": items, **({"next": keys[0]} if len(keys) > 1 else {})}
        if method == "event/emit":
            return {} if params.get("with_result") else {"event_id": "e-7", "timestamp": NOW, "seq": 7}
        raise AssertionError(method)


class Protocol(unittest.TestCase):
    def setUp(self):
        self.child = Child()
        self.addCleanup(self.end)

    def end(self):
        if self.child.process.poll() is None:
            self.child.process.kill()
        for pipe in (self.child.process.stdin, self.child.process.stdout, self.child.process.stderr):
            pipe.close()
        self.child.process.wait()

    def test_says_what_its_code_has(self):
        said = self.child.initialize()["result"]
        self.assertEqual(said["protocol"], 1)
        self.assertEqual(sorted(said["tools"]), ["probe:crash", "probe:echo", "probe:ledger", "probe:outside", "probe:print",
                                                 "probe:program", "probe:refuse", "probe:streamed", "probe:surroundings",
                                                 "probe:until_cancelled"])
        self.assertEqual(said["handlers"], [
            {"kind": "conductor:recovery_requested", "idempotent": False, "replay_key": True},
            {"kind": "task_created", "idempotent": True, "replay_key": False}])
        self.assertEqual(said["offers"], ["tool/status"])

    def test_speaks_the_lower_version(self):
        self.assertEqual(self.child.initialize(protocol=7)["result"]["protocol"], 1)

    def test_answers_a_call(self):
        self.child.initialize()
        text = {"text": "Größe 📦 \u2028 \"\\\n", "n": [1, -2, 1.5, None, True], "deep": {"a": {"b": []}}}
        self.assertEqual(self.child.call("probe:echo", text)["result"], {"success": True, "data": text})
        self.assertEqual(self.child.call("probe:echo", {}, receipt="rcpt-2")["result"], {"success": True, "data": {}})

    def test_a_call_sees_its_surroundings(self):
        self.child.initialize()
        self.assertEqual(self.child.call("probe:surroundings")["result"]["data"], {
            "receipt_id": "rcpt-1", "tool": "probe:surroundings", "subject": "ws-42:local:ana", "now_ms": 1772366400000,
            "ulids": [ULID, "01J9ZK3M7Q8W2X4Y6A8C0E2G50"], "config": {"greeting": "hi"}})

    def test_store_and_events_go_through_the_host(self):
        self.child.initialize()
        store = Store()
        store.items = {"b": 1, "aa": 2}
        self.assertEqual(self.child.call("probe:ledger", {"x": 1}, store)["result"]["data"],
                         {"a": {"x": 1}, "absent": True, "keys": ["a", "aa"], "event_id": "e-7"})
        self.assertTrue(all(params["in"] == "rcpt-1" for _, params in self.child.requested))
        emitted = [params for method, params in self.child.requested if method == "event/emit"]
        self.assertEqual(emitted, [
            {"in": "rcpt-1", "kind": "probe:done", "payload": {"n": 1}, "idempotency_key": "k", "timestamp": NOW},
            {"in": "rcpt-1", "kind": "probe:done", "payload": {"n": 2}, "with_result": True}])

    def test_a_refusal_of_the_host_is_the_tools_unless_it_handles_it(self):
        self.child.initialize()
        store, no = Store(), Refusal(error={"code": -32602, "message": "no such kind", "data": {"code": "UNKNOWN_KIND"}})
        said = self.child.call("probe:ledger", {"x": 1},
                               lambda method, params: no if method == "event/emit" else store(method, params))
        self.assertEqual(code_of(said), "UNKNOWN_KIND")
        self.assertEqual(self.child.call("probe:echo", {"n": 1})["result"]["data"], {"n": 1})

    def test_a_tools_own_refusal_is_a_result(self):
        self.child.initialize()
        self.assertEqual(self.child.call("probe:refuse")["result"], {
            "success": False, "error": {"code": "NOT_FOUND", "message": "no such thing", "details": {"asked": True}}})

    def test_an_exception_is_a_crash_and_names_its_reason(self):
        self.child.initialize()
        error = self.child.call("probe:crash")["error"]
        self.assertNotIn("data", error)
        self.assertIn("the tool broke", error["message"])

    def test_a_cancelled_call_ends_at_its_next_request(self):
        self.child.initialize()

        def cancel(_, params):
            self.child.send({"method": "call/cancel", "params": {"receipt_id": params["in"]}})
            return {"value": None}
        self.assertEqual(code_of(self.child.call("probe:until_cancelled", host=cancel)), "CANCELLED")
        self.assertEqual(len(self.child.requested), 1)
        self.assertEqual(self.child.call("probe:echo", {"n": 1}, receipt="rcpt-2")["result"]["data"], {"n": 1})

    def test_what_the_pack_prints_is_no_message(self):
        self.child.initialize()
        self.assertEqual(self.child.call("probe:print")["result"], {
            "success": True, "data": {"printed": True}, "content": [{"type": "text", "text": "printed"}]})
        self.assertEqual([message["method"] for message in self.child.notified], ["tool/progress", "log"])
        code, errors = self.child.close()
        self.assertEqual((code, "this is no message" in errors), (0, True), errors)

    def test_reaches_outside_through_the_host(self):
        self.child.initialize()
        answers = {"tool/invoke": {"success": True, "data": [1]}, "http/fetch": {"status": 204, "body": ""},
                   "replay_log/has": {"has": True}, "task/claim": {"success": True, "data": {"task": 2}}}
        said = self.child.call("probe:outside", host=lambda method, _: answers[method])
        self.assertEqual(said["result"]["data"], {"data": [1], "status": 204, "handled": True, "task": {"task": 2}})
        answers["tool/invoke"] = {"success": False, "error": {"code": "SCOPE_DENIED", "message": "no"}}
        self.assertEqual(code_of(self.child.call("probe:outside", host=lambda method, _: answers[method])), "SCOPE_DENIED")

    def test_takes_an_answer_in_pieces_and_ends_it(self):
        self.child.initialize()

        def answer(child, message):
            params = message["params"]
            self.assertEqual((params["stream"], params["method"]), (True, "GET"))
            self.assertEqual(params["headers"], [{"name": "authorization", "value": "Bearer ", "environment": "PROBE_KEY"}])
            head = {"status": 200, "headers": {"content-type": "text/plain"}}
            for i, text in enumerate(["one ", "two ", "three"]):
                child.send({"method": "http/body", "params": {"in": "rcpt-1", "id": message["id"], "text": text,
                                                              **(head if i == 0 else {})}})
            return {**head, "body": "", "complete": answer.complete}

        answer.complete = True
        said = self.child.call("probe:streamed", host=lambda *_: answer)
        self.assertEqual(said["result"]["data"], {"text": "one two three", "complete": True, "type": "text/plain"})
        self.assertEqual(self.child.notified, [])
        answer.complete = False
        said = self.child.call("probe:streamed", {"wanted": 6}, host=lambda *_: answer)
        self.assertEqual(said["result"]["data"], {"text": "one two ", "complete": False, "type": "text/plain"})
        self.assertEqual([message["method"] for message in self.child.notified], ["http/stop"])

    def test_has_programs_run(self):
        self.child.initialize()
        asked = []

        def run(_, params):
            asked.append(params)
            for stream, line in (("output", "a"), ("errors", "oh"), ("output", "b")):
                self.child.send({"method": "process/output", "params": {"in": params["in"], "stream": stream, "line": line}})
            return {"exit_code": 3, "signal": 0, "limit": "", "output": "a\nb", "errors": "oh\n", "duration_ms": 1,
                    "isolation": "none"}
        said = self.child.call("probe:program", host=run)
        self.assertEqual(said["result"]["data"], {"lines": ["output: a", "errors: oh", "output: b"], "exit_code": 3,
                                                  "limit": ""})
        self.assertEqual({name: asked[0][name] for name in ("command", "directory", "environment", "stdin", "paths",
                                                            "timeout_ms", "lines")},
                         {"command": ["printf", "a\\nb"], "directory": "jobs", "environment": {"X": "1"}, "stdin": "in",
                          "paths": [{"pattern": "jobs/**", "access": "read"}], "timeout_ms": 1000, "lines": True})

    def test_asks_only_for_what_the_host_offers(self):
        self.child.initialize(methods=["store/get"])
        self.assertEqual(code_of(self.child.call("probe:ledger", {"x": 1})), "METHOD_NOT_ALLOWED")
        self.assertEqual(self.child.requested, [])
        self.assertTrue(self.child.call("probe:print")["result"]["success"])
        self.assertEqual(self.child.notified, [])

    def test_handles_events(self):
        self.child.initialize()
        self.assertEqual(self.child.ask("event/replay_key", {"event": EVENT})["result"], {"key": "t-1"})
        store = Store()
        said = self.child.ask("event/handle", {"delivery_id": "d-1", "attempt": 2, "event": EVENT}, store)
        self.assertEqual((said["result"], store.items), ({}, {"recovered/t-1": {"attempt": 2, "from": "ws-42"}}))
        failed = self.child.ask("event/handle", {"delivery_id": "d-2", "attempt": 1, "event": {
            **EVENT, "kind": "task_created", "payload": {"task_id": "task-1"}}})
        self.assertIn("not today, task-1", failed["error"]["message"])

    def test_tells_what_became_of_a_call(self):
        self.child.initialize()
        for receipt, status in (("rcpt-applied", {"status": "applied", "result": {"success": True, "data": {"n": 1}}}),
                                ("rcpt-not", {"status": "not_applied"}), ("rcpt-other", {"status": "unknown"})):
            self.assertEqual(self.child.ask("tool/status", {"receipt_id": receipt})["result"], status)

    def test_refuses_what_it_does_not_know(self):
        early = self.child.ask("tool/call", call_params("probe:echo", {}, "rcpt-1"))
        self.assertEqual(code_of(early), "INVALID_REQUEST")
        self.child.initialize()
        self.assertEqual(self.child.call("probe:nothing")["error"]["code"], -32601)
        self.assertEqual(self.child.ask("surprise/me", {}, check=False)["error"]["code"], -32601)
        self.assertEqual(code_of(self.child.ask("event/handle", {"delivery_id": "d-1", "attempt": 1, "event": {
            **EVENT, "kind": "acme:other"}})), "NOT_FOUND")
        self.child.send({"method": "surprise/you", "params": {}}, check=False)  # a notification: nobody answers
        self.child.send_line("{no json")
        refused = self.child.receive()
        self.assertEqual((refused["id"], refused["error"]["code"]), (None, -32700))
        self.assertEqual(self.child.call("probe:echo", {"n": 1})["result"]["data"], {"n": 1})

    def test_shuts_down_when_asked(self):
        self.child.initialize()
        self.assertEqual(self.child.ask("pack/shutdown", {})["result"], {})
        code, errors = self.child.close()
        self.assertEqual((code, errors), (0, ""))

    def test_ends_with_its_host(self):
        self.child.initialize()
        self.child.request("tool/call", call_params("probe:until_cancelled", {}, "rcpt-1"))
        self.child.receive()  # it waits for an answer that never comes
        self.child.process.stdin.close()
        self.assertEqual(self.child.process.wait(SILENCE_S), 0)


def code_of(message):
    error = message["error"]["data"] if "error" in message else message["result"]["error"]
    return error["code"]


if __name__ == "__main__":
    SHAPES = Shapes(sys.argv[1])
    COMMAND = sys.argv[2:]
    if shutil.which(COMMAND[0]) is None:
        print(f"skipped: {COMMAND[0]} is missing")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
