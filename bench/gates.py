#!/usr/bin/env python3
"""How much slower a gate is than the same program by itself: gates.py PROGRAM [SECONDS] [ROUNDS]

A real workspace on a real repository, gates in the machine's sandbox. Both run by turns, in one process each; the medians of
the program's own time, of the gate's time as its event says it, and of the whole call are printed beside each other.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

WORK_UNIT = "id: WU-001\ntitle: Work\nlane: a\ntype: feature\npriority: P2\nacceptance: []\n"


def work(seconds):
    """A program that computes for about so long, and reads what a build would: small files of the system."""
    probe = ["/usr/bin/python3", "-c", "n = 0\nfor i in range(2_000_000): n += i * i\n"]
    began = time.monotonic()
    subprocess.run(probe, check=True)
    rounds = max(1, int(2_000_000 * seconds / (time.monotonic() - began)))
    return ["/usr/bin/python3", "-c", f"n = 0\nfor i in range({rounds}): n += i * i\n"]


def main(program, seconds=4.0, rounds=7):
    with tempfile.TemporaryDirectory() as root:
        folder = pathlib.Path(root) / "ws"
        folder.mkdir()
        os.environ["XDG_RUNTIME_DIR"] = root
        command = work(float(seconds))

        def run(*arguments):
            done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=False)
            assert done.returncode == 0, (arguments, done.stdout, done.stderr)
            return done.stdout

        run("init", "--id", "bench")
        run("pack", "add", "software-delivery")
        with open(folder / "lumenflow.yaml", "a", encoding="utf-8") as file:
            file.write("\nlanes: [{id: a}]\ngates:\n  - {id: work, timeout: 10m, command: " + json.dumps(command) + "}\n")
        (folder / ".software-delivery/wu").mkdir(parents=True)
        (folder / ".software-delivery/wu/WU-001.yaml").write_text(WORK_UNIT, encoding="utf-8")
        for arguments in (["init", "-q", "-b", "main"], ["add", "-A"],
                          ["-c", "user.name=B", "-c", "user.email=b@example.com", "commit", "-q", "-m", "all"]):
            subprocess.run(["git", *arguments], cwd=folder, check=True)
        with subprocess.Popen([program, "up", "--listen", "127.0.0.1:0", "--json"], cwd=folder, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True) as sidecar:
            try:
                sidecar.stdout.readline()
                run("call", "wu:claim", "--input", '{"wu_id": "WU-001"}')
                bare, gate, whole = [], [], []
                for _ in range(int(rounds)):
                    began = time.monotonic()
                    subprocess.run(command, check=True)
                    bare.append(time.monotonic() - began)
                    began = time.monotonic()
                    said = json.loads(run("call", "software-delivery:gates", "--json", "--input", '{"wu_id": "WU-001", "fresh": true}'))
                    whole.append(time.monotonic() - began)
                    gate.append(said["data"]["gates"][0]["duration_ms"] / 1000)
            finally:
                sidecar.terminate()
        bare, gate, whole = (statistics.median(times) for times in (bare, gate, whole))
        print(f"bare {bare:.3f} s; gate {gate:.3f} s, {100 * (gate / bare - 1):+.1f} %; whole call {whole:.3f} s, "
              f"{100 * (whole / bare - 1):+.1f} %; {rounds} rounds, medians")


if __name__ == "__main__":
    main(*sys.argv[1:])
