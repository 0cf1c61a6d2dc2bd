#!/usr/bin/env python3
"""The official conformance suite against a sidecar, for one revision: every scenario that it requires or names.

    conformance.py PROGRAM PACK REVISION [URL]

No failure is expected: one fails the test, of scenarios that the suite itself does not score too. Warnings are printed.
Exits 77 (skipped) where npm's packages are missing.
"""

import json
import pathlib
import subprocess
import sys

from world import HERE, node, skip_without_tools, world

SUITE = HERE / "node_modules/@modelcontextprotocol/conformance/dist/index.js"


def run_suite(url, revision, results):
    """The checks of each scenario, by its name."""
    done = subprocess.run([node(), SUITE, "server", "--url", url, "--requirements", revision, "-o", results],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=280)
    found = {}
    for file in sorted(pathlib.Path(results).rglob("checks.json")):
        name = file.parent.name.removeprefix("server-")
        found[name] = json.loads(file.read_text(encoding="utf-8"))
    return done, found


def report(revision, done, found):
    failures = warnings = passed = 0
    for scenario, checks in found.items():
        for check in checks:
            passed += check["status"] == "SUCCESS"
            warnings += check["status"] == "WARNING"
            failures += check["status"] == "FAILURE"
            if check["status"] in ("FAILURE", "WARNING"):
                print(f"{check['status']} {scenario}: {check['id']}: {check.get('errorMessage', '')[:600]}")
                if check["status"] == "FAILURE":
                    print("   ", json.dumps(check.get("details", ""))[:1500])
    print(f"{revision}: {len(found)} scenarios, {passed} checks passed, {failures} failed, {warnings} warnings")
    if failures or not found or done.returncode != 0:
        print(done.stdout[-3000:])
        return 1
    return 0


def main(program, pack, revision):
    skip_without_tools()
    with world(program, [pack], "surfaces: {http: on, mcp: {stream_hold: 300ms}}\n") as place, place.sidecar():
        place.run("call", "mcp-conformance:greet", "--input", '{"name": "World"}')  # its program runs from now on
        with place.listener() as url:
            return report(revision, *run_suite(url, revision, place.scratch / "results"))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
