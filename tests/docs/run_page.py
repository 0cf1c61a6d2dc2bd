#!/usr/bin/env python3
"""Runs the commands of a page as a reader would: run_page.py PAGE PROGRAM [NAME=VALUE…], the latter in their environment.

Every ```sh block is run, in order, in one shell that stops at the first failure. A ```output block behind one is what it
must print somewhere, line by line; `…` in it stands for anything. A block ```language FILE is what stands in that file,
relative to where the first command ran, when all is done.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

MARK = "=== end of block ==="


def blocks(text):
    """The page's (command, expected lines) pairs."""
    found = []
    for kind, body in re.findall(r"^```(sh|output)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        if kind == "sh":
            found.append([body, []])
        else:
            found[-1][1] += body.splitlines()
    return found


def matches(expected, text):
    pattern = ".*".join(re.escape(part) for part in expected.split("…"))
    return re.search(pattern, text) is not None


def misquoted(text, folder):
    """The page's excerpts of files that are not what the files say."""
    faults = []
    for file, body in re.findall(r"^```\w+ ([\w.-]+/[\w./-]+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        path = pathlib.Path(folder) / file
        if not path.exists() or body not in path.read_text(encoding="utf-8"):
            faults.append(f"does not stand in {file}: {body!r}")
    return faults


def main(page, program, *more):
    text = pathlib.Path(page).read_text(encoding="utf-8")
    commands = blocks(text)
    script = "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true; wait || true' EXIT\n"
    script += "".join(f"{command}\necho '{MARK}'\n" for command, _ in commands)
    with tempfile.TemporaryDirectory(prefix="lumenflow-page-") as folder:
        runtime, bin_folder = os.path.join(folder, "run"), os.path.join(folder, "bin")
        os.makedirs(runtime, mode=0o700)
        os.makedirs(bin_folder)
        os.symlink(os.path.abspath(program), os.path.join(bin_folder, "lumenflow"))
        environment = {
            "PATH": bin_folder + ":/usr/bin:/bin",
            "HOME": folder,
            "XDG_RUNTIME_DIR": runtime,
            "LUMENFLOW_LOG": "error",
            **{name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")},
            **dict(pair.split("=", 1) for pair in more),
        }
        done = subprocess.run(["/bin/bash", "-c", script], cwd=folder, env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
        quoted = misquoted(text, folder)
    print(done.stdout)
    outputs = done.stdout.split(MARK)
    faults = [f"a command failed ({done.returncode})"] if done.returncode != 0 else []
    for (command, expected), output in zip(commands, outputs):
        faults += [f"not printed by {command!r}: {line}" for line in expected if not matches(line, output)]
    faults += quoted
    for fault in faults:
        print("FAULT:", fault)
    return 1 if faults or not commands else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
