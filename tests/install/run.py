#!/usr/bin/env python3
"""Installs the C++ SDK, builds a pack against it out of the tree, and drives that pack: run.py BUILD ROOT COMPILER.

Exits 77 (skipped), and says why, where the compiler is missing.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77


def faults_of(prefix, root):
    """What the installed package says that only holds on this machine's tree."""
    return [f"{path} names {root}" for path in prefix.rglob("*.cmake") if str(root) in path.read_text(encoding="utf-8")]


def main(build, root, compiler):
    if shutil.which(compiler) is None:
        print(f"skipped: {compiler} is missing")
        return SKIPPED
    root = pathlib.Path(root)
    with tempfile.TemporaryDirectory(prefix="lumenflow-install-") as scratch:
        prefix, consumer = pathlib.Path(scratch) / "prefix", pathlib.Path(scratch) / "consumer"
        cmake = ["cmake", "-Wno-dev"]
        subprocess.run(["cmake", "--install", build, "--component", "sdk", "--prefix", prefix], check=True)
        faults = faults_of(prefix, root)
        if faults:
            print("\n".join(faults))
            return 1
        environment = {**os.environ, "CMAKE_PREFIX_PATH": str(prefix)}
        subprocess.run([*cmake, "-S", root / "tests/install/consumer", "-B", consumer, "-G", "Ninja",
                        f"-DCMAKE_CXX_COMPILER={compiler}", f"-DPACK_SOURCE={root / 'tests/sdk/probe/probe.cc'}"],
                       check=True, env=environment)
        subprocess.run(["cmake", "--build", consumer], check=True)
        return subprocess.run([sys.executable, root / "tests/sdk/protocol_test.py", root / "schemas/pack-protocol",
                               consumer / "consumer"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
