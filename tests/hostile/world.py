"""A scratch workspace with packs, and the real `lumenflow up` on it: for tests that look at both from outside.

One thread drives a World; a Client may be made for each thread. LUMENFLOW names the program.
"""

import hashlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

PROGRAM = os.environ["LUMENFLOW"]
SOURCES = pathlib.Path(__file__).resolve().parent
SDK = SOURCES.parents[1] / "sdk" / "python" / "lumenflow_pack"
PATIENCE = 60  # seconds, for what is expected to come; machines differ


def until(holds, what):
    """Waits for what nobody signals; fails after PATIENCE."""
    give_up = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > give_up:
            raise AssertionError(f"waited in vain: {what}")
        time.sleep(0.005)


class Connection(http.client.HTTPConnection):
    """HTTP over the control socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Client:
    def __init__(self, socket_path):
        self.connection = Connection(socket_path)

    def close(self):
        self.connection.close()

    def send(self, method, path, body=None):
        """The status and the JSON of the answer."""
        self.connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None

    def get(self, path):
        status, body = self.send("GET", path)
        if status != 200:
            raise AssertionError(f"GET {path}: {status} {body}")
        return body

    def call(self, tool, tool_input=None):
        return self.send("POST", "/tools/" + tool, tool_input or {})[1]

    def entries(self):
        """The whole journal."""
        found, after = [], 0
        while True:
            page = self.get(f"/audit?limit=1000&after={after}")
            found += [item["entry"] for item in page["items"]]
            if page["next"] is None:
                return found
            after = page["next"]

    def ending(self, receipt):
        """The record of how a call ended; None while it runs."""
        ends = [entry for entry in self.entries()
                if entry["type"] == "call.finished" and entry["receipt_id"] == receipt]
        assert len(ends) <= 1, ends
        return ends[0] if ends else None


def status_of(pid):
    """(parent, time of start) of a process; None when it is gone or dead."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rsplit(")", 1)[1].split()
    return None if fields[0] in "ZX" else (int(fields[1]), fields[19])


def family(pid):
    """All that a process started and that still has it above: {pid: time of start}."""
    processes = {int(name): status_of(name) for name in os.listdir("/proc") if name.isdigit()}
    found, look = {}, [pid]
    while look:
        parent = look.pop()
        for other, status in processes.items():
            if status is not None and status[0] == parent and other not in found:
                found[other] = status[1]
                look.append(other)
    return found


def alive(processes):
    """Those of family() that are still the same process."""
    return [pid for pid, began in processes.items() if (status_of(pid) or (0, None))[1] == began]


def marked(mark):
    """Processes of the machine with a text in their command line."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            command = pathlib.Path(f"/proc/{name}/cmdline").read_bytes()
        except OSError:
            continue
        if mark.encode() in command and status_of(name) is not None:
            found.append(int(name))
    return found


class World:
    """A folder with `ws`, the workspace, and `packs`, whose content is pinned by add()."""

    def __init__(self, environment=None, workspace_id="ws-42"):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="lumenflow-hostile-")).resolve()
        self.workspace = self.root / "ws"
        self.environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(self.root / "home"), "LUMENFLOW_LOG": "info",
                            "XDG_RUNTIME_DIR": str(self.root / "run"), **(environment or {})}
        self.environment.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})
        for folder in (self.workspace, self.root / "home", self.root / "packs"):
            folder.mkdir()
        (self.root / "run").mkdir(mode=0o700)
        self.process = None
        self.log = self.root / "up.log"
        self.run("init", "--id", workspace_id)

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
        if self.process is not None:
            self.process.stdout.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def command(self, *arguments):
        """A command that may fail: (exit code, stdout, stderr)."""
        done = subprocess.run([PROGRAM, "--workspace", self.workspace, *arguments], env=self.environment, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=2 * PATIENCE, check=False)
        return done.returncode, done.stdout, done.stderr

    def run(self, *arguments):
        code, out, err = self.command(*arguments)
        if code != 0:
            raise AssertionError(f"{' '.join(map(str, arguments))}: exit {code}\n{out}{err}")
        return out

    def configure(self, text):
        with open(self.workspace / "lumenflow.yaml", "a", encoding="utf-8") as file:
            file.write(text)

    def write_pack(self, name, files, with_sdk=True):
        """{path: text} as a pack's folder; texts of programs bring the SDK along."""
        folder = self.root / "packs" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for path, text in files.items():
            (folder / path).write_text(text, encoding="utf-8")
        if with_sdk:
            shutil.copytree(SDK, folder / SDK.name, ignore=shutil.ignore_patterns("__pycache__"))
        return folder

    def add(self, folder):
        self.run("pack", "add", folder)

    def start(self):
        log = open(self.log, "a", encoding="utf-8")
        self.process = subprocess.Popen(
            [PROGRAM, "--workspace", self.workspace, "up", "--json", "--listen", "127.0.0.1:0"], env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True)
        log.close()
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"`up` ended with {self.process.wait()}:\n{self.log.read_text()}")
        self.ready = json.loads(line)
        self.pid = self.ready["pid"]

    def client(self):
        return Client(self.ready["socket"])

    def kill(self):
        """SIGKILL, to the program alone."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def log_text(self):
        return self.log.read_text(encoding="utf-8", errors="replace")


class Caller:
    """One call on a thread of its own; `answer` is None when the program died meanwhile."""

    def __init__(self, client, tool, tool_input=None):
        self.answer = None
        self.thread = threading.Thread(target=self._run, args=(client, tool, tool_input))
        self.thread.start()

    def _run(self, client, tool, tool_input):
        try:
            self.answer = client.call(tool, tool_input)
        except (OSError, http.client.HTTPException):
            pass
        client.close()

    def wait(self):
        self.thread.join(PATIENCE)
        return self.answer


class Bystander:
    """Calls tools without end on a thread of its own, and notes what failed and how long each took."""

    def __init__(self, client, tools):
        self.client, self.tools = client, tools
        self.failures, self.seconds = [], []
        self.stopping = False
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *ignored):
        self.stopping = True
        self.thread.join()
        self.client.close()

    def _run(self):
        while not self.stopping:
            for tool in self.tools:
                began = time.monotonic()
                try:
                    answer = self.client.call(tool)
                except (OSError, http.client.HTTPException, ValueError) as error:
                    self.failures.append(f"{tool}: {error!r}")
                    return
                self.seconds.append(time.monotonic() - began)
                if not answer.get("success"):
                    self.failures.append(f"{tool}: {answer}")


def digest_of(folder, leaving_out=()):
    """What lies below a folder, so that two looks can be compared."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if name.startswith(tuple(leaving_out)):
            continue
        if path.is_symlink():
            found[name] = "-> " + os.readlink(path)
        elif path.is_file():
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            found[name] = "folder"
    return found
