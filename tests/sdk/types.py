#!/usr/bin/env python3
"""Checks the Node SDK's types, makes its declarations, and compiles a pack in TypeScript against them: types.py FOLDER.

Exits 77 (skipped), and says why, where tsc is missing.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77


def main(folder):
    if shutil.which("tsc") is None:
        print("skipped: tsc is missing (Debian's package node-typescript)")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="lumenflow-types-") as scratch:
        consumer = pathlib.Path(scratch)
        installed = consumer / "node_modules/@lumenflow/pack-sdk"
        shutil.copytree(folder, installed)
        subprocess.run(["tsc", "-p", installed], check=True)
        shutil.copy(installed / "tests/consumer.ts", consumer / "consumer.ts")
        (consumer / "package.json").write_text('{"type": "module"}\n', encoding="utf-8")
        options = {"target": "ES2022", "module": "Node16", "moduleResolution": "Node16", "lib": ["ES2022", "DOM"], "types": [],
                   "strict": True, "noEmit": True}
        (consumer / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": ["consumer.ts"]}),
                                                encoding="utf-8")
        return subprocess.run(["tsc", "-p", consumer], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
