#!/usr/bin/env python3
"""The trace through both sides: an operator has a work unit claimed and an agent run its gates.

usage: turn_trace.py PROGRAM     drives it by curl through a conductor, then lets `lumenflow demo trace` show it
"""

import contextlib
import json
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile

from enrolled import PATIENCE, World, wait_until

CONFIGURATION = """  - {id: software-delivery}
  - {id: agent-runtime}
lanes:
  - {id: content, title: 'Content: Site Comms', wip_limit: 1}
gates:
  - {id: has-a-headline, command: [grep, -q, '<h1>', index.html], timeout: 30s}
agent_runtime:
  default_model: demo
  models:
    demo: {provider: scripted, model: agent.yaml}
"""
SCRIPT = """turns:
  - tool: software-delivery:gates
    input: {wu_id: WU-042}
  - reply: 'Gates passed: {{/data/passed}}.'
"""
WORK_UNIT = "id: WU-042\ntitle: Say when we are open\nlane: content\ntype: feature\npriority: P2\nacceptance: [The page says so.]\n"


def furnish(world):
    folder = world.workspace
    (folder / ".software-delivery/wu").mkdir(parents=True)
    (folder / ".software-delivery/wu/WU-042.yaml").write_text(WORK_UNIT, encoding="utf-8")
    (folder / "agent.yaml").write_text(SCRIPT, encoding="utf-8")
    (folder / "index.html").write_text("<h1>Opening hours</h1>\n", encoding="utf-8")
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"],
                      ["-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "-q", "-m", "A page"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True, timeout=PATIENCE)


class Curl:
    """What somebody with curl would type, with a jar for the cookie."""

    def __init__(self, url, folder):
        self.url, self.jar, self.csrf = url, str(folder / "cookies"), ""

    def ask(self, path, body=None):
        command = ["curl", "-sS", "--max-time", str(PATIENCE), "-b", self.jar, "-c", self.jar, "-H", f"X-CSRF-Token: {self.csrf}"]
        if body is not None:
            command += ["-H", "Content-Type: application/json", "--data", json.dumps(body)]
        done = subprocess.run([*command, self.url + path], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)


def by_curl(world):
    world.enroll_workspace(CONFIGURATION, before=furnish, scope="workspace agent:execute-turn")
    curl = Curl(world.url, world.folder)
    curl.csrf = curl.ask("/v2/session", {"name": "ana", "passphrase": "correct horse battery"})["csrf"]
    tools = "/v2/workspaces/ws-42/tools/"

    def event(kind):
        return wait_until(kind, lambda: curl.ask(f"/v2/workspaces/ws-42/events?limit=1000&kind={kind}")["items"])[-1]

    claimed = curl.ask(tools + "software-delivery:wu_claim", {"wu_id": "WU-042", "lane": "Content: Site Comms"})
    assert claimed["state"] == "done" and claimed["result"]["success"], claimed
    worktree = pathlib.Path(claimed["result"]["data"]["worktree_path"])
    assert (worktree / "index.html").exists(), worktree
    seen = event("software-delivery:wu_claimed")
    assert (seen["from"], seen["payload"]["wu_id"]) == ("ws-42", "WU-042") and seen["event_id"], seen

    turned = curl.ask(tools + "agent:execute-turn", {"goal": "run gates on WU-042"})
    assert turned["state"] == "done" and turned["result"]["success"], turned
    answer = turned["result"]["data"]
    assert answer["status"] == "reply" and answer["tool_calls"][0]["tool"] == "software-delivery:gates", answer
    assert answer["evidence_refs"], answer
    turn = answer["turn_id"]
    started, passed, completed = (event("agent-runtime:turn_started"), event("software-delivery:gate_passed"),
                                  event("agent-runtime:turn_completed"))
    called = [item for item in curl.ask("/v2/workspaces/ws-42/events?limit=1000&kind=agent-runtime:tool_called")["items"]
              if item["payload"]["tool_name"] == "software-delivery:gates"][-1]
    assert started["payload"]["turn_id"] == called["payload"]["turn_id"] == completed["payload"]["turn_id"] == turn
    order = [item["seq"] for item in (seen, started, called, passed, completed)]
    assert order == sorted(order), order
    listed = curl.ask("/v2/workspaces/ws-42/turns")["items"]
    assert [(item["turn_id"], item["state"]) for item in listed] == [(turn, "completed")], listed

    verified = json.loads(world.run("verify", "turn", turn, "--json"))
    assert verified["well"] and verified["conductor"]["missing"] == 0, verified
    kinds = [step["kind"] for step in verified["steps"]]
    for kind in ("agent-runtime:turn_started", "agent-runtime:tool_called", "software-delivery:gate_passed",
                 "agent-runtime:turn_completed"):
        assert kind in kinds, (kind, kinds)
    compared = json.loads(world.run("audit", "compare", "--json"))
    assert compared["examples"] == [], compared
    with_its_end_cut_off(world, turn)


def with_its_end_cut_off(world, turn):
    """The last rows are gone from the journal; what it had signed is not."""
    with world.running.pop("sidecar") as sidecar:
        sidecar.terminate()
    with contextlib.closing(sqlite3.connect(world.workspace / ".lumenflow/state/journal.db")) as database, database:
        database.execute("delete from rows where position > (select max(position) - 3 from rows)")
    done = subprocess.run([world.program, "verify", "turn", turn, "--json"], env=world.environment, capture_output=True,
                          text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    said = json.loads(done.stdout)
    assert not said["well"] and "checkpoint" in said["journal"], said


def by_demo(program):
    done = subprocess.run([program, "demo", "trace", "--once"], capture_output=True, text=True, timeout=3 * PATIENCE, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    steps = [int(number) for number in re.findall(r"^ ?(\d+)\. ", done.stdout, re.MULTILINE)]
    assert steps == [1, 3, 4, 5, 6, 7, 8, 9, 10], done.stdout


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        world = World(pathlib.Path(folder), program, program)
        try:
            by_curl(world)
        finally:
            for name in list(world.running):
                world.kill(name)
    by_demo(program)


if __name__ == "__main__":
    main()
