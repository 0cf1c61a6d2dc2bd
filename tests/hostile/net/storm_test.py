#!/usr/bin/env python3
"""Workspaces and their conductor over a network that cannot be trusted, each of them killed at random: what the conductor
has of every workspace is what that workspace put on its queue, in order, nothing twice, and each command ran once.

LUMENFLOW_STORM_WORKSPACES, LUMENFLOW_STORM_SECONDS, LUMENFLOW_STORM_SEED: how many, for how long, and which storm.
"""

import http.client
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from bad_network import BadNetwork  # noqa: E402
from world import PATIENCE, PROGRAM, World, until  # noqa: E402

WORKSPACES = int(os.environ.get("LUMENFLOW_STORM_WORKSPACES", "3"))
SECONDS = float(os.environ.get("LUMENFLOW_STORM_SECONDS", "5"))
SEED = int(os.environ.get("LUMENFLOW_STORM_SEED", "1"))
PASSPHRASE = "a storm is only weather"
BESIDE = ("position", "class", "log_id")  # what each side says of where an event stands
GONE = (OSError, http.client.HTTPException)


def queue_class(events):
    """Envelopes of the queue class on the workspace's own stream, without what each side says of where it stands."""
    return [{name: value for name, value in event.items() if name not in BESIDE} for event in events
            if event.get("queue_seq") and event["channel"] == "sidecar"]


class Conductor:
    """`lumenflow conductor` on a folder, on one port for good, behind `network`."""

    def __init__(self, folder, environment):
        self.folder, self.environment = folder, environment
        self.store = f"sqlite:{folder / 'conductor.db'}"
        self.log = folder / "conductor.log"
        self.port = 0
        self.process = None

    def command(self, *arguments, stdin=None):
        done = subprocess.run([PROGRAM, "conductor", *arguments, "--store", self.store], env=self.environment, text=True, input=stdin,
                              capture_output=True, timeout=2 * PATIENCE, check=False)
        if done.returncode != 0:
            raise AssertionError(f"conductor {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def start(self, public_url):
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "conductor", "--listen", f"127.0.0.1:{self.port}", "--store", self.store, "--public-url", public_url,
                 "--json"], env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the conductor ended with {self.process.wait()}:\n{self.log.read_text()}")
        self.port = int(json.loads(line)["url"].rsplit(":", 1)[1])

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        return code


class Operator:
    """Signed in at the conductor, past the network; one thread."""

    def __init__(self, conductor):
        self.conductor = conductor
        self.cookie = self.csrf = None

    def send(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.conductor.port, timeout=PATIENCE)
        headers = {"Content-Type": "application/json"}
        if self.cookie:
            headers.update({"Cookie": self.cookie, "X-CSRF-Token": self.csrf})
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer, json.loads(text) if text else None
        finally:
            connection.close()

    def sign_in(self):
        self.cookie = None
        answer, body = self.send("POST", "/v2/session", {"name": "ana", "passphrase": PASSPHRASE})
        if answer.status != 200:
            raise AssertionError(f"signing in: {answer.status} {body}")
        self.cookie, self.csrf = answer.headers["Set-Cookie"].split(";")[0], body["csrf"]

    def get(self, path):
        answer, body = self.send("GET", path)
        if answer.status != 200:
            raise AssertionError(f"GET {path}: {answer.status} {body}")
        return body

    def events(self, workspace_id):
        """Every queue-class event of the workspace's own stream, in the order of the conductor's log."""
        found, after = [], 0
        while True:
            page = self.get(f"/v2/workspaces/{workspace_id}/events?after={after}&limit=500")
            found += page["items"]
            if page["next"] is None:
                return queue_class(found)
            after = page["next"]


class Workspace:
    """One world, enrolled; a thread of its own makes its events, and restarts it when it is killed."""

    def __init__(self, number, seed):
        self.id = f"ws-{number}"
        self.world = World(workspace_id=self.id)
        self.random = random.Random(f"{seed} {self.id}")
        self.wanted = 0  # tasks that were asked for, each with a key of its own
        self.faults = []

    def storm(self, until_when):
        try:
            while time.monotonic() < until_when:
                if self.random.random() < 0.04:
                    self.world.kill()
                    self.world.start()
                self.create(f"{self.id}-own-{self.wanted}")
                self.wanted += 1
                time.sleep(self.random.uniform(0, 0.05))
        except BaseException as fault:  # pylint: disable=broad-exception-caught
            self.faults.append(repr(fault))

    def create(self, task_id):
        client = self.world.client()
        try:
            answer = client.call("kernel:task_create", {"task_id": task_id, "type": "work", "title": task_id})
            assert answer.get("success"), answer
        finally:
            client.close()

    def queued(self):
        """Queue-class events of the workspace's own stream, from its journal."""
        return queue_class(json.loads(line) for line in self.world.run("events", "export", "--format", "jsonl").splitlines())

    def send_all_again(self, port):
        """The whole history, in other batches and in any order, with the workspace's own token: how many were taken."""
        enrollment = json.loads((self.world.workspace / ".lumenflow/state/conductor/enrollment.json").read_text())
        events = [json.loads(line) for line in self.world.run("events", "export", "--format", "jsonl").splitlines()]
        events = [{name: value for name, value in event.items() if name not in BESIDE} for event in events]
        events = [event for event in events if event["channel"] == "sidecar"]
        while "queue_seq" not in events[-1]:  # an ephemeral that may not have been sent is not history yet
            events.pop()
        log_id = json.loads(self.world.run("outbox", "stats", "--json"))["log_id"]

        def post(path, body):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            connection.request("POST", path, json.dumps(body), {
                "Content-Type": "application/json", "Authorization": "Bearer " + enrollment["token"]})
            answer = connection.getresponse()
            said = json.loads(answer.read())
            connection.close()
            if answer.status != 200:
                raise AssertionError(f"{path}: {answer.status} {said}")
            return said

        session = post("/v2/heartbeat", {"hello": {"log_id": log_id, "bases": []}, "versions": {}, "status": "up"})["session"]
        taken = 0
        for _ in range(20):
            begin = self.random.randrange(len(events))
            batch = events[begin:begin + self.random.randrange(1, 300)]
            taken += post("/v2/events", {"session": session, "log_id": log_id, "channel": "sidecar",
                                         "after": {"seq": self.random.randrange(5), "queue_seq": 0}, "events": batch})["accepted"]
        return taken

    def tasks(self):
        client = self.world.client()
        try:
            found, after = [], ""
            while True:
                page = client.get(f"/tasks?limit=500{'&after=' + after if after else ''}")
                found += [task["task_id"] for task in page["items"]]
                if not page.get("next"):
                    return found
                after = page["next"]
        finally:
            client.close()


class Storm(unittest.TestCase):
    def setUp(self):
        self.place = World()
        self.addCleanup(self.place.close)
        self.conductor = Conductor(self.place.root, self.place.environment)
        self.network = BadNetwork(0, SEED)
        self.network.__enter__()
        self.addCleanup(self.network.__exit__)
        self.network.heal()
        self.url = f"http://127.0.0.1:{self.network.port}"
        self.conductor.command("init-admin", "--name", "ana", stdin=PASSPHRASE + "\n")
        self.conductor.start(self.url)
        self.addCleanup(lambda: self.conductor.process.poll() is None and self.conductor.kill())
        self.network.upstream_port = self.conductor.port
        self.workspaces = []
        for number in range(WORKSPACES):
            workspace = Workspace(number, SEED)
            self.workspaces.append(workspace)
            self.addCleanup(workspace.world.close)
            ticket = self.conductor.command("ticket", "--workspace", workspace.id).strip()
            workspace.world.run("enroll", "--conductor", self.url, "--ticket", ticket)
            workspace.world.start()

    def commands(self, until_when, asked):
        """Asks for tasks through the conductor, each until it has been taken, under a key of its own."""
        operator, draw = Operator(self.conductor), random.Random(SEED)
        number = 0
        while time.monotonic() < until_when:
            workspace = draw.choice(self.workspaces)
            task_id = f"{workspace.id}-asked-{number}"
            asked.setdefault(workspace.id, []).append(task_id)
            number += 1
            body = {"kind": "conductor:tool_requested", "idempotency_key": task_id, "payload": {
                "tool": "kernel:task_create", "input": {"task_id": task_id, "type": "work", "title": task_id},
                "idempotency_key": task_id}}
            while True:
                try:
                    if operator.cookie is None:
                        operator.sign_in()
                    answer, said = operator.send("POST", f"/v2/workspaces/{workspace.id}/commands", body)
                    if answer.status in (200, 201, 202):
                        break
                    if answer.status not in (429, 500, 502, 503):
                        raise AssertionError(f"{answer.status} {said}")
                except GONE:
                    time.sleep(0.05)
            time.sleep(draw.uniform(0, 0.1))

    def test_what_arrives_is_what_was_sent(self):
        end, asked, faults = time.monotonic() + SECONDS, {}, []

        def guarded(work, *arguments):
            try:
                work(*arguments)
            except BaseException as fault:  # pylint: disable=broad-exception-caught
                faults.append(repr(fault))

        self.network.break_again()
        threads = [threading.Thread(target=workspace.storm, args=(end,)) for workspace in self.workspaces]
        threads.append(threading.Thread(target=guarded, args=(self.commands, end, asked)))
        for thread in threads:
            thread.start()
        kills, draw = 0, random.Random(SEED + 1)
        while time.monotonic() < end:
            time.sleep(draw.uniform(0.5, 2.5))
            self.conductor.kill()
            self.conductor.start(self.url)
            kills += 1
        for thread in threads:
            thread.join()
        self.network.heal()
        self.assertEqual(faults + [fault for workspace in self.workspaces for fault in workspace.faults], [])

        operator = Operator(self.conductor)
        operator.sign_in()
        total = commands = 0
        for workspace in self.workspaces:
            with self.subTest(workspace=workspace.id):
                wanted = asked.get(workspace.id, [])
                until(lambda: set(wanted) <= set(workspace.tasks()), f"{workspace.id} carries out what it was asked for")
                tasks = workspace.tasks()
                self.assertEqual(len(tasks), len(set(tasks)))
                queued = workspace.queued()
                until(lambda: len(operator.events(workspace.id)) >= len(workspace.queued()), f"all of {workspace.id} arrives")
                self.assertEqual(operator.events(workspace.id), workspace.queued())
                created = [event["task_id"] for event in queued if event["kind"] == "task_created"]
                self.assertEqual(len(created), len(set(created)), "nothing twice")
                self.assertLessEqual(set(wanted), set(created))
                compared = json.loads(workspace.world.run("audit", "compare", "--json"))
                self.assertEqual(compared["examples"], [])
                self.assertGreaterEqual(compared["accounted"], len(queued))
                self.assertEqual(workspace.world.stop(), 0)
                before = operator.events(workspace.id)
                self.assertEqual(workspace.send_all_again(self.conductor.port), 0)
                self.assertEqual(operator.events(workspace.id), before)
                total += len(queued)
                commands += len(wanted)
        print(f"{WORKSPACES} workspaces, {total} queue-class events, {commands} commands, {kills} deaths of the conductor; the network: "
              f"{dict(sorted(self.network.seen.items()))}", flush=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
