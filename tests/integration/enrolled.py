#!/usr/bin/env python3
"""A workspace that is enrolled with a real conductor: its events arrive once, and a command is carried out once, whoever
of the two is killed.

usage: enrolled.py PROGRAM [CONDUCTOR_PROGRAM]     77: the program has no conductor
"""

import base64
import http.cookiejar
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

PATIENCE = 60


class World:
    def __init__(self, folder, program, conductor_program):
        self.folder, self.program, self.conductor_program = folder, program, conductor_program
        self.workspace = folder / "ws"
        self.store = f"sqlite:{folder}/conductor.db"
        self.running = {}
        (folder / "run").mkdir(mode=0o700)
        self.workspace.mkdir()
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=str(folder / "run"), LUMENFLOW_WORKSPACE=str(self.workspace))
        self.url = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.sidecar_port = free.getsockname()[1]
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.csrf = ""

    def run(self, *arguments, program=None, text=None):
        done = subprocess.run([program or self.program, *arguments], input=text, capture_output=True, text=True,
                              env=self.environment, timeout=PATIENCE, check=False)
        assert done.returncode == 0, f"{arguments}: {done.returncode} {done.stdout} {done.stderr}"
        return done.stdout

    def start(self, name, *arguments, program=None):
        process = subprocess.Popen([program or self.program, *arguments, "--json"], stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True, env=self.environment)
        self.running[name] = process
        return json.loads(process.stdout.readline())

    def start_conductor(self):
        listen = self.url.split("//")[1] if self.url else "127.0.0.1:0"
        self.url = self.start("conductor", "conductor", "--listen", listen, "--store", self.store, "--private-sidecars",
                              program=self.conductor_program)["url"]

    def start_sidecar(self):
        self.start("sidecar", "up", "--listen", f"127.0.0.1:{self.sidecar_port}")

    def kill(self, name):
        process = self.running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()

    def ask(self, method, path, body=None):
        headers = {"Content-Type": "application/json", "X-CSRF-Token": self.csrf}
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        with self.opener.open(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def jwks(self):
        return [key["kid"] for key in self.ask("GET", "/.well-known/jwks.json")["keys"]]

    def events(self, kind):
        return self.ask("GET", f"/v2/workspaces/ws-42/events?limit=1000&kind={kind}")["items"]

    def enroll_workspace(self, config="", before=None, scope=None):
        """A workspace and a conductor with the operator ana, enrolled with each other; both run, ana is signed in.
        `config` may begin with more packs; `before` furnishes the workspace; `scope` is what the conductor may do there."""
        self.run("init", "--id", "ws-42")
        with open(self.workspace / "lumenflow.yaml", "a", encoding="utf-8") as file:
            file.write("packs:\n  - {id: sidekick}\n" + config)
        if before:
            before(self)
        self.run("conductor", "init-admin", "--name", "ana", "--store", self.store, program=self.conductor_program,
                 text="correct horse battery\n")
        self.start_conductor()
        ticket = self.run("conductor", "ticket", "--workspace", "ws-42", "--store", self.store,
                          program=self.conductor_program).strip()
        # By another name than the conductor calls itself: it is reached there from then on, whatever its answer says.
        url = self.url.replace("127.0.0.1", "localhost")
        self.run("enroll", "--conductor", url, "--ticket", ticket, *(["--scope", scope] if scope else []))
        installed = json.loads((self.workspace / ".lumenflow/state/conductor/enrollment.json").read_text(encoding="utf-8"))
        assert installed["conductor_url"] == url, installed["conductor_url"]
        self.start_sidecar()
        self.csrf = self.ask("POST", "/v2/session", {"name": "ana", "passphrase": "correct horse battery"})["csrf"]
        wait_until("a connection", lambda: self.ask("GET", "/v2/workspaces/ws-42").get("connected"))
        return ticket

    def create_task(self, name):
        self.run("tasks", "create", name, "--type", "chore", "--title", name)


def wait_until(what, condition):
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        found = condition()
        if found:
            return found
        time.sleep(0.05)  # between questions to another process
    raise AssertionError(f"it did not come: {what}")


def key_of(token):
    """The `kid` of a JWT."""
    head = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]


def rotate_key(world):
    """Of the conductor that runs: what was signed before counts on, what is signed from now on is the new key's."""
    command = [world.program, "conductor", "rotate-key", "--conductor", world.url, "--name", "ana", "--json"]
    wrong = subprocess.run(command, input="not the passphrase\n", capture_output=True, text=True, env=world.environment,
                           timeout=PATIENCE, check=False)
    assert wrong.returncode == 1 and "UNAUTHENTICATED" in wrong.stderr, wrong
    former = world.jwks()
    rotated = json.loads(world.run(*command[1:], text="correct horse battery\n"))["key_id"]
    assert world.jwks() == [rotated, *former], (rotated, former, world.jwks())
    enrollment = json.loads((world.workspace / ".lumenflow/state/conductor/enrollment.json").read_text(encoding="utf-8"))
    assert key_of(enrollment["token"]) == former[0], "it was signed before"
    with urllib.request.urlopen(urllib.request.Request(
            world.url + "/v2/workspaces/ws-42", headers={"Authorization": "Bearer " + enrollment["token"]}), timeout=PATIENCE):
        pass
    other = world.folder / "other"
    other.mkdir()
    ticket = world.run("conductor", "ticket", "--store", world.store, program=world.conductor_program).strip()
    world.run("--workspace", str(other), "init", "--id", "ws-43")
    world.run("--workspace", str(other), "enroll", "--conductor", world.url, "--ticket", ticket)
    installed = json.loads((other / ".lumenflow/state/conductor/enrollment.json").read_text(encoding="utf-8"))
    assert key_of(installed["token"]) == rotated, "it is signed with the new key"
    return [rotated, *former]


def check(world):
    ticket = world.enroll_workspace(
        f"uplink: {{adapter: conductor, sidecar_url: 'http://127.0.0.1:{world.sidecar_port}'}}\n")
    used = subprocess.run([world.program, "enroll", "--conductor", world.url, "--ticket", ticket], capture_output=True,
                          text=True, env=world.environment, timeout=PATIENCE, check=False)
    assert used.returncode != 0, "a ticket is good once"

    done = world.ask("POST", "/v2/workspaces/ws-42/tools/task:create", {"title": "now"})
    assert done["state"] == "done" and done["result"]["success"], done
    assert "command_id" not in done, "the sidecar is reachable, so it was asked there"
    answered = [item["entry"] for item in world.ask("GET", "/v2/audit?limit=1000")["items"]
                if item["entry"]["type"] == "conductor.tool_answered"]
    assert [entry["receipt_id"] for entry in answered] == [done["receipt_id"]], answered
    shown = json.loads(world.run("audit", "show", done["receipt_id"], "--json"))
    assert (shown["requested"]["subject"], shown["requested"]["on_behalf_of"]) == ("ws-42:conductor", "operator:ana"), shown

    keys = rotate_key(world)

    # Events while nobody is there, and while each of them is killed.
    names = [f"t-{i}" for i in range(9)]
    for index, name in enumerate(names):
        if index == 3:
            world.kill("conductor")
        if index == 6:
            world.start_conductor()
            world.kill("sidecar")
            world.start_sidecar()
        world.create_task(name)
    arrived = wait_until("the events", lambda: len(world.events("task_created")) >= 9 and world.events("task_created"))
    assert [event["task_id"] for event in arrived] == names, arrived

    # A call that finds nobody at the sidecar's address goes over the uplink.
    world.kill("sidecar")
    late = world.ask("POST", "/v2/workspaces/ws-42/tools/task:create?wait=0s", {"title": "late"})
    world.start_sidecar()
    path = f"/v2/workspaces/ws-42/commands/{late['command_id']}"
    wait_until("the late call", lambda: world.ask("GET", path)["state"] == "done")

    # A command that waits while the sidecar is gone, with both killed in between.
    world.kill("sidecar")
    command = world.ask("POST", "/v2/workspaces/ws-42/commands",
                        {"kind": "conductor:tool_requested", "payload": {"tool": "task:create", "input": {"title": "once"}}})
    world.kill("conductor")
    world.start_conductor()
    for _ in range(3):
        world.start_sidecar()
        world.kill("sidecar")
    world.start_sidecar()
    path = f"/v2/workspaces/ws-42/commands/{command['command_id']}"
    state = wait_until("its end", lambda: (s := world.ask("GET", path)) and s["state"] in ("done", "refused") and s)
    assert state["state"] == "done", state
    listed = json.loads(world.run("call", "task:list", "--json"))
    titles = [task["title"] for task in listed["data"]["items"]]
    assert titles.count("once") == titles.count("late") == 1, titles

    assert world.jwks() == keys, "they outlive the process"

    wait_until("an empty outbox", lambda: json.loads(world.run("outbox", "stats", "--json"))["pending_events"] == 0)
    compared = json.loads(world.run("audit", "compare", "--json"))
    assert compared["accounted"] >= 9 and compared["missing"] == compared["altered"] == compared["invented"] == 0, compared


def main():
    program = sys.argv[1]
    conductor_program = sys.argv[2] if len(sys.argv) > 2 else program
    if subprocess.run([conductor_program, "conductor", "--help"], capture_output=True, check=False).returncode != 0:
        print("this program has no conductor")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        world = World(pathlib.Path(folder), program, conductor_program)
        try:
            check(world)
        finally:
            for name in list(world.running):
                world.kill(name)
    print("enrolled: events once, commands once")
    return 0


if __name__ == "__main__":
    sys.exit(main())
