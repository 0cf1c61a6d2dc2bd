#!/usr/bin/env python3
"""A running sidecar whose disk is full, or cannot be written at all: every tool call is refused with its code, what only reads
the journal answers, and it goes on by itself when there is space again.

LUMENFLOW names the program. The workspace is on a small file system of its own, in a mount namespace; skipped (77) where
this machine lets nobody make one.
"""

import errno
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "hostile"))

import world  # noqa: E402

ON_A_SMALL_DISK = 'mount -t tmpfs -o size=12m,mode=0700 small "$1" && "$0" --workspace "$1" init --id ws-42 >&2 && '
UP = 'exec "$0" --workspace "$1" up --json --listen 127.0.0.1:0'
CALLS_MAX = 5000


def can_mount():
    with open(os.devnull, "w", encoding="utf-8") as nothing:
        probe = ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs small "$0"', "/mnt"]
        try:
            return subprocess.run(probe, check=False, stdout=nothing, stderr=nothing).returncode == 0
        except FileNotFoundError:
            return False


class Disk(unittest.TestCase):
    def start(self, script):
        self.world = world.World()
        self.addCleanup(self.world.close)
        log = open(self.world.log, "a", encoding="utf-8")
        self.world.process = subprocess.Popen(
            ["unshare", "-rm", "sh", "-c", script, world.PROGRAM, self.world.workspace], env=self.world.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True)
        log.close()
        line = self.world.process.stdout.readline()
        self.assertTrue(line, self.world.log_text())
        self.world.ready = json.loads(line)
        self.disk = pathlib.Path(f"/proc/{self.world.process.pid}/root") / self.world.workspace.relative_to("/")
        self.client = self.world.client()
        self.addCleanup(self.client.close)

    def create(self, title):
        return self.client.send("POST", "/tools/task:create", {"title": title})

    def fill(self):
        with open(self.disk / "ballast", "ab", buffering=0) as ballast:
            for size in (1 << 20, 1 << 16, 4096, 1):
                try:
                    while True:
                        ballast.write(b"x" * size)
                except OSError as error:
                    self.assertEqual(error.errno, errno.ENOSPC)

    def create_until_refused(self):
        """What is written already is used up first."""
        for n in range(CALLS_MAX):
            status, answer = self.create(f"task {n}")
            if status != 200:
                return n, status, answer
            self.fill()
        raise AssertionError("the disk is never full")

    def assert_refused(self):
        for tool, given in [("task:create", {"title": "a"}), ("task:list", {}), ("memory:recall", {"query": "a"}),
                            ("task:create", {"title": "b", "description": "ü" * 60_000}), ("no:tool", {})]:
            status, answer = self.client.send("POST", "/tools/" + tool, given)
            self.assertEqual((status, answer.get("code") or answer["error"]["code"]), (503, "JOURNAL_UNAVAILABLE"), (tool, answer))

    def assert_reads_answer(self, entries_min):
        head = self.client.get("/audit/head")
        self.assertGreaterEqual(head["tree_size"], entries_min)
        self.assertEqual(len(self.client.get("/audit?limit=5")["items"]), 5)
        self.client.get("/audit/2/proof")
        self.assertGreater(len(self.client.get("/events?limit=5")["items"]), 0)
        for path in ("/tools", "/packs", "/diagnostics"):
            self.client.get(path)
        receipt = next(entry["receipt_id"] for entry in self.client.entries() if entry["type"] == "call.finished")
        self.client.get("/calls/" + receipt)
        return head["tree_size"]

    def verify_a_copy(self):
        copied = self.world.root / "copy"
        shutil.copytree(self.disk, copied)
        done = subprocess.run([world.PROGRAM, "--workspace", copied, "audit", "verify", "--json"], env=self.world.environment,
                              text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        shutil.rmtree(copied)

    def test_full_and_then_not(self):
        self.start(ON_A_SMALL_DISK + UP)
        done = [self.create(f"before {n}")[1]["data"]["task"]["id"] for n in range(3)]
        for turn in range(2):
            self.fill()
            self.create_until_refused()
            before = self.client.get("/audit/head")["tree_size"]
            self.assert_refused()
            self.assertEqual(self.assert_reads_answer(9), before, "nothing was recorded")
            (self.disk / "ballast").unlink()
            world.until(lambda: self.create("after")[0] == 200, "it goes on where there is space")
            done.append(self.create(f"later {turn}")[1]["data"]["task"]["id"])
        listed = json.dumps(self.client.call("task:list", {"limit": 100}))
        for task in done:
            self.assertIn(task, listed)
        self.verify_a_copy()
        self.assertEqual(self.world.stop(), 0)

    def test_a_disk_that_cannot_be_written(self):
        called = '"$0" --workspace "$1" call task:create --input \'{"title":"a"}\' >&2 && '
        self.start(ON_A_SMALL_DISK + called + 'mount -o remount,ro "$1" && ' + UP)
        self.assert_refused()
        self.assert_reads_answer(5)
        self.assertEqual(self.world.stop(), 0)


if __name__ == "__main__":
    if not can_mount():
        print("skipped: no file system can be mounted in a namespace here")
        sys.exit(77)
    unittest.main()
