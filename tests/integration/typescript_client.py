#!/usr/bin/env python3
"""Compiles the TypeScript client and lets its test call all tools of a real sidecar.

    typescript_client.py PROGRAM FOLDER     exits 77 (skipped), and says why, where tsc or node is missing
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def why_not():
    for tool, package in (("tsc", "node-typescript"), ("node", "nodejs")):
        if shutil.which(tool) is None:
            return f"{tool} is missing (Debian's package {package})"
    version = run("node", "--version").strip()
    return f"node {version} is older than 18, which has fetch" if int(version.lstrip("v").split(".")[0]) < 18 else None


def main(program, folder):
    reason = why_not()
    if reason:
        print("skipped:", reason)
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="lumenflow-typescript-") as scratch:
        built, workspace, runtime = (os.path.join(scratch, name) for name in ("js", "workspace", "run"))
        os.makedirs(runtime, mode=0o700)
        subprocess.run(["tsc", "-p", folder, "--outDir", built], check=True)
        with open(os.path.join(built, "package.json"), "w", encoding="utf-8") as file:
            file.write('{"type": "module"}\n')
        environment = {**os.environ, "XDG_RUNTIME_DIR": runtime, "LUMENFLOW_LOG": "error"}
        lumenflow = [program, "--workspace", workspace]
        run(*lumenflow, "init", "--id", "ws-42", env=environment)
        token = run(*lumenflow, "token", "mint", "--scope", "workspace", env=environment).strip()
        sidecar = subprocess.Popen([*lumenflow, "up", "--json", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True, env=environment)
        try:
            url = json.loads(sidecar.stdout.readline())["url"]
            node = subprocess.run(["node", os.path.join(built, "client_test.js"), url, token], timeout=120, env=environment)
        finally:
            sidecar.terminate()
            ended = sidecar.wait(30)
        return node.returncode or ended


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
