#!/usr/bin/env python3
"""The official clients, and the inspector's command line, against a sidecar.   clients.py PROGRAM PACK"""

import os
import pathlib
import subprocess
import sys

from world import HERE, node, skip_without_tools, world


def run_node(*arguments, **environment):
    programs = {**os.environ, "PATH": f"{pathlib.Path(node()).parent}:{os.environ['PATH']}", **environment}
    done = subprocess.run([node(), *map(str, arguments)], cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=120, env=programs)
    print(done.stdout[-4000:])
    if done.returncode != 0:
        raise SystemExit(f"{arguments[0]}: exit {done.returncode}")
    return done.stdout


def inspect(place, url):
    """The inspector keeps its own files in its user's home."""
    cli = HERE / "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"
    shown = run_node(cli, "--cli", url, "--transport", "http", "--method", "tools/list", HOME=str(place.scratch))
    assert '"greet"' in shown, shown
    said = run_node(cli, "--cli", url, "--transport", "http", "--method", "tools/call", "--tool-name", "greet",
                    "--tool-arg", "name=Ada", HOME=str(place.scratch))
    assert "Hello, Ada!" in said, said


ASK_FIRST = """policies:
  - {id: ask-first, trigger: on_tool_request, decision: approval_required, when: {tool: 'mcp-conformance:test_simple_text'}}
"""


def main(program, pack):
    skip_without_tools()
    with world(program, [pack], ASK_FIRST) as place, place.sidecar(), place.listener() as url:
        run_node(HERE / "clients.mjs", url, place.program, place.root)
        run_node(HERE / "governed.mjs", url, place.program, place.root)
        inspect(place, url)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
