#!/usr/bin/env python3
"""Secrets planted in a running workspace, from outside: through inputs, results, errors, stderr, logs, events, the environment, the
configuration, requests that are refused, and a crash. None is found in clear in what the program wrote or answered.

LUMENFLOW names the program.
"""

import base64
import http.client
import json
import os
import pathlib
import random
import resource
import signal
import string
import sys
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "hostile"))

import world  # noqa: E402

PACK = """
import sys

from lumenflow_pack import Pack, ToolError

pack = Pack()


@pack.tool("leaky:say")
def say(context, input):
    print("stderr has", input["text"], file=sys.stderr, flush=True)
    context.log("warn", "the log has " + input["text"], field=input["text"])
    return {"said": input["text"]}


@pack.tool("leaky:fail")
def fail(context, input):
    raise ToolError("NO_LOGIN", "not with " + input["text"], {"tried": [input["text"]]})


@pack.tool("leaky:throw")
def throw(context, input):
    raise RuntimeError(input["text"])


@pack.tool("leaky:emit")
def emit(context, input):
    context.emit("leaky:said", {"text": input["text"]})
    return {}


@pack.tool("leaky:own")
def own(context, input):
    import os
    for secret in (os.environ["LEAKY_PASSPHRASE"], context.config["word"]):
        print("own", secret, file=sys.stderr, flush=True)
    raise ToolError("NO_LOGIN", "not with %s and %s" % (os.environ["LEAKY_PASSPHRASE"], context.config["word"]))


if __name__ == "__main__":
    pack.run()
"""
TOOLS = ("say", "fail", "throw", "emit")
MANIFEST = """
id: leaky
version: 1.0.0
runtime: {type: process, command: [python3, -B, leaky.py]}
config_key: leaky
config_schema: {type: object, properties: {word: {type: string, writeOnly: true}}}
emitted_event_kinds: ["leaky:said"]
backpressure_policy: {"leaky:said": queue}
tools:
  - {name: 'leaky:own', required_env: [LEAKY_PASSPHRASE], required_scopes: [{type: path, pattern: 'own/**', access: read}]}
""" + "".join(f"  - {{name: 'leaky:{name}', required_scopes: [{{type: path, pattern: 'own/**', access: read}}]}}\n" for name in TOOLS)

DRAW = random.Random(500)


def letters(count, alphabet=string.ascii_letters + string.digits):
    return "".join(DRAW.choice(alphabet) for _ in range(count))


def coded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def planted():
    """(the text, the secret in it), of each kind in turn."""
    kinds = [
        lambda s: ("ghp_" + s[:36], "ghp_" + s[:36]),
        lambda s: ("use sk-ant-api03-" + s, "sk-ant-api03-" + s),
        lambda s: ("xoxb-1234567890-1234567890-" + s[:24], s[:24]),
        lambda s: ("AKIA" + s[:16].upper(), "AKIA" + s[:16].upper()),
        lambda s: (".".join((coded({"alg": "ES256"}), coded({"sub": s[:12]}), s)), s),
        lambda s: ("Authorization: Bearer " + s, s),
        lambda s: ("Authorization: Basic " + base64.b64encode(("u:" + s).encode()).decode(),
                   base64.b64encode(("u:" + s).encode()).decode()),
        lambda s: ("postgres://app:" + s[:20] + "@db.example/app", s[:20]),
        lambda s: ("PATH=/bin\nDB_PASSWORD=" + s[:24] + "\nHOME=/root", s[:24]),
        lambda s: ("-----BEGIN PRIVATE KEY-----\n" + s + "\n-----END PRIVATE KEY-----", s),
    ]
    while True:
        for kind in kinds:
            yield kind(letters(64))


class Secrets(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.own = ["pl41n-" + letters(12), "w0rd-" + letters(12)]  # of no shape: declared ones
        self.world = world.World({"LEAKY_PASSPHRASE": self.own[0]})
        self.addCleanup(self.world.close)
        token = self.world.root / "word"
        token.write_text(self.own[1] + "\n")
        token.chmod(0o600)
        self.world.configure(f"sandbox: best-effort\nuplink: loopback\nleaky: {{word: 'file:{token}'}}\n")
        self.world.add(self.world.write_pack("leaky", {"manifest.yaml": MANIFEST, "leaky.py": PACK}))
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        before = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))  # what the program starts with
        self.world.start()
        resource.setrlimit(resource.RLIMIT_CORE, before)
        self.client = self.world.client()
        self.addCleanup(self.client.close)
        self.heard = []  # all that was answered
        self.secrets = list(self.own)

    def call(self, tool, given):
        status, answer = self.client.send("POST", "/tools/" + tool, given)
        self.heard.append(json.dumps(answer))
        return status

    def request(self, method, path, body, **headers):
        url = urllib.parse.urlsplit(self.world.ready["url"])
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=world.PATIENCE)
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        self.heard.append(str([pair for pair in answer.getheaders() if pair[0] != "X-Request-Id"]) + answer.read().decode())
        connection.close()
        return answer.status

    def test_none_is_seen_in_clear(self):
        source = planted()

        def plant():
            text, secret = next(source)
            self.secrets.append(secret)
            return text

        token = self.world.run("token", "mint", "--scope", "workspace").strip()
        for _ in range(100):
            for tool in TOOLS:
                self.assertIn(self.call("leaky:" + tool, {"text": plant()}), (200, 502))
        self.call("leaky:own", {})
        self.assertIn("NO_LOGIN", self.heard[-1])
        for _ in range(10):
            authorized = {"Authorization": "Bearer " + token, "Content_Type": "application/json"}
            self.assertEqual(self.request("POST", "/tools/task:create", '{"title":"' + plant().replace("\n", " "), **authorized), 400)
            self.assertEqual(self.request("POST", "/tools/task:create", json.dumps({plant(): 1}), **authorized), 400)
            self.assertEqual(self.request("POST", "/tools/task:create", json.dumps({"title": {"a": plant()}}), **authorized), 400)
            self.assertIn(self.request("POST", "/tools/" + urllib.parse.quote(plant(), safe=""), "{}", **authorized), (400, 404))
            self.assertIn(self.request("GET", "/events?kind=" + urllib.parse.quote(plant(), safe=""), None, **authorized), (200, 400))
            self.assertEqual(self.request("GET", "/tools", None, Authorization="Bearer " + plant().split()[-1]), 401)
            self.assertIn(self.request("GET", "/" + urllib.parse.quote(plant(), safe=""), None, **authorized), (400, 404))
            key = plant().replace("\n", " ")
            self.assertIn(self.request("POST", "/tools/task:list", "{}", Idempotency_Key=key, **authorized), (200, 400))
            key = plant().replace("\n", " ")
            self.assertIn(self.request("GET", "/tools", None, X_Request_Id=key, **authorized), (200, 400))
            self.assertIn(self.call("leaky:say", {"text": plant(), plant(): 1}), (200, 400))
        self.heard += [self.world.run("events", "export"), self.world.run("audit", "export"), self.world.run("inbox", "--json"),
                       self.world.run("doctor", "--format", "json"), json.dumps(self.client.get("/packs"))]
        self.crash()
        self.assertGreater(len(self.secrets), 500)
        self.look()

    def crash(self):
        os.kill(self.world.pid, signal.SIGABRT)
        pid, status = os.waitpid(self.world.pid, 0)
        self.world.process.returncode = -signal.SIGABRT
        self.world.process.stdout.close()
        self.assertTrue(os.WIFSIGNALED(status))
        self.assertFalse(os.WCOREDUMP(status), "the crash left its memory in a file")

    def look(self):
        """In all that was answered, and in every file that the program wrote."""
        places = {"an answer": "\n".join(self.heard).encode()}
        for folder in (self.world.workspace, self.world.root / "run"):
            for path in folder.rglob("*"):
                if path.is_file():
                    places[str(path.relative_to(self.world.root))] = path.read_bytes()
        places["its log"] = self.world.log.read_bytes()
        found = {}
        for secret in self.secrets:
            for place, content in places.items():
                if secret.encode() in content:
                    at = content.index(secret.encode())
                    found.setdefault(place, []).append(content[max(0, at - 60):at + len(secret) + 10])
        seen = ["%s: %d, such as %s" % (place, len(what), what) for place, what in found.items()]
        self.assertFalse(seen, "\n".join(seen))
        self.assertIn(b"a pack says", places["its log"])


if __name__ == "__main__":
    unittest.main()
