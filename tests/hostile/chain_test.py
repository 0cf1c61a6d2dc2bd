#!/usr/bin/env python3
"""A tool of a process pack in twelve steps, each of them a file and then a record in the store, cut off at every one: by
its own fault, by its death, and by the death of the whole program. What is reported of the call is what the files and the
store show. LUMENFLOW_CRASH_SCALE=10: the program dies at every half of a step, otherwise at every third of those.
"""

import os
import pathlib
import unittest

from world import Caller, World, alive, family, until

STEPS = 12
HALVES = 2 * STEPS  # 0 is before the first file, 1 between it and its record, and so on
DONE = HALVES + 1   # all is there, but the answer
EVERY = 1 if int(os.environ.get("LUMENFLOW_CRASH_SCALE", "1")) > 1 else 3

MANIFEST = """
id: chain
version: 1.0.0
runtime: {type: process, command: [python3, -B, code.py]}
tools:
  - name: 'chain:walk'
    permission: write
    required_scopes: [{type: path, pattern: 'chains/**', access: write}]
  - name: 'chain:record'
    permission: write
    idempotent: true
    required_scopes: [{type: path, pattern: 'chains/**', access: write}]
  - name: 'chain:recorded'
    permission: read
    required_scopes: [{type: path, pattern: 'chains/**', access: read}]
"""
CODE = """
import os
import pathlib
import signal
import time

from lumenflow_pack import Pack, ToolError

STEPS = %d
ROOT = pathlib.Path(%r)

pack = Pack()


def cut_off(context, folder, recorded, cut):
    if cut == "program":
        (folder / "waits").touch()
        while True:
            time.sleep(60)
    if cut == "process":
        os.kill(os.getpid(), signal.SIGKILL)
    cleanup = "needs_recovery" if (folder / "1").exists() else "clean"
    if cut != "fails":
        keep = 0 if cut == "rolls back" else recorded // 2
        for step in range(STEPS, keep, -1):
            (folder / str(step)).unlink(missing_ok=True)
        context.invoke("chain:record", {"chain": folder.name, "steps": keep})
        cleanup = "partial" if keep else "clean"
    raise ToolError("CUT", "the chain broke", {"cleanup_status": cleanup, "recovery_action": "lumenflow stop all"})


@pack.tool("chain:walk")
def walk(context, input):
    folder = ROOT / input["chain"]
    folder.mkdir(parents=True)
    (ROOT / context.receipt_id).symlink_to(folder.name)
    for half in range(2 * STEPS + 1):
        if half == input["cut_at"]:
            cut_off(context, folder, half // 2, input["cut"])
        if half == 2 * STEPS:
            break
        step = half // 2 + 1
        if half %% 2 == 0:
            (folder / str(step)).touch()
        else:
            context.invoke("chain:record", {"chain": folder.name, "steps": step})
    (folder / "done").touch()
    if input["cut"] in ("program", "process"):
        cut_off(context, folder, STEPS, input["cut"])
    return {"steps": STEPS}


@pack.tool("chain:record")
def record(context, input):
    context.store.put(input["chain"], input["steps"])
    return {}


@pack.tool("chain:recorded")
def recorded(context, input):
    return {"steps": context.store.get(input["chain"], 0)}


@pack.status
def status(receipt_id):
    folder = ROOT / receipt_id
    if (folder / "done").exists():
        return "applied", {"steps": STEPS}
    return "unknown" if (folder / "1").exists() else "not_applied"


if __name__ == "__main__":
    pack.run()
"""


class Chains(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)
        self.chains = self.world.workspace / "chains"
        self.chains.mkdir()
        self.world.run("pack", "add", self.world.write_pack(
            "chain", {"manifest.yaml": MANIFEST, "code.py": CODE % (STEPS, str(self.chains))}))
        self.world.start()
        self.client = self.world.client()

    def tearDown(self):
        self.client.close()

    def found(self, name, cut):
        """What the files and the store say, whoever reports what."""
        folder = self.chains / name
        steps = sum((folder / str(step)).exists() for step in range(1, STEPS + 1))
        agree = self.client.call("chain:recorded", {"chain": name})["data"]["steps"] == steps
        if steps == 0 and agree:
            return "clean"
        if agree and (folder / "done").exists():
            return "done"
        return "partial" if agree and cut.startswith("rolls") else "needs_recovery"

    def reported(self, name):
        """What the journal and the list of recoveries say."""
        receipts = [path.name for path in self.chains.iterdir() if path.is_symlink() and os.readlink(path) == name]
        self.assertEqual(len(receipts), 1, receipts)
        end = self.client.ending(receipts[0])
        self.assertIsNotNone(end, "every call has its end on record")
        status, recovery = self.client.send("GET", f"/recoveries/rec-{receipts[0].removeprefix('rcpt-')}")
        if status == 200:
            return recovery["cleanup_status"]
        self.assertEqual(status, 404, recovery)
        return "done" if end["outcome"] == "success" else "clean"

    def check(self, cut, cut_at):
        name = f"{cut.replace(' ', '-')}-{cut_at}"
        with self.subTest(cut=cut, cut_at=cut_at):
            if cut == "program":
                caller = Caller(self.world.client(), "chain:walk", {"chain": name, "cut_at": cut_at, "cut": cut})
                until((self.chains / name / "waits").exists, "the chain stands where it is to be cut")
                children = family(self.world.pid)
                self.world.kill()
                caller.wait()
                until(lambda: not alive(children), "nothing of it outlives the program")
                self.client.close()
                self.world.start()
                self.client = self.world.client()
            else:
                self.client.call("chain:walk", {"chain": name, "cut_at": cut_at, "cut": cut})
            reported = self.reported(name)
            self.assertEqual(reported, self.found(name, cut))
            return reported

    def test_what_is_reported_is_what_is_there_wherever_it_is_cut(self):
        seen = {self.check(cut, cut_at) for cut in ("process", "fails", "rolls back", "rolls back in part")
                for cut_at in range(DONE + 1)}
        self.assertEqual(seen, {"clean", "partial", "needs_recovery", "done"})

    def test_the_same_when_the_whole_program_dies(self):
        seen = {self.check("program", cut_at) for cut_at in [*range(0, DONE, EVERY), DONE]}
        self.assertEqual(seen, {"clean", "needs_recovery", "done"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
