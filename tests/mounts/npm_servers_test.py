#!/usr/bin/env python3
"""The servers of npm, mounted as npx of them: everything, filesystem, memory, sequential-thinking. What npm would fetch is
what scripts/install-deps has installed here; skipped, and said so, where it has not.
"""

import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "hostile"))
SKIPPED = 77
SERVERS = HERE / "node_modules/@modelcontextprotocol"


# `npm install --prefix FOLDER … -- PACKAGE` without a network: the package and what it needs, as they are installed here.
NPM = """#!{python}
import json, pathlib, shutil, sys
modules, into = pathlib.Path("{modules}"), pathlib.Path(sys.argv[3]) / "node_modules"
wanted, have = [sys.argv[-1]], set()
while wanted:
    name = wanted.pop()
    if name in have or not (modules / name / "package.json").exists():
        continue
    have.add(name)
    shutil.copytree(modules / name, into / name, ignore=shutil.ignore_patterns(".bin"))
    for described in (modules / name).rglob("package.json"):
        try:
            wanted += json.loads(described.read_text()).get("dependencies", {{}})
        except (ValueError, AttributeError):
            pass
"""


def node():
    arch = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), "")
    for program in (shutil.which("node", path="/usr/local/bin:/usr/bin:/bin"), HERE.parent / f"npm/node_modules/node-linux-{arch}/bin/node"):
        if program and os.access(program, os.X_OK):
            said = subprocess.run([program, "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout
            if int(said.lstrip("v").split(".")[0]) >= 20:
                return str(program)
    return None


class NpmServers(unittest.TestCase):
    def setUp(self):
        from world import World
        self.world = World()
        self.addCleanup(self.world.close)
        self.world.environment["MEMORY_FILE_PATH"] = str(self.world.workspace / "mcp/memory/graph.json")
        programs = self.world.root / "bin"
        programs.mkdir()
        npm = programs / "npm"
        npm.write_text(NPM.format(python=sys.executable, modules=HERE / "node_modules"))
        npm.chmod(0o755)
        self.world.environment["PATH"] = f"{programs}:{pathlib.Path(node()).parent}:/usr/bin:/bin"

    def mount(self, name, *flags, arguments=()):
        return self.world.run("pack", "import-mcp", *flags, "--", "npx", "-y", f"@modelcontextprotocol/server-{name}", *arguments)

    def test_all_four(self):
        world = self.world
        docs = world.workspace / "docs"
        docs.mkdir()
        (docs / "a.txt").write_text("hello\n")
        (world.workspace / "secret.txt").write_text("not for it\n")
        self.mount("everything")
        self.mount("filesystem", "--write", "docs/**", arguments=[str(docs)])
        self.mount("memory", "--env", "MEMORY_FILE_PATH")
        self.mount("sequential-thinking")
        world.start()
        client = world.client()
        self.addCleanup(client.close)

        def call(tool, tool_input=None):
            status, answer = client.send("POST", "/tools/" + tool, tool_input or {})
            if status == 202:  # what it may do each time somebody decides
                world.run("approvals", "approve", answer["approval_id"])
                answer = client.get(f"/calls/{answer['receipt_id']}?wait=30s")
                answer = answer.get("result", answer)
            return answer

        tools = {tool["name"] for tool in client.get("/tools")["tools"]}
        self.assertLessEqual({"everything:echo", "filesystem:read_text_file", "memory:create_entities",
                              "sequential-thinking:sequentialthinking"}, tools)
        self.assertIn("hi", json.dumps(call("everything:echo", {"message": "hi"})))
        self.assertIn("hello", json.dumps(call("filesystem:read_text_file", {"path": str(docs / "a.txt")})))
        self.assertNotIn("not for it", json.dumps(call("filesystem:read_text_file", {"path": str(world.workspace / "secret.txt")})))
        call("filesystem:write_file", {"path": str(docs / "b.txt"), "content": "written\n"})
        self.assertEqual((docs / "b.txt").read_text(), "written\n")
        call("memory:create_entities", {"entities": [{"name": "ana", "entityType": "person", "observations": ["kind"]}]})
        self.assertIn("kind", json.dumps(call("memory:read_graph")))
        self.assertIn("thoughtNumber", json.dumps(call("sequential-thinking:sequentialthinking", {
            "thought": "one", "nextThoughtNeeded": False, "thoughtNumber": 1, "totalThoughts": 1})))
        world.run("audit", "verify")


if __name__ == "__main__":
    if node() is None or not SERVERS.is_dir():
        print("tests/mounts/node_modules or node is missing: scripts/install-deps installs them")
        sys.exit(SKIPPED)
    os.chdir("/")
    unittest.main()
