#!/usr/bin/env python3
"""The servers of npm, mounted: everything, filesystem, memory, sequential-thinking. Skipped, and said so, without them."""

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


def node():
    arch = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), "")
    for program in (HERE.parent / f"npm/node_modules/node-linux-{arch}/bin/node", shutil.which("node")):
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
        self.world.configure(f"sandbox: {{read_only_paths: ['{HERE}/node_modules']}}\n")

    def mount(self, name, *flags, arguments=()):
        return self.world.run("pack", "import-mcp", "--id", name, *flags, "--", node(), SERVERS / f"server-{name}/dist/index.js",
                              *arguments)

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

        tools = {tool["name"] for tool in client.get("/tools?limit=1000")["items" if "items" in client.get("/tools?limit=1000") else "tools"]}
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
