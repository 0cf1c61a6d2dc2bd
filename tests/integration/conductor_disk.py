#!/usr/bin/env python3
"""A conductor whose disk is full: what would have to be kept is refused with its code, nothing that was acknowledged is lost,
also when it is killed then; its workspace keeps what it has to say, and says it once there is room.

usage: conductor_disk.py PROGRAM     77: this machine lets nobody mount a small file system in a namespace
"""

import errno
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

import enrolled

SIZE = "4m"
EVENTS_MAX = 2000


class SmallDisk:
    """A tmpfs that only processes in a namespace see; a process that waits keeps it."""

    def __init__(self, folder):
        self.at = folder / "store"
        self.at.mkdir()
        self.holder = subprocess.Popen(
            ["unshare", "-rm", "sh", "-c", f'mount -t tmpfs -o size={SIZE},mode=0700 small "$0" && echo there && exec cat',
             str(self.at)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.there = self.holder.stdout.readline() == "there\n"
        self.seen = pathlib.Path(f"/proc/{self.holder.pid}/root") / self.at.relative_to("/")

    def program(self, folder, program):
        """A program that runs another where the disk is to be seen."""
        script = folder / "on-the-small-disk"
        script.write_text(f'#!/bin/sh\nexec nsenter -t {self.holder.pid} -U -m --preserve-credentials "{program}" "$@"\n')
        script.chmod(0o700)
        return str(script)

    def fill(self):
        with open(self.seen / "ballast", "ab", buffering=0) as ballast:
            for size in (1 << 16, 4096, 1):
                try:
                    while True:
                        ballast.write(b"x" * size)
                except OSError as error:
                    assert error.errno == errno.ENOSPC, error

    def make_room(self):
        (self.seen / "ballast").unlink()

    def close(self):
        self.holder.stdin.close()
        self.holder.wait()
        self.holder.stdout.close()
        self.holder.stderr.close()


def can_mount():
    with tempfile.TemporaryDirectory() as folder:
        try:
            disk = SmallDisk(pathlib.Path(folder).resolve())
        except FileNotFoundError:
            return False
        try:
            return disk.there and subprocess.run([disk.program(pathlib.Path(folder), "true")], check=False).returncode == 0
        finally:
            disk.close()


def refusal(world, method, path, body, token=None):
    """Status, code and Retry-After of what is refused; nothing: it was not."""
    headers = {"Content-Type": "application/json", "X-CSRF-Token": world.csrf}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(world.url + path, data=json.dumps(body).encode(), method=method, headers=headers)
    opener = urllib.request.build_opener() if token else world.opener
    try:
        with opener.open(request, timeout=enrolled.PATIENCE):
            return None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)["code"], error.headers["Retry-After"]


def outbox(world):
    return json.loads(world.run("outbox", "stats", "--json"))


def fill_until_refused(world, disk, names):
    """What is written already is used up first: tasks are created until the conductor takes their events no more."""
    for _ in range(EVENTS_MAX):
        disk.fill()
        names.append(f"t-{len(names)}")
        world.create_task(names[-1])
        stats = enrolled.wait_until("an answer", lambda: (s := outbox(world)) and
                                    (s["pending_events"] == 0 or s["connection"] != "connected") and s)
        if stats["pending_events"]:
            return stats
    raise AssertionError("the disk is never full")


def ids(world):
    return [event["task_id"] for event in world.events("task_created")]


def check(world, disk):
    world.enroll_workspace("uplink: {adapter: conductor}\n")
    enrollment = json.loads((world.workspace / ".lumenflow/state/conductor/enrollment.json").read_text(encoding="utf-8"))
    token = enrollment["token"]
    names = [f"t-{i}" for i in range(3)]
    for name in names:
        world.create_task(name)
    enrolled.wait_until("the first events", lambda: len(ids(world)) == len(names))

    stats = fill_until_refused(world, disk, names)
    assert stats["last_error"].startswith("JOURNAL_UNAVAILABLE"), stats
    acknowledged = ids(world)  # reading goes on
    assert acknowledged == names[:len(acknowledged)], acknowledged
    full = (503, "JOURNAL_UNAVAILABLE")
    hello = {"hello": {"log_id": stats["log_id"], "bases": []}}
    commands = "/v2/workspaces/ws-42/commands"
    asked = {"kind": "conductor:tool_requested", "payload": {"tool": "task:list", "input": {}}}
    for method, path, body, who in (("POST", "/v2/heartbeat", hello, token), ("POST", commands, asked, None),
                                    ("POST", "/v2/tickets", {"kind": "workspace"}, None)):
        disk.fill()
        refused = refusal(world, method, path, body, who)
        assert refused and refused[:2] == full and refused[2], (path, refused)
    disk.fill()
    assert not world.ask("GET", "/healthz").get("code")
    for _ in range(5):
        names.append(f"t-{len(names)}")
        world.create_task(names[-1])
    assert outbox(world)["pending_events"] >= 5, "the workspace keeps them"

    # Without warning, and where nothing can be written it does not come back at once.
    world.kill("conductor")
    disk.make_room()
    world.start_conductor()
    assert ids(world)[:len(acknowledged)] == acknowledged, "what was acknowledged is there"
    disk.fill()
    fill_until_refused(world, disk, names)
    disk.make_room()  # while it runs: it goes on by itself
    enrolled.wait_until("all events", lambda: len(ids(world)) >= len(names))
    assert ids(world) == names, (ids(world), names)
    enrolled.wait_until("an empty outbox", lambda: outbox(world)["pending_events"] == 0)
    compared = json.loads(world.run("audit", "compare", "--json"))
    assert compared["missing"] == compared["altered"] == compared["invented"] == 0, compared
    assert refusal(world, "POST", commands, asked) is None, "commands are taken again"


def main():
    if not can_mount():
        print("skipped: no file system can be mounted in a namespace here")
        return 77
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name).resolve()
        disk = SmallDisk(folder)
        world = enrolled.World(folder, sys.argv[1], disk.program(folder, os.path.abspath(sys.argv[1])))
        world.store = f"sqlite:{disk.at}/conductor.db"
        try:
            check(world, disk)
        finally:
            for running in list(world.running):
                world.kill(running)
            disk.close()
    print("a full disk: refused with its code, nothing lost, everything once when there was room")
    return 0


if __name__ == "__main__":
    sys.exit(main())
