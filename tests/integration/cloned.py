#!/usr/bin/env python3
"""A workspace whose clone went first: it is forked, the fleet says so, and a consent brings it back with what waited.

usage: cloned.py PROGRAM
"""

import json
import pathlib
import shutil
import sys
import tempfile

from enrolled import World, wait_until


def stats(world):
    return json.loads(world.run("outbox", "stats", "--json"))


def check(world, clone):
    world.enroll_workspace("uplink: conductor\n")
    world.create_task("before")
    wait_until("the first event", lambda: world.events("task_created"))
    wait_until("an empty outbox", lambda: stats(world)["pending_events"] == 0)
    world.kill("sidecar")
    shutil.copytree(world.workspace, clone.workspace, dirs_exist_ok=True, symlinks=True)

    clone.start_sidecar()
    clone.create_task("of-the-clone")
    wait_until("the clone's event", lambda: len(world.events("task_created")) == 2)
    world.start_sidecar()
    world.create_task("of-the-original")
    wait_until("the fork", lambda: stats(world)["connection"] == "forked")
    fleet = wait_until("the fleet's word", lambda: (w := world.ask("GET", "/v2/workspaces/ws-42")).get("fork") and w)
    former = stats(world)["log_id"]
    assert fleet["fork"]["log_id"] == former, fleet

    said = world.run("outbox", "consent")
    now = stats(world)["log_id"]
    assert now != former and now in said and former in said, said
    wait_until("a connection", lambda: stats(world)["connection"] == "connected")
    arrived = wait_until("what waited", lambda: world.events("task_created"))
    assert [event["task_id"] for event in arrived] == ["of-the-original"], arrived
    theirs = world.ask("GET", f"/v2/workspaces/ws-42/events?kind=task_created&log_id={former}")["items"]
    assert [event["task_id"] for event in theirs] == ["before", "of-the-clone"], theirs
    fleet = world.ask("GET", "/v2/workspaces/ws-42")
    assert fleet["log_id"] == now and fleet.get("fork", {}).get("log_id") != now, fleet
    forks = [item["entry"] for item in world.ask("GET", "/v2/audit?limit=1000")["items"]
             if item["entry"]["type"] in ("conductor.workspace_forked", "conductor.rebound")]
    assert [entry["type"] for entry in forks][:2] in (
        ["conductor.workspace_forked", "conductor.rebound"], ["conductor.rebound", "conductor.workspace_forked"]), forks

    wait_until("the clone's turn", lambda: stats(clone)["connection"] == "forked")
    wait_until("an empty outbox", lambda: stats(world)["pending_events"] == 0)
    world.kill("sidecar")
    world.start_sidecar()
    wait_until("a connection", lambda: stats(world)["connection"] == "connected")
    world.kill("sidecar")
    verified = json.loads(world.run("audit", "verify", "--json"))
    assert verified["intact"] and verified["log_id"] == now, verified


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        world = World(pathlib.Path(one), program, program)
        clone = World(pathlib.Path(other), program, program)
        try:
            check(world, clone)
        finally:
            for side in (world, clone):
                for name in list(side.running):
                    side.kill(name)
    print("cloned: the workspace came back under another name, with what waited")
    return 0


if __name__ == "__main__":
    sys.exit(main())
