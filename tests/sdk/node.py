#!/usr/bin/env python3
"""Runs a test of the Node SDK: node.py FILE [ARGUMENT…]; exits 77 (skipped), and says why, where node is missing or too old."""

import shutil
import subprocess
import sys

SKIPPED = 77


def why_not():
    if shutil.which("node") is None:
        return "node is missing (Debian's package nodejs)"
    version = subprocess.run(["node", "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    return f"node {version} is older than 18" if int(version.lstrip("v").split(".")[0]) < 18 else None


def main(file, *arguments):
    reason = why_not()
    if reason:
        print("skipped:", reason)
        return SKIPPED
    return subprocess.run(["node", *arguments, file], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
