#!/usr/bin/env python3
"""The official AG-UI client drives agents of a workspace, over a real sidecar.   run.py PROGRAM

Exits 77 (skipped) where npm's packages are missing.
"""

import json
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "mcp"))

from world import node, SKIPPED, world  # noqa: E402

TURNS = {
    "text": "  - reply: Hello there.\n",
    "tool": "  - {tool: 'task:create', input: {title: Tidy up}}\n  - reply: 'Created {{/data/task/title}}.'\n",
    "denied": "  - {tool: 'memory:recall', input: {}}\n  - reply: 'It was {{/outcome}}: {{/error/code}}.'\n",
    "approval": "  - {reply: One moment., tool: 'task:create', input: {title: Pay}}\n"
                "  - {tool: 'routine:list', input: {}}\n  - reply: 'It was {{/outcome}}.'\n",
    "error": "  - error: {code: PROVIDER_RATE_LIMITED, message: later}\n",
    "question": "  - {tool: 'turn:escalate', input: {question: 'Which one?'}}\n  - reply: Thank you.\n",
    "gated": "  - reply: Let in.\n",
    "slow": "  - {tool: 'task:list', input: {}, repeat: true}\n",
}


def configuration():
    models = "".join(f"    {name}: {{provider: scripted, model: {name}.yaml}}\n" for name in TURNS)
    return ("policies:\n"
            "  - {id: no-memories, trigger: on_tool_request, decision: deny, when: {tool: 'memory:*'}}\n"
            "  - {id: ask-first, trigger: on_tool_request, decision: approval_required, when: {tool: 'routine:list'}}\n"
            "  - {id: ask-for-a-turn, trigger: on_tool_request, decision: approval_required, when: {tool: 'agent:execute-turn', "
            "input: {/model_profile: {equals: gated}}}}\n"
            "agent_runtime:\n  default_model: text\n  models:\n" + models)


def main(program):
    if not (HERE / "node_modules").is_dir() or node() is None:
        print("skipped: npm's packages of tests/ag_ui are not installed (scripts/install-deps), or node is too old")
        return SKIPPED
    with world(program, []) as place:
        for name, turns in TURNS.items():
            (place.root / f"{name}.yaml").write_text("turns:\n" + turns, encoding="utf-8")
        for pack in ("sidekick", "agent-runtime"):
            place.run("pack", "add", pack)
        with open(place.root / "lumenflow.yaml", "a", encoding="utf-8") as file:
            file.write(configuration())
        with place.sidecar():
            scope = "workspace agent:execute-turn approvals:read approvals:decide audit:read"
            token = place.run("token", "mint", "--scope", scope, "--ttl", "1h").strip()
            stranger = place.run("token", "mint", "--subject", "ws-mcp:turn:other", "--scope", scope).strip()
            done = subprocess.run([node(), HERE / "run.mjs", json.dumps({
                "url": place.url, "token": token, "stranger": stranger, "program": place.program, "root": str(place.root)})],
                cwd=HERE, timeout=100)
            return done.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
