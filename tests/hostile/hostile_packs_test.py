#!/usr/bin/env python3
"""A hostile pack in a real workspace: each of its calls ends with a code and a record, nothing outside its scope is read or
changed, others are not held up, and nothing of it is left. Prints what held it.
"""

import time
import unittest

import hostile
from world import SOURCES, Bystander, Caller, World, alive, digest_of, family, marked, until

CANARY = "canary-5f0b1c"
CALM = """
from lumenflow_pack import Pack

pack = Pack()


@pack.tool("calm:ping")
def ping(context, input):
    return {"pong": True}


if __name__ == "__main__":
    pack.run()
"""
CALM_MANIFEST = """
id: calm
version: 1.0.0
runtime: {type: process, command: [python3, -B, calm.py]}
tools:
  - {name: 'calm:ping', required_scopes: [{type: path, pattern: 'calm/**', access: read}]}
"""
CANCEL_MS = 250
SLOWNESS = 8  # of a machine that does other things besides; what it took is printed


class Hostile(unittest.TestCase):
    def setUp(self):
        self.world = World({"CANARY": CANARY})
        self.addCleanup(self.world.close)
        home = self.world.root / "home"
        for secret in (home / ".ssh/id_ed25519", home / ".aws/credentials", home / ".gnupg/private", self.world.workspace / ".env",
                       self.world.workspace / "notes.txt", self.world.workspace / "own" / ".env",
                       self.world.root / "other-ws/.lumenflow/state/keys/token.pem"):
            secret.parent.mkdir(parents=True, exist_ok=True)
            secret.write_text(CANARY)
        self.own = self.world.workspace / "own"
        self.world.configure("sandbox: {mode: best-effort, limits: {memory_bytes: 256MiB, processes: 48}}\n")
        self.world.add(self.world.write_pack("hostile", {
            "manifest.yaml": hostile.manifest(self.own), "hostile.py": (SOURCES / "hostile.py").read_text()}, with_sdk=False))
        self.world.add(self.world.write_pack("calm", {"manifest.yaml": CALM_MANIFEST, "calm.py": CALM}))
        self.world.start()
        self.client = self.world.client()
        self.addCleanup(lambda: self.client.close())
        self.mark = f"hostile.py\0{self.own}"  # in the command line of whatever it forks, and in no helper's
        self.waiting = set(marked(self.mark))

    def attack(self, name, tool_input=None):
        """The answer and the record of how the call ended."""
        answer = self.client.call("hostile:" + name, tool_input)
        ending = self.client.ending(answer["metadata"]["receipt_id"])
        self.assertIsNotNone(ending, answer)
        return answer, ending

    def begin(self, name, tool_input=None, shown_by="staying"):
        """A call that runs, as its pack shows by a file."""
        caller = Caller(self.world.client(), "hostile:" + name, tool_input)
        until((self.own / shown_by).exists, f"{name} runs")
        return caller

    def receipt_of_running(self):
        started = {entry["receipt_id"] for entry in self.client.entries() if entry["type"] == "call.started"}
        ended = {entry["receipt_id"] for entry in self.client.entries() if entry["type"] == "call.finished"}
        self.assertEqual(len(started - ended), 1)
        return (started - ended).pop()

    def new_processes(self):
        """Of the hostile pack, but for the child that was there before and waits for calls."""
        return set(marked(self.mark)) - self.waiting

    def outside(self):
        """All that it must not change; its own snapshot is looked at apart."""
        return digest_of(self.world.root, ("ws/own", "ws/.lumenflow/state/journal.db", "ws/.lumenflow/state/blobs",
                                           "ws/.lumenflow/state/checkpoints", "up.log", "run"))

    def test_reaches_nothing_that_is_not_its_own(self):
        ws, keys = self.world.workspace, self.world.workspace / ".lumenflow/state/keys"
        home, socket = self.world.root / "home", self.world.ready["socket"]
        looked_for = [keys, *sorted(keys.iterdir()), ws / ".lumenflow", ws / ".lumenflow/state/journal.db", ws / "lumenflow.yaml",
                      ws / ".env", ws / "notes.txt", self.own / ".env", home / ".ssh", home / ".ssh/id_ed25519",
                      home / ".aws/credentials", home / ".gnupg/private", self.world.root / "other-ws",
                      self.world.root / "other-ws/.lumenflow/state/keys/token.pem", "/etc/shadow",
                      f"/proc/{self.world.pid}/root/etc/shadow", f"/proc/{self.world.pid}/cwd", f"/proc/{self.world.pid}/fd"]
        answer, ending = self.attack("snoop", {"paths": [str(path) for path in looked_for], "canary": CANARY})
        # Its own snapshot lies below .lumenflow/state: the way there is all that is seen of it.
        seen = {f"list {ws}/.lumenflow": "['state']"} if f"list {ws}/.lumenflow" in answer["data"] else {}
        self.assertEqual(answer["data"], seen)
        self.assertEqual(ending["outcome"], "success")
        print("held by:", ending["isolation"], flush=True)
        self.assertRegex(ending["isolation"], "^(bubblewrap|landlock)")

        # What it is told of its writes says little: in its own small /tmp it may write what it likes.
        targets = [ws / "lumenflow.yaml", ws / "notes.txt", ws / "new.txt", keys / "token.pem", ws / ".lumenflow/new", ws / ".env",
                   home / ".ssh/authorized_keys", self.world.root / "packs/hostile/hostile.py",
                   self.world.root / "other-ws/new", "hostile.py", "new.txt"]
        before, snapshots = self.outside(), digest_of(ws / ".lumenflow/state/snapshots")
        for _ in range(2):  # the links that it leaves in its scope are not followed on behalf of the next call either
            self.attack("vandalise", {"paths": [str(path) for path in targets]})
            self.assertEqual(self.outside(), before)
            self.assertEqual(digest_of(ws / ".lumenflow/state/snapshots"), snapshots)

        port = int(self.world.ready["url"].rsplit(":", 1)[1])
        answer, _ = self.attack("dial", {"addresses": [socket, ["127.0.0.1", port], ["192.0.2.1", 80]]})
        self.assertEqual(answer["data"], {})
        answer, _ = self.attack("murder", {"sidecar": self.world.pid})
        self.assertEqual(answer.get("data", {}), {})
        self.assertTrue(self.client.call("calm:ping")["success"])

    def test_every_misdeed_costs_its_own_call_alone(self):
        expected = {
            "exit": "TOOL_CRASHED", "garbage": "TOOL_CRASHED", "close": "TOOL_TIMEOUT", "leave": "TOOL_CRASHED",
            "flood": "OUTPUT_TOO_LARGE", "no_newline": "OUTPUT_TOO_LARGE", "ask_forever": "TOOL_CRASHED",
            "swell": "TOOL_CRASHED", "multiply": "TOOL_CRASHED",
            "grumble": "TOOL_TIMEOUT", "hang": "TOOL_TIMEOUT", "lock": "TOOL_TIMEOUT",
        }
        locked = [str(self.own / "data"), str(self.world.workspace / ".lumenflow/state/journal.db"), "hostile.py"]
        with Bystander(self.world.client(), ["calm:ping", "task:list"]) as others:
            until(lambda: len(others.seconds) > 20, "the others are warm")
            alone = sorted(others.seconds[10:])
            calls_alone = len(others.seconds)
            for name, code in expected.items():
                answer, ending = self.attack(name, {"paths": locked})
                self.assertEqual(answer["error"]["code"], code, answer)
                outcomes = {"TOOL_CRASHED": "crashed", "TOOL_TIMEOUT": "timeout", "OUTPUT_TOO_LARGE": "failure"}
                self.assertEqual((ending["outcome"], ending["code"]), (outcomes[code], code), ending)
                time.sleep(0.2)  # a pause after a fault is part of what is expected of the host
        meanwhile = sorted(others.seconds[calls_alone:])
        self.assertEqual(others.failures, [])
        print(f"others: {len(meanwhile)} calls meanwhile, median {meanwhile[len(meanwhile) // 2] * 1e3:.1f} ms "
              f"(alone {alone[len(alone) // 2] * 1e3:.1f} ms), slowest {meanwhile[-1] * 1e3:.0f} ms", flush=True)
        self.assertEqual(self.world.process.poll(), None)
        self.world.run("audit", "verify")
        until(lambda: not self.new_processes(), "nothing of the pack runs but what waits for calls")

    def test_a_call_that_is_cancelled_ends_with_its_whole_family(self):
        caller = self.begin("stay")
        receipt, processes = self.receipt_of_running(), self.new_processes()
        self.assertGreaterEqual(len(processes), 4)
        began = time.monotonic()
        status, _ = self.client.send("DELETE", "/calls/" + receipt)
        self.assertIn(status, (200, 202, 204))
        until(lambda: not self.new_processes(), "the family is gone")
        took = (time.monotonic() - began) * 1e3
        print(f"cancelled: {len(processes)} processes were gone after {took:.0f} ms", flush=True)
        self.assertEqual(caller.wait()["error"]["code"], "TOOL_CANCELLED")
        self.assertEqual(self.client.ending(receipt)["outcome"], "cancelled")
        self.assertLess(took, CANCEL_MS * SLOWNESS)

    def test_nothing_outlives_a_program_that_is_killed(self):
        caller = self.begin("leave", {"stays": True})
        until(lambda: len(self.new_processes()) >= 5, "all of them run")
        processes = family(self.world.pid)
        self.assertGreaterEqual(len(processes), 5)
        began = time.monotonic()
        self.world.kill()
        until(lambda: not alive(processes) and not self.new_processes(), "all of them are gone")
        print(f"killed: {len(processes)} processes were gone after {(time.monotonic() - began) * 1e3:.0f} ms", flush=True)
        caller.wait()

    def test_a_call_of_a_program_that_died_is_asked_about(self):
        known = ("applied", "not_applied", "unknown")
        callers = [self.begin("effect", {"known_as": each}, f"begun-{each}") for each in known]
        receipts = {entry["receipt_id"] for entry in self.client.entries() if entry["type"] == "call.started"}
        self.assertEqual(len(receipts), 3)
        self.world.kill()
        for caller in callers:
            caller.wait()
        self.client.close()
        self.world.start()
        self.client = self.world.client()
        found = {}
        for receipt in receipts:
            ending = self.client.ending(receipt)
            found[ending["outcome"]] = (ending.get("code"), ending["decided_by"])
            if ending["outcome"] == "success":
                said = self.client.get("/calls/" + receipt)
                self.assertEqual(said["result"]["data"], {"applied": True}, said)
        self.assertEqual(found, {"success": (None, "status"), "crashed": ("TOOL_CRASHED", "status"),
                                 "unknown": ("TOOL_CRASHED", "restart")})


if __name__ == "__main__":
    unittest.main(verbosity=2)
