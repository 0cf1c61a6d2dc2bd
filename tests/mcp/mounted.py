#!/usr/bin/env python3
"""The official suite through a mount: a sidecar whose tools, prompts and resources are another sidecar's.

    mounted.py PROGRAM PACK REVISION

The first has the pack of fixtures; the second has mounted the first by its URL, with nothing of its own. The result is
to be the one of the first by itself. Exits 77 (skipped) where npm's packages are missing.
"""

import os
import pathlib
import re
import sys

from conformance import report, run_suite
from world import skip_without_tools, world

CONFIGURATION = "surfaces: {http: on, mcp: {stream_hold: 300ms}}\n"


def main(program, pack, revision):
    skip_without_tools()
    with world(program, [pack]) as first, first.sidecar():
        first.run("call", "mcp-conformance:greet", "--input", '{"name": "World"}')  # its program runs from now on
        port = first.url.rsplit(":", 1)[1]
        os.environ["FIRST_TOKEN"] = first.token
        with world(program, [], CONFIGURATION + f"network: {{posture: allowlist, allowlist_entries: ['127.0.0.1:{port}']}}\n") as second:
            second.run("pack", "import-mcp", "--id", "mcp-conformance", "--keep-names", "--allow-private",
                       "--bearer-env", "FIRST_TOKEN", first.url + "/mcp")
            trust(second, pack)
            with second.sidecar(), second.listener() as url:
                return report(revision, *run_suite(url, revision, second.scratch / "results"))


def trust(place, pack):
    """What a list of tools does not say, the operator does: which calls may become tasks."""
    manifest = place.root / "packs/mcp-conformance/manifest.yaml"
    text = manifest.read_text(encoding="utf-8")
    for name, task in tasks_of(pathlib.Path(pack) / "manifest.yaml"):
        text, count = re.subn(rf"^( *)entry: {name}$", rf"\1entry: {name}\n\1mcp_task: {task}", text, flags=re.M)
        assert count == 1, name
    manifest.write_text(text, encoding="utf-8")
    place.run("pack", "add", str(manifest.parent))


def tasks_of(manifest):
    for entry in manifest.read_text(encoding="utf-8").split("\n  - name: ")[1:]:
        name, task = re.search(r"mcp_name: (\w+)", entry), re.search(r"mcp_task: (\w+)", entry)
        if name and task:
            yield name[1], task[1]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
