#!/usr/bin/env python3
"""The official clients, and the inspector's command line, against a sidecar.   clients.py PROGRAM PACK"""

import json
import subprocess
import sys

from world import HERE, node, skip_without_tools, world


def run_node(*arguments):
    done = subprocess.run([node(), *map(str, arguments)], cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=120)
    print(done.stdout[-4000:])
    if done.returncode != 0:
        raise SystemExit(f"{arguments[0]}: exit {done.returncode}")
    return done.stdout


def inspect(place, url):
    cli = HERE / "node_modules/@modelcontextprotocol/inspector-cli/build/cli.js"
    shown = run_node(cli, url, "--transport", "http", "--method", "tools/list")
    names = [tool["name"] for tool in json.loads(shown[shown.index("{"):])["tools"]]
    assert "greet" in names, names
    said = run_node(cli, place.program, "--workspace", place.root, "mcp", "--method", "tools/call", "--tool-name",
                    "greet", "--tool-arg", "name=Ada")
    assert "Hello, Ada!" in said, said


def main(program, pack):
    skip_without_tools()
    with world(program, [pack]) as place, place.sidecar(), place.listener() as url:
        run_node(HERE / "clients.mjs", url, place.program, place.root)
        inspect(place, url)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
