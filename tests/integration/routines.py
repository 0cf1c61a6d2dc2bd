#!/usr/bin/env python3
"""Routines that run by themselves: routines.py PROGRAM

A routine waits for tasks and remembers each; the sidecar is killed while tasks are made. Each task that was acknowledged is
remembered, and none twice.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM = sys.argv[1]
PATIENCE = 60


class Sidecar:
    def __init__(self, folder):
        self.process = subprocess.Popen([PROGRAM, "up", "--listen", "127.0.0.1:0", "--json"], cwd=folder, text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        json.loads(self.process.stdout.readline())

    def end(self, with_signal):
        self.process.send_signal(with_signal)
        self.process.wait(PATIENCE)
        self.process.stdout.close()


def run(folder, *arguments):
    return subprocess.run([PROGRAM, *arguments], cwd=folder, text=True, capture_output=True, timeout=PATIENCE, check=False)


def remembered(folder):
    done = run(folder, "call", "memory:recall", "--input", '{"query": "made", "limit": 1000}')
    return sorted(item["content"] for item in json.loads(done.stdout)["items"])


def main():
    with tempfile.TemporaryDirectory() as root:
        folder = pathlib.Path(root)
        assert run(folder, "init", "--id", "ws-42").returncode == 0
        with open(folder / "lumenflow.yaml", "a", encoding="utf-8") as configuration:
            configuration.write("\nroutines: {auto_run: true}\n")
        sidecar = Sidecar(folder)
        routine = {"name": "remember", "on_event": "task_created",
                   "steps": [{"tool": "memory:store", "input": {"type": "note", "content": "a task was made"}}]}
        assert run(folder, "call", "routine:create", "--input", json.dumps(routine)).returncode == 0
        made = 0
        for number in range(12):
            made += run(folder, "tasks", "create", f"t-{number}", "--title", "x", "--type", "chore").returncode == 0
            if number % 3 == 2:
                sidecar.end(signal.SIGKILL)
                sidecar = Sidecar(folder)
        deadline = time.monotonic() + PATIENCE
        while len(remembered(folder)) < made and time.monotonic() < deadline:
            time.sleep(0.1)
        # What was killed within its only step is `unknown`, and never made again by itself.
        unknown = run(folder, "recover", "list", "--json").stdout.splitlines()
        found = remembered(folder)
        sidecar.end(signal.SIGTERM)
        assert made == 12, made
        assert len(found) + len(unknown) == made, (made, len(found), unknown)
        print(f"{made} tasks, {len(found)} remembered, {len(unknown)} calls cut off and left to a person")


if __name__ == "__main__":
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp()
    main()
