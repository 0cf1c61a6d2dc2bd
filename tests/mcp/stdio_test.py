#!/usr/bin/env python3
"""`lumenflow mcp` as agents use it: what was said before stdin ended is answered, and a sidecar may be started anew."""

import json
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "hostile"))
from world import PROGRAM, World  # noqa: E402  (the folder of shared helpers comes first)

HANDSHAKE = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
STATELESS = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
STORE = {"name": "memory__store", "arguments": {"type": "note", "content": "said before the end"}}


def line(number, method, params):
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


class Stdio(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)
        self.world.start()

    def bridge(self):
        process = subprocess.Popen([PROGRAM, "--workspace", self.world.workspace, "mcp"], env=self.world.environment,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        return process

    def ask(self, process, number, method, params=None):
        process.stdin.write(line(number, method, params or {}) + "\n")
        process.stdin.flush()
        while True:
            answer = json.loads(process.stdout.readline())
            if "method" not in answer:
                self.assertEqual(answer["id"], number, answer)
                return answer

    # Law 8: what was read is answered, with and without a line break at its end.
    def test_law_8_what_was_said_before_stdin_ended_is_done_and_answered(self):
        sessions = "\n".join([line(1, "initialize", HANDSHAKE), line(2, "tools/call", STORE)])
        for said, answers in ((sessions, {1, 2}), (line(3, "tools/call", {**STORE, "_meta": STATELESS}) + "\n", {3})):
            done = subprocess.run([PROGRAM, "--workspace", self.world.workspace, "mcp"], env=self.world.environment, input=said,
                                  text=True, capture_output=True, timeout=120, check=False)
            found = {answer["id"]: answer for answer in map(json.loads, done.stdout.splitlines())}
            self.assertEqual(set(found), answers, done)
            self.assertFalse(found[max(answers)]["result"]["isError"])
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_session_goes_on_when_its_sidecar_was_started_anew(self):
        process = self.bridge()
        early = self.ask(process, 1, "tools/list")
        self.assertIn("initialize", early["error"]["message"])
        self.ask(process, 2, "initialize", HANDSHAKE)
        process.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
        stored = "lumenflow://events/agent-runtime:tool_called"
        self.assertIn("result", self.ask(process, 3, "resources/subscribe", {"uri": stored}))
        self.world.kill()
        down = self.ask(process, 4, "ping")
        self.assertIn("lumenflow up", down["error"]["message"])
        self.world.start()
        self.assertEqual(self.ask(process, 5, "ping")["result"], {})
        self.assertFalse(self.ask(process, 6, "tools/call", STORE)["result"]["isError"])
        while True:  # what it has subscribed to, it still has
            heard = json.loads(process.stdout.readline())
            if heard.get("method") == "notifications/resources/updated":
                break
        self.assertEqual(heard["params"]["uri"], stored)
        process.stdin.close()
        self.assertEqual(process.wait(60), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
