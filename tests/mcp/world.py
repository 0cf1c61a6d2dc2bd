"""A workspace with the pack of fixtures and a sidecar over it, for the tests of this folder."""

import contextlib
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
HERE = pathlib.Path(__file__).resolve().parent
NODE_MAJOR = 22


def node():
    """The one of npm (tests/npm), else that of the machine; nothing when both are missing or too old."""
    arch = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), "")
    for program in (HERE.parent / f"npm/node_modules/node-linux-{arch}/bin/node", shutil.which("node")):
        if program and os.access(program, os.X_OK):
            said = subprocess.run([program, "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout
            if int(said.strip().lstrip("v").split(".")[0]) >= NODE_MAJOR:
                return str(program)
    return None


def skip_without_tools():
    if not (HERE / "node_modules").is_dir() or node() is None:
        print("skipped: npm's packages of tests/mcp are not installed (scripts/install-deps), or node is too old")
        sys.exit(SKIPPED)


class World:
    def __init__(self, program, packs, scratch, configuration=""):
        self.program, self.scratch = str(pathlib.Path(program).resolve()), pathlib.Path(scratch)
        self.root = self.scratch / "ws"
        self.root.mkdir()
        self.run("init", "--id", "ws-mcp")
        if configuration:
            with open(self.root / "lumenflow.yaml", "a", encoding="utf-8") as file:
                file.write(configuration)
        for pack in packs:
            self.run("pack", "add", str(pathlib.Path(pack).resolve()))
        self.url = self.token = None

    def run(self, *arguments, **options):
        done = subprocess.run([self.program, "--workspace", str(self.root), *arguments], text=True, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        if done.returncode != 0:
            raise SystemExit(f"lumenflow {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    @contextlib.contextmanager
    def sidecar(self):
        log = open(self.scratch / "sidecar.log", "w", encoding="utf-8")
        process = subprocess.Popen([self.program, "--workspace", str(self.root), "up", "--listen", "127.0.0.1:0",
                                    "--json"], stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            line = process.stdout.readline()
            if not line:
                raise SystemExit("the sidecar did not start:\n" + (self.scratch / "sidecar.log").read_text())
            self.url = json.loads(line)["url"]
            self.token = self.run("token", "mint", "--scope", "workspace audit:read", "--ttl", "1h").strip()
            yield self
        finally:
            process.terminate()
            process.wait(timeout=30)
            log.close()

    @contextlib.contextmanager
    def listener(self):
        process = subprocess.Popen([node(), HERE / "listener.mjs", self.url, self.token], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait(timeout=30)


@contextlib.contextmanager
def world(program, packs, configuration=""):
    with tempfile.TemporaryDirectory(prefix="lumenflow-mcp-") as scratch:
        try:
            yield World(program, packs, scratch, configuration)
        except BaseException:
            log = pathlib.Path(scratch) / "sidecar.log"
            if log.exists():
                print("--- the end of the sidecar's log", *log.read_text().splitlines()[-20:], sep="\n")
            raise
