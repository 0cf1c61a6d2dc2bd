#!/usr/bin/env python3
"""Reloads of the real program while calls go on: none is dropped, none is answered by a pack that is half one version and
half another, calls that run end as they began, and nothing is left behind. LUMENFLOW_CRASH_SCALE=10: a thousand of them.
"""

import os
import pathlib
import time
import unittest

from world import Bystander, Caller, World, family, until

RELOADS = 100 * int(os.environ.get("LUMENFLOW_CRASH_SCALE", "1"))
CODE = """
import os
import time

from lumenflow_pack import Pack

pack = Pack()


@pack.tool("NAME:ask")
def ask(context, input):
    return {"version": "VERSION", "pid": os.getpid()}


@pack.tool("NAME:wait")
def wait(context, input):
    with open(input["shows"], "w"):
        pass
    while os.path.exists(input["shows"]):
        time.sleep(0.01)
    return ask(context, input)


if __name__ == "__main__":
    pack.run()
"""
# The schema knows the version too: code of another version under this manifest is INVALID_OUTPUT.
MANIFEST = """
id: NAME
version: VERSION
runtime: {type: process, command: [python3, -B, code.py]}
tools:
  - name: 'NAME:ask'
    permission: write
    required_scopes: [{type: path, pattern: 'shared/**', access: write}]
    output_schema: {type: object, required: [version], properties: {version: {const: VERSION}}}
  - name: 'NAME:wait'
    permission: write
    required_scopes: [{type: path, pattern: 'shared/**', access: write}]
    output_schema: {type: object, required: [version], properties: {version: {const: VERSION}}}
"""


class Reloads(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)
        for name in ("steady", "changing"):
            self.world.run("pack", "add", self.write(name, "1.0.0"), "--integrity", "dev")
        self.world.start()
        self.client = self.world.client()
        self.addCleanup(self.client.close)

    def write(self, name, version):
        files = {"manifest.yaml": MANIFEST, "code.py": CODE}
        return self.world.write_pack(
            name, {path: text.replace("NAME", name).replace("VERSION", version) for path, text in files.items()})

    def left(self):
        """What a reload could leave: (processes, descriptors, threads, snapshots)."""
        proc = pathlib.Path(f"/proc/{self.world.pid}")
        return (len(family(self.world.pid)), len(os.listdir(proc / "fd")), len(os.listdir(proc / "task")),
                len(os.listdir(self.world.workspace / ".lumenflow/state/snapshots")))

    def resident_mb(self):
        pages = int(pathlib.Path(f"/proc/{self.world.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 1e6

    def test_under_load_they_fail_no_call_and_leave_nothing(self):
        tools = ["changing:ask", "steady:ask", "task:list"]
        with Bystander(self.world.client(), tools) as warm_up:
            until(lambda: len(warm_up.seconds) > 30, "the packs are warm")
        self.assertEqual(warm_up.failures, [])
        steady, before, seconds = self.client.call("steady:ask")["data"]["pid"], None, []
        with Bystander(self.world.client(), tools) as first, Bystander(self.world.client(), tools) as second:
            for number in range(1, RELOADS + 1):
                if number % 2:  # the others find nothing changed
                    self.write("changing", f"1.0.{number}")
                began = time.monotonic()
                self.world.run("reload")
                seconds.append(time.monotonic() - began)
                answer = self.client.call("changing:ask")
                self.assertEqual(answer.get("data", answer)["version"], f"1.0.{number - (number + 1) % 2}")
                if number == 10:
                    before = self.left(), self.resident_mb()
            calls = len(first.seconds) + len(second.seconds)
        self.assertEqual(first.failures + second.failures, [])
        self.assertEqual(self.client.call("steady:ask")["data"]["pid"], steady, "what stays the same keeps its process")
        spare = (4, 16, 8, 2)
        until(lambda: all(now <= then + more for now, then, more in zip(self.left(), before[0], spare)),
              f"nothing is left: {before[0]}, and now {self.left()}")
        print(f"{RELOADS} reloads, {calls} calls meanwhile; a reload of a changed pack took {median(seconds[0::2]):.0f} ms, of an "
              f"unchanged one {median(seconds[1::2]):.0f} ms, commands included; processes, descriptors, threads, snapshots: "
              f"{before[0]} after 10, {self.left()} after all; resident {before[1]:.1f} and {self.resident_mb():.1f} MB", flush=True)

    def test_a_call_that_runs_ends_as_it_began(self):
        shows = self.world.workspace / "shared/runs"
        caller = Caller(self.world.client(), "changing:wait", {"shows": str(shows)})
        until(shows.exists, "the call runs")
        self.write("changing", "2.0.0")
        self.world.run("reload")
        self.assertEqual(self.client.call("changing:ask")["data"]["version"], "2.0.0")
        shows.unlink()
        self.assertEqual(caller.wait()["data"]["version"], "1.0.0")

    def test_what_changed_on_disk_does_not_run_before(self):
        (self.world.root / "packs/changing/code.py").write_text("raise SystemExit('must not run')\n")
        self.assertEqual(self.client.call("changing:ask")["data"]["version"], "1.0.0")
        code, out, err = self.world.command("reload")
        self.assertNotEqual(code, 0, out + err)
        self.assertIn("LF1033", out + err)
        self.assertEqual(self.client.call("changing:ask")["data"]["version"], "1.0.0", "a reload with faults changes nothing")


def median(seconds):
    return sorted(seconds)[len(seconds) // 2] * 1e3


if __name__ == "__main__":
    unittest.main(verbosity=2)
