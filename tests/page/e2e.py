#!/usr/bin/env python3
"""The page in a real browser, before a real conductor, sidecar and workspace.

    e2e.py PROGRAM [SCREENSHOTS]     exits 77 (skipped), and says why, where Chromium, node or npm's packages are missing

What the browser does is in e2e/*.mjs; it says on its output what shall happen to the machines meanwhile, a line of JSON
each, and is answered on its input.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "tests/integration"), str(ROOT / "page")]
import build  # noqa: E402
import turn_trace  # noqa: E402
from enrolled import World, wait_until  # noqa: E402

SKIPPED = 77
SCOPES = "workspace agent:execute-turn audit:read approvals:read control:stop"
# Beside the trace: calls that wait for long, and one that waits for seconds.
CONFIGURATION = turn_trace.CONFIGURATION + """policies:
  - {id: ask, trigger: on_tool_request, decision: approval_required, when: {tool: 'memory:store'}}
  - {id: brief, trigger: on_tool_request, decision: approval_required, when: {tool: 'memory:forget'}}
"""


HOSTILE = """<img src=x onerror="globalThis.stolen=1"><script>globalThis.stolen=1</script>{{7*7}}"""


def add_hostile_pack(world):
    """A pack that writes markup wherever a pack may write anything."""
    folder = world.folder / "evil"
    world.run("pack", "scaffold", "evil", "--lang", "python", "--out", str(folder))
    manifest = folder / "manifest.yaml"
    text = manifest.read_text(encoding="utf-8")
    quoted = "'" + HOSTILE + "'"
    for was, now in (("title: Evil", f"title: {quoted}"), ("title: Run a job", f"title: {quoted}"),
                     ("description: Names the job.", f"description: {quoted}"),
                     ("      status: {type: string, const: ok}\n\nsubscribed", f"      status: {{type: string, description: {quoted}}}\n\nsubscribed"),
                     ("        status: {type: string, const: ok}", f"        status: {{type: string, description: {quoted}}}"),
                     ("description: Pretends", f"description: {quoted[:-1]} Pretends"), ("is the same job.\n", "is the same job.'\n")):
        assert was in text, was
        text = text.replace(was, now, 1)
    manifest.write_text(text, encoding="utf-8")
    code = folder / "my_pack.py"
    code.write_text(code.read_text(encoding="utf-8").replace('"status": "ok"', f'"status": {HOSTILE!r}'), encoding="utf-8")
    world.run("pack", "add", str(folder))


def furnish(world):
    """The scene of the trace; and a call that waits for seconds only."""
    turn_trace.furnish(world)
    file = world.workspace / "lumenflow.yaml"
    was = file.read_text(encoding="utf-8")
    now = was.replace("approval_providers:\n", "approval_providers:\n  'policy:brief': {provider: console, expires: 2s}\n")
    assert was != now, was
    file.write_text(now, encoding="utf-8")


class Machines:
    """What the browser's side may ask for, by name."""

    def __init__(self, world):
        self.world, self.alone = world, None

    def cli(self, *arguments):
        return self.world.run(*arguments)

    def waiting(self):
        return self.world.ask("GET", "/v2/workspaces/ws-42/approvals?state=pending")["items"]

    def accept_device(self):
        """As the operator at the workspace: the thumbprint that waits, accepted."""
        one = wait_until("a device that asks", lambda: next(
            (item for item in self.waiting() if item["tool_name"] == "kernel:device_pair"), None))
        self.world.run("approvals", "approve", one["approval_id"])
        return one

    def invite(self, name, scope):
        return json.loads(self.world.run("device", "add", "--name", name, "--scope", scope, "--json"))["link"]

    def call(self, tool, body, wait="1s"):
        return self.world.ask("POST", f"/v2/workspaces/ws-42/tools/{tool}?wait={wait}", body)

    def command(self, command_id):
        return self.world.ask("GET", f"/v2/workspaces/ws-42/commands/{command_id}")

    def kill(self, name):
        self.world.kill(name)

    def start(self, name):
        (self.world.start_conductor if name == "conductor" else self.world.start_sidecar)()

    def tasks(self, *names):
        for name in names:
            self.world.create_task(name)

    def break_worktree(self):
        """The folder of the claimed work unit is gone, as somebody's cleaning up would leave it."""
        [worktree] = (self.world.workspace / ".software-delivery/worktrees").iterdir()
        shutil.rmtree(worktree)

    def local(self):
        """A workspace of its own without a conductor, and the link to its page."""
        folder = self.world.folder / "local"
        folder.mkdir()
        self.alone = World(folder, self.world.program, self.world.program)
        self.alone.run("init", "--id", "ws-9")
        with open(self.alone.workspace / "lumenflow.yaml", "a", encoding="utf-8") as file:
            file.write("packs:\n  - {id: sidekick}\n" + CONFIGURATION)
        furnish(self.alone)
        return self.alone.start("sidecar", "up", "--listen", "127.0.0.1:0", "--ui", "--ui-listen", "127.0.0.1:0")["page"]

    def local_cli(self, *arguments):
        return self.alone.run(*arguments)

    def sidecar(self):
        """Where tasks are made by the thousand, and a token for it."""
        return {"url": f"http://127.0.0.1:{self.world.sidecar_port}", "token": self.world.run("token", "mint", "--scope", "workspace").strip()}


def drive(world, screenshots):
    machines = Machines(world)
    try:
        return serve(machines, world, screenshots)
    finally:
        if machines.alone is not None and "sidecar" in machines.alone.running:
            machines.alone.kill("sidecar")


def serve(machines, world, screenshots):
    driver = subprocess.Popen([build.node(), str(HERE / "e2e/main.mjs"), world.url, screenshots], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True, cwd=ROOT / "page")
    for line in driver.stdout:
        if not line.startswith('{"do"'):
            print(line, end="", flush=True)
            continue
        asked = json.loads(line)
        try:
            answer = {"answer": getattr(machines, asked["do"])(*asked["with"])}
        except Exception as error:  # it is the browser's side that fails then, and says where
            answer = {"error": f"{asked}: {error!r}"}
        driver.stdin.write(json.dumps(answer) + "\n")
        driver.stdin.flush()
    return driver.wait()


def main(program, screenshots=""):
    chromium = shutil.which("chromium")
    if chromium is None or build.node() is None or not (ROOT / "page/node_modules/.installed").exists():
        print("skipped: chromium, node or page/node_modules is missing; scripts/install-deps installs them")
        return SKIPPED
    if not (ROOT / "build/page/built.json").exists():
        print("skipped: the program was built without its page")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="lumenflow-page-") as folder:
        world = World(pathlib.Path(folder), program, program)
        try:
            # Pictures are for people to look at: without the pack that means ill.
            before = furnish if screenshots else lambda world: (furnish(world), add_hostile_pack(world))
            world.enroll_workspace(CONFIGURATION, before=before, scope=SCOPES)
            return drive(world, screenshots)
        finally:
            for name in list(world.running):
                world.kill(name)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
