"""The pack protocol on stdin and stdout (docs/pack-protocol.md): one JSON-RPC 2.0 message a line.

The host gives one thing at a time, so the pack's code runs on the main thread; a second thread reads, so that a
cancellation is seen while that code works.
"""

import json
import os
import queue
import sys
import threading
import traceback

from .canonical import parse
from .errors import Cancelled, HostError, PackError

PROTOCOL = 1
DEPTH_MAX = 256  # of a message; what it carries is at most 64 deep

_JSON_RPC = {"MALFORMED_JSON": -32700, "INVALID_REQUEST": -32600, "TOOL_NOT_FOUND": -32601, "METHOD_NOT_ALLOWED": -32601,
             "INVALID_INPUT": -32602, "CANCELLED": -32800}


def serve(pack):
    """Until pack/shutdown or the end of stdin."""
    Session(pack, *_take_stdio()).run()


def _take_stdio():
    """The protocol's ends of stdin and stdout. Whatever else the pack reads finds nothing, and what it prints goes to
    stderr, so that neither disturbs the protocol."""
    reader, writer = os.dup(0), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    sys.stdout.flush()
    os.dup2(2, 1)
    return reader, writer


def _lines(descriptor):
    rest = b""
    while True:
        read = os.read(descriptor, 1 << 16)
        if not read:
            return
        *lines, rest = (rest + read).split(b"\n")
        yield from lines


class Session:
    """One conversation with a host."""

    def __init__(self, pack, reader, writer):
        self._pack = pack
        self._reader = reader
        self._writer = writer
        self._lock = threading.Lock()  # of the writer: the reading thread refuses what it cannot read
        self._requests = queue.Queue()  # None: the host is gone
        self._answers = queue.Queue()
        self._cancelled = set()
        self._last_id = 0
        self._hears = False  # a piece of an answer is being taken
        self._program_line = None  # who hears the lines of the program that runs
        self._config = None
        self._methods = frozenset()

    def run(self):
        threading.Thread(target=self._read, daemon=True).start()
        while True:
            message = self._requests.get()
            if message is None:
                return
            self._send({"jsonrpc": "2.0", "id": message["id"], **self._outcome(message)})
            self._cancelled.clear()  # what was cancelled has been answered
            if message["method"] == "pack/shutdown":
                return

    # The host, as contexts use it.

    def ask(self, method, params, heard=None):
        """`heard` gets the params of the notifications that belong to this request, and must not ask."""
        if method not in self._methods:
            raise HostError("METHOD_NOT_ALLOWED", f"this host does not offer {method}")
        if self.is_cancelled(params.get("in")):
            raise Cancelled()
        if self._hears:
            raise HostError("INVALID_REQUEST", "the host is still at the request before: ask it afterwards")
        self._last_id += 1
        self._send({"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params})
        while True:
            answer = self._answers.get()
            if answer is None:
                raise Cancelled("the host is gone")
            if "method" in answer:
                if heard is not None and answer["params"].get("id") == self._last_id:
                    self._hears = True
                    try:
                        heard(answer["params"])
                    finally:
                        self._hears = False
                continue
            if answer.get("id") == self._last_id:
                break
        if "error" not in answer:
            return answer["result"]
        error, data = answer["error"], answer["error"].get("data") or {}
        raise HostError(data.get("code", "INTERNAL"), error.get("message", ""), data.get("details"))

    def notify(self, method, params):
        if method in self._methods:
            self._send({"jsonrpc": "2.0", "method": method, "params": params})
        elif method == "log":
            print(f"{params['level']}: {params['message']}", file=sys.stderr, flush=True)

    def is_cancelled(self, run_id):
        return run_id in self._cancelled

    def on_program_line(self, listener):
        self._program_line = listener

    # The wire.

    def _send(self, message):
        try:
            line = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")
        except (TypeError, ValueError) as fault:
            raise PackError("INVALID_OUTPUT", f"not all of it is JSON: {fault}") from None
        with self._lock:
            try:
                self._writer.write(line + b"\n")
                self._writer.flush()
            except OSError:  # the host is gone, and so is whoever this was for
                self._requests.put(None)
                self._answers.put(None)

    def _read(self):
        for line in _lines(self._reader):
            try:
                message = parse(line, DEPTH_MAX)
            except PackError as fault:
                self._send({"jsonrpc": "2.0", "id": None, "error": _error_of(fault)})
                continue
            if not isinstance(message, dict):
                self._send({"jsonrpc": "2.0", "id": None, "error": _error_of(PackError("INVALID_REQUEST", "no object"))})
            elif "method" not in message:
                self._answers.put(message)
            elif "id" in message:
                self._requests.put(message)
            elif message["method"] == "process/output":
                self._say_line(message.get("params", {}))
            elif message["method"] == "call/cancel":
                self._cancelled.update(message.get("params", {}).values())
            elif message["method"] == "http/body":
                self._answers.put(message)
        self._requests.put(None)
        self._answers.put(None)

    def _say_line(self, params):
        listener = self._program_line
        try:
            if listener is not None:
                listener(params["stream"], params["line"])
        except Exception:  # pylint: disable=broad-except
            traceback.print_exc()  # the program goes on

    def _outcome(self, message):
        """The member `result` or `error` of the answer."""
        try:
            outcome = {"result": self._execute(message["method"], message.get("params") or {})}
            json.dumps(outcome, allow_nan=False)
            return outcome
        except PackError as fault:
            return {"error": _error_of(fault)}
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as fault:  # pylint: disable=broad-except
            traceback.print_exc()
            return {"error": {"code": -32603, "message": f"{type(fault).__name__}: {fault}"}}

    def _execute(self, method, params):
        if method == "pack/initialize":
            return self._initialize(params)
        if method == "pack/shutdown":
            return {}
        if self._config is None:
            raise PackError("INVALID_REQUEST", f"{method} before pack/initialize")
        if method == "tool/call":
            return self._pack.call(self, params, self._config)
        if method == "event/handle":
            return self._pack.handle(self, params, self._config)
        if method == "event/replay_key":
            return self._pack.replay_key(params["event"])
        if method == "tool/status" and self._pack.status_of is not None:
            return self._pack.aftermath(params["receipt_id"])
        raise PackError("METHOD_NOT_ALLOWED", f"this pack has no method {method}")

    def _initialize(self, params):
        self._config = params["config"]
        self._methods = frozenset(params["host"]["methods"])
        return {"protocol": min(PROTOCOL, params["protocol"]), **self._pack.description()}


def _error_of(fault):
    data = {"code": fault.code}
    if fault.details is not None:
        data["details"] = fault.details
    return {"code": _JSON_RPC.get(fault.code, -32000), "message": fault.message, "data": data}
