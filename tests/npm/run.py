#!/usr/bin/env python3
"""Reads our contracts with the npm tools that others read them with.

    run.py asyncapi | typescript | events PROGRAM | witnesses PROGRAM     exits 77 (skipped), and says why, where the tools are missing

asyncapi: the AsyncAPI parser and docs/reference/asyncapi.json. typescript: the TypeScript compiler and
sdk/typescript/conductor-sdk. events: a workspace's events through ajv and the schemas, and through the CloudEvents SDK;
its journal's entries through that too. witnesses: payloads that show a break, of compat_witnesses, through ajv; the TypeScript
compiler and the AsyncAPI parser take what `lumenflow generate` writes.
"""

import contextlib
import http.client
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

SKIPPED = 77
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SDK = ROOT / "sdk/typescript/conductor-sdk"
SCHEMAS = ROOT / "schemas/events"
NODE_MAJOR = 20


def node():
    """The one of npm, else that of the machine; nothing when both are missing or too old."""
    arch = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), "")
    for program in (HERE / f"node_modules/node-linux-{arch}/bin/node", shutil.which("node")):
        if program and os.access(program, os.X_OK):
            said = subprocess.run([program, "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout
            if int(said.strip().lstrip("v").split(".")[0]) >= NODE_MAJOR:
                return str(program)
    return None


def run_node(*arguments):
    subprocess.run([node(), *map(str, arguments)], check=True, cwd=HERE, timeout=120)


def compiled(scratch):
    out = pathlib.Path(scratch) / "js"
    run_node(HERE / "node_modules/typescript/bin/tsc", "-p", SDK, "--outDir", out)
    (out / "package.json").write_text('{"type": "module"}\n', encoding="utf-8")
    return out


def asyncapi(_scratch):
    run_node(HERE / "asyncapi.mjs", ROOT / "docs/reference/asyncapi.json", SCHEMAS)


def typescript(scratch):
    run_node(compiled(scratch) / "events_test.js")


@contextlib.contextmanager
def sidecar(lumenflow, environment):
    process = subprocess.Popen([*lumenflow, "up", "--json", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True, env=environment)
    try:
        yield urllib.parse.urlsplit(json.loads(process.stdout.readline())["url"])
    finally:
        process.terminate()
        process.wait(30)


def call(url, token, tool, given, trace=None):
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **({"traceparent": trace} if trace else {})}
    connection.request("POST", f"/tools/{urllib.parse.quote(tool)}", json.dumps(given), headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def events(scratch, program):
    """Of every class: ephemeral ones of calls, a queued one of a routine, a flat one of the configuration's change."""
    scratch = pathlib.Path(scratch)
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(scratch / "run"), "LUMENFLOW_LOG": "error"}
    (scratch / "run").mkdir(mode=0o700)
    workspace = scratch / "workspace"
    lumenflow = [program, "--workspace", str(workspace)]

    def said(*arguments):
        return subprocess.run([*lumenflow, *arguments], check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout

    said("init", "--id", "ws-42")
    token = said("token", "mint", "--scope", "workspace").strip()
    with sidecar(lumenflow, environment) as url:
        assert call(url, token, "task:create", {"title": "ü"}, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01") == 200
        assert call(url, token, "task:create", {}) == 400
        with open(workspace / "lumenflow.yaml", "a", encoding="utf-8") as file:
            file.write("# changed\n")
        deadline = time.monotonic() + 60
        while '"spec_tampered"' not in said("events", "export"):
            assert time.monotonic() < deadline, "the change of lumenflow.yaml was not seen"
            call(url, token, "task:list", {})
    exports = {}
    for form in ("jsonl", "cloudevents"):
        exports[form] = scratch / form
        exports[form].write_text(said("events", "export", "--format", form), encoding="utf-8")
    run_node(HERE / "schemas.mjs", SCHEMAS, exports["jsonl"])
    run_node(HERE / "cloudevents.mjs", compiled(scratch), exports["jsonl"], exports["cloudevents"])
    journal = scratch / "journal"
    journal.write_text(said("audit", "export", "--format", "json"), encoding="utf-8")
    entries = scratch / "entries"
    entries.write_text(said("audit", "export", "--format", "cloudevents"), encoding="utf-8")
    run_node(HERE / "journal.mjs", journal, entries)


def witnesses(scratch, program):
    lines = pathlib.Path(scratch) / "witnesses"
    lines.write_text(subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True).stdout, encoding="utf-8")
    run_node(HERE / "witnesses.mjs", lines)
    for generated in (ROOT / "src/catalogue/generated", ROOT / "tests/catalogue/golden/out"):
        run_node(HERE / "node_modules/typescript/bin/tsc", "--noEmit", "--strict", generated / "runtime_event_manifest.generated.d.ts")
        run_node(HERE / "generated.mjs", generated)


def why_not():
    if not (HERE / "node_modules/.installed").exists():
        return "tests/npm/node_modules is missing; scripts/install-deps installs it where npm and its registry can be reached"
    return None if node() else f"there is no node {NODE_MAJOR} or newer"


def main(what, *arguments):
    reason = why_not()
    if reason:
        print("skipped:", reason)
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="lumenflow-npm-") as scratch:
        {"asyncapi": asyncapi, "typescript": typescript, "events": events, "witnesses": witnesses}[what](scratch, *arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
