#!/usr/bin/env python3
"""Scaffolds a pack, builds and tests it unchanged, and asks it over the protocol what it has: run.py PROGRAM BUILD LANGUAGE.

The pack in C++ is built against the SDK that is installed from BUILD. Exits 77 (skipped), and says why, where the
language's tools are missing.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
PACK = "weather-station"
TOOLS = {"cpp": ["cmake", "ninja", "g++"], "python": ["python3"], "node": ["node"]}
COMMANDS = {"cpp": [f"bin/{PACK}"], "python": ["python3", "-B", "my_pack.py"], "node": ["node", "my_pack.mjs"]}
TESTS = {"python": ["python3", "-B", "my_pack_test.py"], "node": ["node", "my_pack.test.mjs"]}


def build_and_test(folder, build, language):
    if language != "cpp":
        subprocess.run(TESTS[language], cwd=folder, check=True)
        return
    prefix, binary = folder.parent / "prefix", folder.parent / "build"
    subprocess.run(["cmake", "--install", build, "--component", "sdk", "--prefix", prefix], check=True)
    subprocess.run(["cmake", "-Wno-dev", "-G", "Ninja", "-S", folder, "-B", binary, f"-DCMAKE_PREFIX_PATH={prefix}"], check=True)
    subprocess.run(["cmake", "--build", binary], check=True)
    subprocess.run(["ctest", "--test-dir", binary, "--no-tests=error"], check=True)


def description_of(folder, language):
    """What the pack answers to pack/initialize, without writing into its folder."""
    asked = {"jsonrpc": "2.0", "id": 1, "method": "pack/initialize", "params": {
        "protocol": 1, "workspace_id": "ws", "pack": {"id": PACK, "version": "0.1.0"}, "config": {}, "host": {"methods": []}}}
    said = subprocess.run(COMMANDS[language], cwd=folder, input=json.dumps(asked) + "\n", stdout=subprocess.PIPE, text=True,
                          check=True, timeout=60)
    return json.loads(said.stdout)["result"]


def main(program, build, language):
    missing = [tool for tool in TOOLS[language] if shutil.which(tool) is None]
    if missing:
        print(f"skipped: {', '.join(missing)} is missing")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="lumenflow-scaffold-") as scratch:
        folder = pathlib.Path(scratch) / PACK
        subprocess.run([program, "pack", "scaffold", PACK, "--lang", language, "--dir", folder], check=True)
        written = {path for path in folder.rglob("*") if path.is_file()}
        build_and_test(folder, build, language)
        subprocess.run([program, "pack", "validate", "--strict", folder], check=True)
        said = description_of(folder, language)
        left = {path for path in folder.rglob("*") if path.is_file()} - written
        expected = {folder / "bin" / PACK} if language == "cpp" else set()
    assert said["tools"] == [f"{PACK}:run_job"], said
    assert [handler["kind"] for handler in said["handlers"]] == ["conductor:recovery_requested"], said
    assert left == expected, f"left behind in the pack: {left}"
    return 0


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)
    sys.exit(main(*sys.argv[1:]))
