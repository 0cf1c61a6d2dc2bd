#!/usr/bin/env python3
"""`lumenflow mcp` as agents use it: what was said before stdin ended is answered, and a sidecar may be started anew."""

import contextlib
import http.server
import json
import os
import pathlib
import queue
import socketserver
import subprocess
import sys
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "hostile"))
from world import PATIENCE, PROGRAM, World  # noqa: E402  (the folder of shared helpers comes first)

HANDSHAKE = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
STATELESS = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
STORE = {"name": "memory__store", "arguments": {"type": "note", "content": "said before the end"}}


def line(number, method, params):
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


class StandIn(http.server.BaseHTTPRequestHandler):
    """In the place of a sidecar: sessions a, b, …; each ends with the first ping in it but the last. Answers of tools/call break off."""

    def log_message(self, *ignored):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/healthz":
            return self.answer(200)
        self.answer(200, b": here\n\n", Content_Type="text/event-stream")
        self.server.heard.put(("listens", self.headers["Mcp-Session-Id"]))
        self.server.over.wait()  # nobody ends it sooner

    def do_DELETE(self):
        self.answer(204)

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        session, result = self.headers["Mcp-Session-Id"], {"jsonrpc": "2.0", "id": message.get("id"), "result": {}}
        if message["method"] == "initialize":
            self.server.session = "a" if self.server.session is None else "b"
            return self.answer(200, json.dumps(result).encode(), Mcp_Session_Id=self.server.session)
        if message["method"] == "tools/call":
            return self.answer(200, b": wait\n\n", Content_Type="text/event-stream")
        if message["method"] == "ping" and session == "a":
            gone = {"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32001, "message": "Session not found"}}
            return self.answer(404, json.dumps(gone).encode())
        return self.answer(200, json.dumps(result).encode()) if "id" in message else self.answer(202)


class StandInServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path):
        super().__init__(path, StandIn)
        self.session, self.heard, self.over = None, queue.Queue(), threading.Event()

    def get_request(self):
        return super().get_request()[0], ("local", 0)


class Stdio(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)
        self.world.start()
        self.heard = []  # notifications: they come before or after the answer to what caused them

    def bridge(self):
        process = subprocess.Popen([PROGRAM, "--workspace", self.world.workspace, "mcp"], env=self.world.environment,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        reader = threading.Thread(target=self.read_all, args=(process.stdout,))
        reader.start()
        for last in (reader.join, process.wait, process.stdin.close, process.kill):
            self.addCleanup(last)
        return process

    def read_all(self, stdout):
        with stdout:
            for said in stdout:
                self.lines.put(said)
        self.lines.put("")

    def ask(self, process, number, method, params=None):
        process.stdin.write(line(number, method, params or {}) + "\n")
        process.stdin.flush()
        while True:
            answer = self.read()
            if "method" not in answer:
                self.assertEqual(answer["id"], number, answer)
                return answer
            self.heard.append(answer)

    def read(self):
        said = self.lines.get(timeout=PATIENCE)
        self.assertTrue(said, "the bridge has ended")
        return json.loads(said)

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
        updated = {"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": stored}}
        while updated not in self.heard:  # what it has subscribed to, it still has
            self.heard.append(self.read())
        process.stdin.close()
        self.assertEqual(process.wait(60), 0)

    @contextlib.contextmanager
    def stand_in(self):
        path = self.world.ready["socket"]
        self.world.kill()
        os.unlink(path)
        with StandInServer(path) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield server
            finally:
                server.over.set()
                server.shutdown()
                thread.join()

    # The stream of the session that was lost may end late, and did so on a busy machine.
    def test_a_session_that_is_begun_anew_is_listened_to_while_the_stream_of_the_one_before_is_open(self):
        with self.stand_in() as sidecar:
            process = self.bridge()
            self.ask(process, 1, "initialize", HANDSHAKE)
            process.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
            process.stdin.flush()
            self.assertEqual(sidecar.heard.get(timeout=PATIENCE), ("listens", "a"))
            self.assertEqual(self.ask(process, 2, "ping")["result"], {})
            self.assertEqual(sidecar.heard.get(timeout=PATIENCE), ("listens", "b"))
            process.stdin.close()
            self.assertEqual(process.wait(PATIENCE), 0)

    # Law 8: whoever asked is told.
    def test_law_8_an_answer_that_breaks_off_is_an_error_of_its_request(self):
        with self.stand_in():
            process = self.bridge()
            self.ask(process, 1, "initialize", HANDSHAKE)
            broken = self.ask(process, 2, "tools/call", STORE)
            self.assertIn("may have been carried out", broken["error"]["message"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
