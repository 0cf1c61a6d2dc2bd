#!/usr/bin/env python3
"""Reads our contracts with the npm tools that others read them with.

    run.py asyncapi | openapi | typescript | events PROGRAM | conductor PROGRAM | trace PROGRAM | witnesses PROGRAM
    run.py generate                  writes sdk/typescript/conductor-sdk/api.ts anew

Exits 77 (skipped), and says why, where the tools are missing.

asyncapi: the AsyncAPI parser and docs/reference/asyncapi.json. openapi: the descriptions of schemas/http by a validator
of OpenAPI 3.1, and the client's types as they are generated from them. typescript: the TypeScript compiler and
sdk/typescript/conductor-sdk. conductor, trace: that client against a conductor and a sidecar. events: a workspace's events through ajv and the schemas, and through the CloudEvents SDK;
its journal's entries through that too. witnesses: payloads that show a break, of compat_witnesses, through ajv; the TypeScript
compiler and the AsyncAPI parser take what `lumenflow generate` writes.
"""

import contextlib
import http.client
import importlib
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
OPENAPI = ROOT / "schemas/http"
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
    (out / "node_modules").symlink_to(SDK / "node_modules")
    return out


def asyncapi(_scratch):
    run_node(HERE / "asyncapi.mjs", ROOT / "docs/reference/asyncapi.json", SCHEMAS)


def generate_api(into, locale="C"):
    """As `npm run generate` of the SDK; what comes out depends on the description alone."""
    environment = {**os.environ, "LC_ALL": locale, "LANG": locale}
    tool = SDK / "node_modules/openapi-typescript/bin/cli.js"
    said = subprocess.run([node(), tool, OPENAPI / "conductor.openapi.json", "--output", into], cwd=SDK, env=environment,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    assert said.returncode == 0, said.stdout


def openapi(scratch):
    run_node(HERE / "openapi.mjs", *sorted(OPENAPI.glob("*.openapi.json")))
    kept = (SDK / "api.ts").read_bytes()
    for locale in ("C", "tr_TR.UTF-8"):
        generate_api(pathlib.Path(scratch) / locale, locale)
        assert (pathlib.Path(scratch) / locale).read_bytes() == kept, "api.ts is not what is generated: tests/npm/run.py generate"


def generate(_scratch):
    generate_api(SDK / "api.ts")


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


def integration(name):
    """A module of tests/integration: enrolled.py is a workspace and a conductor, as programs."""
    sys.dont_write_bytecode = True
    if str(ROOT / "tests/integration") not in sys.path:
        sys.path.append(str(ROOT / "tests/integration"))
    return importlib.import_module(name)


def trace(scratch, program):
    """The trace of tests/integration/turn_trace.py, by the TypeScript client."""
    js, parts, scene = compiled(scratch), integration("enrolled"), integration("turn_trace")
    folder = pathlib.Path(scratch) / "world"
    folder.mkdir()
    world = parts.World(folder, program, program)
    try:
        world.enroll_workspace(scene.CONFIGURATION, before=scene.furnish, scope="workspace agent:execute-turn")
        run_node(js / "trace_test.js", world.url, "ws-42", "ana", "correct horse battery")
        verified = json.loads(world.run("audit", "compare", "--json"))
        assert verified["examples"] == [], verified
    finally:
        for name in list(world.running):
            world.kill(name)


def accept_device(parts, world, thumbprint):
    """What the workspace's operator does: compares what the device shows, and approves."""
    def asked():
        for line in world.run("approvals", "list", "--json").splitlines():
            if json.loads(line)["tool"] == "kernel:device_pair":
                return line
        return None

    line = parts.wait_until("the device's request", asked)
    shown = world.run("approvals", "show", json.loads(line)["approval_id"], "--json")
    assert thumbprint in shown, f"{thumbprint} is not in {shown}"
    world.run("approvals", "approve", json.loads(line)["approval_id"])


def conductor(scratch, program):
    js, parts = compiled(scratch), integration("enrolled")
    folder = pathlib.Path(scratch) / "world"
    folder.mkdir()
    world = parts.World(folder, program, program)
    try:
        world.enroll_workspace("policies: [{id: ask, trigger: on_tool_request, decision: approval_required, when: {tool: 'memory:store'}}]\n")
        invited = json.loads(world.run("device", "add", "--name", "Pixel", "--json", "--scope",
                                       "tools:read tools:write events:read approvals:read approvals:decide"))
        client = subprocess.Popen([node(), js / "conductor_test.js", world.url, invited["link"]], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        with client:
            try:
                said = client.stdout.readline()
                assert said, "the client ended early"
                accept_device(parts, world, json.loads(said)["thumbprint"])
                assert "no sidecar" in client.stdout.readline(), "the client ended early"
                world.kill("sidecar")
                print(client.communicate("gone\n", timeout=120)[0], end="")
            finally:
                client.kill()
        assert client.returncode == 0, client.returncode
    finally:
        for name in list(world.running):
            world.kill(name)


def witnesses(scratch, program):
    lines = pathlib.Path(scratch) / "witnesses"
    lines.write_text(subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True).stdout, encoding="utf-8")
    run_node(HERE / "witnesses.mjs", lines)
    for generated in (ROOT / "src/catalogue/generated", ROOT / "tests/catalogue/golden/out"):
        run_node(HERE / "node_modules/typescript/bin/tsc", "--noEmit", "--strict", generated / "runtime_event_manifest.generated.d.ts")
        run_node(HERE / "generated.mjs", generated)


def why_not():
    for folder in (HERE, SDK):
        if not (folder / "node_modules/.installed").exists():
            return f"{folder}/node_modules is missing; scripts/install-deps installs it where npm and its registry can be reached"
    return None if node() else f"there is no node {NODE_MAJOR} or newer"


def main(what, *arguments):
    reason = why_not()
    if reason:
        print("skipped:", reason)
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="lumenflow-npm-") as scratch:
        {"asyncapi": asyncapi, "openapi": openapi, "typescript": typescript, "events": events, "conductor": conductor, "trace": trace,
         "witnesses": witnesses, "generate": generate}[what](scratch, *arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
