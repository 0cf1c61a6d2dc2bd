#!/usr/bin/env python3
"""Packs that do not run say why wherever somebody looks: what `up` prints, GET /packs, GET /diagnostics, an event, `doctor`
with and without a sidecar, and the commands that open the workspace themselves. Other packs run.
"""

import json
import unittest

from world import World

MANIFEST = "id: {id}\nversion: 1.0.0\n"
PROCESS = "runtime: {type: process, command: [python3, -B, code.py]}\n"
TOOL = "tools:\n  - {{name: '{id}:ask', required_scopes: [{{type: path, pattern: 'shared/**', access: read}}]{more}}}\n"


class Refused(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)

    def pack(self, name, manifest, code="raise SystemExit(3)\n"):
        """A pack pinned as it is now."""
        folder = self.world.write_pack(name, {"manifest.yaml": MANIFEST.format(id=name) + manifest, "code.py": code}, with_sdk=False)
        self.world.add(folder)
        return folder

    def add_all(self):
        """One pack for each reason, and the code that is said of it."""
        changed = self.pack("changed", "")
        (changed / "manifest.yaml").write_text(MANIFEST.format(id="changed") + "title: Changed since\n")
        self.pack("broken", PROCESS + TOOL.format(id="broken", more=""))
        self.pack("unasked", "required_approvals: ['unasked:run']\n")
        surfaceless = self.pack("surfaceless", "")
        self.world.run("pack", "add", surfaceless, "--integrity", "dev")
        (surfaceless / "manifest.yaml").write_text(MANIFEST.format(id="surfaceless") + "surfaces_required: [mcp]\n")
        config = self.world.workspace / "lumenflow.yaml"
        config.write_text(config.read_text().replace('"*": console', '"sidekick:*": console'))
        return {"changed": "LF1040", "broken": "LF1033", "unasked": "LF1050", "surfaceless": "LF1051"}

    def test_everywhere(self):
        expected = self.add_all()
        code, out, err = self.world.command("tools")
        self.assertEqual(code, 0, err)
        self.assertIn("task:list", out)
        for each in (err, self.world.command("call", "task:list")[2]):
            for lf in expected.values():
                self.assertIn(f" error {lf} ", each)
        self.check_doctor(expected)

        self.world.start()
        for lf in expected.values():
            self.assertIn(f" error {lf} ", self.world.log_text())
        client = self.world.client()
        self.addCleanup(client.close)
        packs = {pack["id"]: pack for pack in client.get("/packs")["items"]}
        self.assertEqual({name: pack["status"] for name, pack in packs.items()},
                         {**{name: "refused" for name in expected}, "sidekick": "active"})
        for name, lf in expected.items():
            self.assertEqual([fault["code"] for fault in packs[name]["diagnostics"]], [lf])
        self.assertLessEqual(set(expected.values()), {fault["code"] for fault in client.get("/diagnostics")["items"]})
        said = [item["message"] for item in client.get("/events?kind=workspace_warning&limit=1000")["items"]]
        for name, lf in expected.items():
            self.assertTrue(any(f"'{name}' does not run: {lf}" in message for message in said), said)
        self.check_doctor(expected)
        self.assertTrue(client.call("task:list")["success"])
        self.assertEqual(client.call("broken:ask")["error"]["code"], "TOOL_NOT_FOUND")

    def check_doctor(self, expected):
        code, out, err = self.world.command("doctor", "--json")
        self.assertEqual(code, 1, out + err)
        doctor = json.loads(out)
        faults = [check for check in doctor["checks"] if check["state"] == "fault"]
        told = json.dumps(faults) + json.dumps(doctor["diagnostics"])
        for name, lf in expected.items():
            self.assertTrue(any(check["name"].endswith("pack " + name) for check in faults), faults)
            self.assertIn(lf, told)

    def test_doctor_tells_of_a_change_that_is_not_taken_up(self):
        folder = self.pack("still", "")
        self.world.run("pack", "add", folder, "--integrity", "dev")
        self.world.start()
        self.assertEqual(self.world.command("doctor")[0], 0)
        (folder / "manifest.yaml").write_text(MANIFEST.format(id="still") + "title: Changed since\n")
        code, out, _ = self.world.command("doctor", "--json")
        self.assertEqual(code, 0, out)
        [check] = [check for check in json.loads(out)["checks"] if check["name"] == "running pack still"]
        self.assertEqual(check["state"], "warning")
        self.assertIn("LF1040", check["what"])

    def test_production_takes_pinned_packs_alone(self):
        folder = self.pack("loose", "")
        self.world.run("pack", "add", folder, "--integrity", "dev")
        self.world.configure("mode: production\n")
        for command in (["up"], ["tools"], ["doctor"]):
            code, out, err = self.world.command(*command)
            self.assertNotEqual(code, 0)
            self.assertIn("LF1041", out + err, command)


if __name__ == "__main__":
    unittest.main(verbosity=2)
