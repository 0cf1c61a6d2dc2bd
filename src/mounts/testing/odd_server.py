#!/usr/bin/env python3
"""An MCP server that misbehaves on demand, for tests only.

    odd_server.py FOLDER [stateless|handshake|both] [--http]

FOLDER holds what it is to do (`tools.json`: what it lists instead of its own; `mute`, `banner`, `endless_pages`,
`deep_list`, `many_tools`, `content`: what it has besides tools, or does when it is asked for its tools, or at once) and what it has done (`done-…`). Over
HTTP it prints its port, and `redirect` sends away, `forget` loses its sessions, `json` answers without a stream.
"""

import http.server
import json
import os
import pathlib
import sys
import threading
import time
import uuid

FOLDER = pathlib.Path(sys.argv[1])
ERA = sys.argv[2] if len(sys.argv) > 2 and not sys.argv[2].startswith("-") else "both"
STATELESS, HANDSHAKE = "2026-07-28", "2025-11-25"
PREFIX = "io.modelcontextprotocol/"
OBJECT = {"type": "object"}

TOOLS = [
    {"name": "echo", "description": "Says it again.", "annotations": {"readOnlyHint": True},
     "inputSchema": {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
                     "definitions": {"any": {}}, "properties": {"value": {"$ref": "#/definitions/any"}}}},
    {"name": "count", "description": "Counts.", "annotations": {"readOnlyHint": True}, "inputSchema": OBJECT,
     "outputSchema": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}},
    {"name": "readOdd", "description": "Does as it is told, and changes nothing.", "annotations": {"readOnlyHint": True},
     "inputSchema": {"type": "object", "properties": {"do": {"type": "string"}}}},
    {"name": "act", "description": "Does as it is told.", "annotations": {"destructiveHint": False},
     "inputSchema": {"type": "object", "properties": {"do": {"type": "string"}, "name": {"type": "string"}}}},
    {"name": "repeat", "description": "May be done twice.",
     "annotations": {"destructiveHint": False, "idempotentHint": True},
     "inputSchema": {"type": "object", "properties": {"do": {"type": "string"}}}},
    {"name": "shout", "description": "Says nothing of what it changes.", "inputSchema": OBJECT},
    {"name": "send", "description": "Repeats an argument in a header.", "annotations": {"readOnlyHint": True},
     "inputSchema": {"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}}},
]


def there(name):
    return (FOLDER / name).exists()


def done(name, text=""):
    (FOLDER / f"done-{name}").write_text(text, encoding="utf-8")


def deep(depth):
    return json.loads('{"a":' * depth + "{}" + "}" * depth)


class Refused(Exception):
    def __init__(self, code, message, data=None):
        super().__init__(message)
        self.error = {"code": code, "message": message, **({} if data is None else {"data": data})}


def text(said):
    return {"content": [{"type": "text", "text": said}]}


class Server:
    """One connection: what it says goes through `write`, what it asks comes back through `ask`."""

    counted = 0

    def __init__(self, write, ask, write_raw):
        self.write, self.ask, self.write_raw = write, ask, write_raw
        self.cancelled = threading.Event()

    def notify(self, method, params):
        self.write({"jsonrpc": "2.0", "method": method, "params": params})

    def answer(self, method, params, headers):
        meta = params.get("_meta", {})
        stateless = PREFIX + "protocolVersion" in meta
        if stateless and ERA == "handshake":
            raise Refused(-32601, "Method not found") if method == "server/discover" else Refused(-32602, "no handshake")
        if stateless and meta[PREFIX + "protocolVersion"] != STATELESS:
            raise Refused(-32022, "Unsupported protocol version", {"supported": [STATELESS]})
        result = self.result(method, params, meta, stateless, headers)
        return {"resultType": "complete", **result} if stateless else result

    def result(self, method, params, meta, stateless, headers):
        me = {"name": "odd", "version": "1.2.3"}
        has = {"tools": {"listChanged": True}, **({"prompts": {}, "resources": {}} if there("content") else {})}
        if method == "server/discover":
            return {"supportedVersions": [STATELESS], "capabilities": has, "_meta": {PREFIX + "serverInfo": me}}
        if method == "initialize":
            if ERA == "stateless":
                raise Refused(-32601, f"only {STATELESS} here")
            done("capabilities", json.dumps(params["capabilities"]))
            return {"protocolVersion": HANDSHAKE, "capabilities": has, "serverInfo": me}
        if method == "ping":
            return {}
        if method == "tools/list":
            return self.tools(params)
        if method == "prompts/list":
            said = json.loads((FOLDER / "prompt.json").read_text()) if there("prompt.json") else "Greets."
            return {"prompts": [{"name": "greet", "description": said, "arguments": [{"name": "who", "required": True}]}]}
        if method == "prompts/get":
            who = params["arguments"]["who"]
            if who == "nobody":
                return {"messages": "Hello"}
            return {"messages": [{"role": "user", "content": {"type": "text", "text": f"Hello, {who}!"}}]}
        if method == "resources/list":
            return {"resources": [{"uri": "odd://a", "name": "a", "mimeType": "text/plain"},
                                  {"uri": "lumenflow://events/x", "name": "not its own"}]}
        if method == "resources/templates/list":
            return {"resourceTemplates": [{"uriTemplate": "odd://{id}/b", "name": "b"}]}
        if method == "resources/read":
            if params["uri"] == "odd://gone":
                raise Refused(-32602 if stateless else -32002, "Resource not found")
            return {"contents": [{"uri": params["uri"], "blob": "AAEC/w==", "mimeType": "x/y"}]}
        if method == "tools/call":
            name = params["name"]
            if headers is not None and stateless:
                done("headers", json.dumps({key.lower(): value for key, value in headers.items()}))
            return self.call(name, params.get("arguments", {}), meta, params, stateless)
        raise Refused(-32601, "Method not found")

    def tools(self, params):
        while there("mute"):
            time.sleep(0.02)
        if there("endless_pages"):
            return {"tools": [{"name": f"t{uuid.uuid4().hex}", "inputSchema": OBJECT}], "nextCursor": uuid.uuid4().hex}
        if there("many_tools"):
            return {"tools": [{"name": f"t{i}", "inputSchema": OBJECT} for i in range(1200)]}
        if there("deep_list"):
            return {"tools": TOOLS + [{"name": "deep", "inputSchema": {"type": "object", "properties": deep(100)}}]}
        tools = json.loads((FOLDER / "tools.json").read_text()) if there("tools.json") else TOOLS
        half = int(params.get("cursor", 0))
        if half == 0 and len(tools) > 2:
            return {"tools": tools[:2], "nextCursor": "2"}
        return {"tools": tools[half:]}

    def call(self, name, arguments, meta, params, stateless):
        if name == "echo":
            return text(json.dumps(arguments.get("value")))
        if name == "count":
            Server.counted += 1
            return {**text("counted"), "structuredContent": {"n": Server.counted}}
        if name in ("readOdd", "act", "repeat"):
            return self.act(arguments.get("do", ""), arguments, meta, params, stateless)
        if name == "shout":
            done("shout")
            return text("done")
        if name == "send":
            return text("sent")
        raise Refused(-32602, f"Unknown tool: {name}")

    def act(self, what, arguments, meta, params, stateless):
        if what.startswith("effect"):
            done(arguments.get("name", "effect"))
        if what in ("crash", "effect_crash"):
            os._exit(7)
        if what in ("hang", "effect_hang"):
            done("hanging")
            while True:
                time.sleep(0.05)
        if what == "obey":
            done("hanging")
            self.cancelled.wait(60)
            done("obeyed")
            raise Refused(-32800, "cancelled")
        if what == "garbage":
            self.write_raw(b'{"jsonrpc": "2.0", "id": ')
        if what == "stray":
            self.write({"jsonrpc": "2.0", "id": 987654321, "result": {}})
        if what == "long_line":
            self.write_raw(b'{"x":"' + b"x" * (10 << 20))
        if what == "flood":
            while True:
                self.notify("notifications/progress", {"progressToken": meta.get("progressToken"), "progress": 1})
        if what == "progress":
            for i in range(1, 4):
                self.notify("notifications/progress",
                            {"progressToken": meta["progressToken"], "progress": i, "total": 4, "message": f"part {i}"})
            self.notify("notifications/progress", {"progressToken": "of another", "progress": 4, "total": 4})
        if what == "log":
            self.notify("notifications/message", {"level": "warning", "data": {"secret": os.environ.get("ODD_SECRET", "")}})
        if what == "fail":
            return {"isError": True, **text("it says no; token " + os.environ.get("ODD_SECRET", "none"))}
        if what == "refuse":
            raise Refused(-32000, "not like this; token " + os.environ.get("ODD_SECRET", "none"), {"of": "mine"})
        if what == "integers":
            return {**text("big"), "structuredContent": {"a": 9007199254740993, "b": 18446744073709551615,
                                                         "c": -9223372036854775808, "d": 123456789012345678901234567890}}
        if what == "binary":
            return {"content": [{"type": "image", "data": "AAEC/w==", "mimeType": "image/png"},
                                {"type": "resource", "resource": {"uri": "odd://blob", "blob": "/wAB", "mimeType": "x/y"}},
                                {"type": "resource_link", "uri": "odd://link", "name": "link"}]}
        if what == "deep":
            return {"content": [], "structuredContent": deep(300)}
        if what == "untyped":
            return json.loads(arguments["name"])
        if what == "pid":
            return text(str(os.getpid()))
        if what == "changed":
            self.notify("notifications/tools/list_changed", {})
        if what == "elicit":
            return self.elicit(params, stateless)
        return text("done")

    def elicit(self, params, stateless):
        question = {"mode": "form", "message": "Which colour?",
                    "requestedSchema": {"type": "object", "properties": {"colour": {"type": "string"}}}}
        if not stateless:
            return text(json.dumps(self.ask("elicitation/create", question)))
        if "elicitation" not in params["_meta"][PREFIX + "clientCapabilities"]:
            return text("nobody to ask")
        if "inputResponses" not in params:
            return {"resultType": "input_required", "requestState": "opaque",
                    "inputRequests": {"colour": {"method": "elicitation/create", "params": question}}}
        assert params["requestState"] == "opaque"
        return text(json.dumps(params["inputResponses"]["colour"]))


def answered(server, message, headers=None):
    try:
        return {"jsonrpc": "2.0", "id": message["id"], "result": server.answer(message["method"], message.get("params", {}), headers)}
    except Refused as refused:
        return {"jsonrpc": "2.0", "id": message["id"], "error": refused.error}


def serve_pipes():
    lock = threading.Lock()
    answers, ids = {}, iter(range(1, 1 << 30))

    def write_raw(line):
        with lock:
            sys.stdout.buffer.write(line + b"\n")
            sys.stdout.buffer.flush()

    def write(message):
        write_raw(json.dumps(message).encode())

    def ask(method, params):
        key = f"ask-{next(ids)}"
        answers[key] = threading.Event()
        write({"jsonrpc": "2.0", "id": key, "method": method, "params": params})
        event = answers[key]
        event.wait(60)
        return answers.pop(key + "-is")

    server = Server(write, ask, write_raw)
    if there("banner"):
        write_raw(b"odd server, at your service")
    for line in sys.stdin:
        message = json.loads(line)
        if message.get("method") == "notifications/cancelled":
            server.cancelled.set()
        elif "method" not in message:
            answers[message["id"] + "-is"] = message.get("result", message.get("error"))
            answers[message["id"]].set()
        elif "id" in message:
            if message["method"] == "server/discover" and there("slow_start"):
                (FOLDER / "slow_start").unlink()
                continue
            if message["method"] == "server/discover" and there("silent_about_new"):
                continue
            threading.Thread(target=lambda m=message: write(answered(server, m)), daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    sessions, answers = set(), {}

    def log_message(self, *_):
        pass

    def reply(self, status, body=b"", headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_DELETE(self):
        done("deleted")
        self.reply(200)

    def do_GET(self):
        self.reply(405)

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if there("redirect"):
            return self.reply(307, headers={"Location": (FOLDER / "redirect").read_text()})
        if there("bearer") and self.headers.get("Authorization") != "Bearer " + (FOLDER / "bearer").read_text():
            return self.reply(401)
        if there("broken"):
            return self.reply(500, b"out of order")
        if "method" not in message:
            Handler.answers[message["id"]]["is"] = message.get("result", message.get("error"))
            Handler.answers[message["id"]]["event"].set()
            return self.reply(202)
        if "id" not in message:
            return self.reply(202)
        headers = {}
        old = PREFIX + "protocolVersion" not in message.get("params", {}).get("_meta", {})
        if message["method"] == "initialize":
            session = uuid.uuid4().hex
            Handler.sessions.add(session)
            headers["Mcp-Session-Id"] = session
        elif old:
            if there("forget"):
                (FOLDER / "forget").unlink()
                Handler.sessions.clear()
            if self.headers.get("Mcp-Session-Id") not in Handler.sessions:
                return self.reply(404 if self.headers.get("Mcp-Session-Id") else 400)
        elif ERA == "handshake":
            return self.reply(400, b'{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: no session"}}')
        if there("json"):
            said = json.dumps(answered(Server(lambda m: None, None, None), message, self.headers)).encode()
            return self.reply(200, said, {"Content-Type": "application/json", **headers})
        self.send_response(200)
        for name, value in {"Content-Type": "text/event-stream", "Connection": "close", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

        def write_raw(data):
            self.wfile.write(b"event: message\r\ndata: " + data + b"\r\n\r\n")
            self.wfile.flush()

        def ask(method, params):
            key = f"ask-{uuid.uuid4().hex}"
            Handler.answers[key] = {"event": threading.Event()}
            write_raw(json.dumps({"jsonrpc": "2.0", "id": key, "method": method, "params": params}).encode())
            Handler.answers[key]["event"].wait(60)
            return Handler.answers.pop(key)["is"]

        server = Server(lambda m: write_raw(json.dumps(m).encode()), ask, write_raw)
        self.wfile.write(b": hello\n\n")
        try:
            write_raw(json.dumps(answered(server, message, self.headers)).encode())
        except OSError:
            done("disconnected")
        self.close_connection = True


def serve_http():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()


if "--http" in sys.argv:
    serve_http()
else:
    serve_pipes()
