#!/usr/bin/env python3
"""Runs a test that starts packs as processes: with_sandbox.py PROGRAM COMMAND...

Exits 77 (skipped), and says why, where this machine lets nobody build a sandbox: packs do not run there. Where bubblewrap
can and PROGRAM cannot, that is a failure.
"""

import json
import os
import subprocess
import sys
import tempfile


def sandbox_of(program):
    """Whether there is one, and what `doctor` says of it."""
    with tempfile.TemporaryDirectory(prefix="lumenflow-sandbox-") as folder:
        subprocess.run([program, "init"], cwd=folder, check=True, capture_output=True)
        said = subprocess.run([program, "doctor", "--format", "json"], cwd=folder, check=False, capture_output=True)
    check = next(check for check in json.loads(said.stdout)["checks"] if check["name"] == "sandbox")
    return not check["what"].startswith("none"), check["what"]


def machine_can():
    probe = ["bwrap", "--unshare-user", "--unshare-pid", "--unshare-net", "--ro-bind", "/", "/", "--proc", "/proc", "true"]
    try:
        return subprocess.run(probe, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def main(program, *command):
    there, what = sandbox_of(os.path.abspath(program))
    if not there and machine_can():
        sys.exit(f"bubblewrap can build a sandbox here, and {program} says: {what}")
    if not there:
        print(f"skipped: no sandbox can be built here: {what}")
        sys.exit(77)
    os.execv(command[0], command)


main(*sys.argv[1:])
