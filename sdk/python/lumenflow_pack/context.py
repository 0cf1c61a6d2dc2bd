"""What a tool or a handler is given: the host, seen from one call or delivery.

A context belongs to one run and ends with it. Whatever it asks may raise HostError with the host's code, and Cancelled
once the run was cancelled.
"""

import datetime
import os
import time

from .errors import HostError
from .kernel_event import normalized_timestamp

_BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Store:
    """The pack's own ordered key-value store. What a run writes commits with its result, or not at all; its reads see
    its writes. Keys are 1 to 512 bytes of UTF-8, ordered by byte; values are any JSON."""

    def __init__(self, run):
        self._run = run

    def get(self, key, default=None):
        """The value, or the default where there is none (a stored null counts as none)."""
        value = self._run.ask("store/get", {"key": key})["value"]
        return default if value is None else value

    def put(self, key, value):
        self._run.ask("store/put", {"key": key, "value": value})

    def delete(self, key):
        """Absent is fine."""
        self._run.ask("store/delete", {"key": key})

    def scan(self, prefix="", after=None, limit=100):
        """One page: (key, value) pairs in key order, whose key starts with `prefix` and is behind `after`."""
        return [(item["key"], item["value"]) for item in self._page(prefix, after, limit)["items"]]

    def items(self, prefix=""):
        """All pages, one pair after the other."""
        after = None
        while True:
            page = self._page(prefix, after, 1000)
            for item in page["items"]:
                yield item["key"], item["value"]
            after = page.get("next")
            if after is None:
                return

    def _page(self, prefix, after, limit):
        return self._run.ask("store/scan", _given(prefix=prefix, after=after, limit=limit))


class Run:
    """What calls and deliveries share."""

    def __init__(self, host, run_id, readings, config):
        self._host = host
        self._id = run_id
        self._ulid = readings.get("ulid")
        self.now = readings.get("now") or _now()  # when the run began: RFC 3339, UTC, milliseconds; read no other clock
        self.config = config  # the pack's section of lumenflow.yaml; empty when there is none
        self.store = Store(self)

    @property
    def cancelled(self):
        """Whether the deadline passed or somebody cancelled: stop soon."""
        return self._host.is_cancelled(self._id)

    def now_ms(self):
        """`now` in milliseconds since 1970."""
        at = datetime.datetime.fromisoformat(self.now[:-1] + "+00:00")
        return round(at.timestamp() * 1000)

    def new_ulid(self):
        """A time-ordered id of 26 characters, each greater than the last; recorded, unlike a random number."""
        number = 0
        for char in self._ulid or _first_ulid():
            number = number * 32 + _BASE32.index(char)
        self._ulid = _ulid_text(number + 1)
        return _ulid_text(number)

    def emit(self, kind, payload, *, idempotency_key=None, timestamp=None):
        """The event commits with the run's result, and stands after it; nothing of it stays when the run fails."""
        self.ask("event/emit", _given(kind=kind, payload=payload, idempotency_key=idempotency_key,
                                      timestamp=_time(timestamp), with_result=True))

    def emit_now(self, kind, payload, *, idempotency_key=None, timestamp=None):
        """The event commits by itself, whatever becomes of the call: {event_id, timestamp, seq}, durable. Under a key
        that is live it is the event of the first time. In a handler emit() is what an event applied once asks for."""
        return self.ask("event/emit", _given(kind=kind, payload=payload, idempotency_key=idempotency_key,
                                             timestamp=_time(timestamp)))

    def invoke(self, tool, input, *, idempotency_key=None):  # pylint: disable=redefined-builtin
        """Calls another tool, with scopes no wider than this run's: its data. HostError with its code when it fails."""
        return self._ask_call("tool/invoke", _given(tool=tool, input=input, idempotency_key=idempotency_key))

    def tasks(self, step, input, *, idempotency_key=None):  # pylint: disable=redefined-builtin
        """Changes or reads one of the workspace's tasks, on behalf of the caller: `step` is create, claim, block,
        unblock, wait, resume, release, delegate, complete, show, list or lanes, the input what kernel:task_<step> takes."""
        return self._ask_call("task/" + step, _given(input=input, idempotency_key=idempotency_key))

    def _ask_call(self, method, params):
        result = self.ask(method, params)
        if result["success"]:
            return result.get("data")
        raise HostError(result["error"]["code"], result["error"]["message"], result["error"].get("details"))

    def fetch(self, url, body=None, *, method=None, headers=None, timeout_ms=None, idle_timeout_ms=None,
              body_bytes_max=None, sink=None):
        """A request to a host of the run's network scope: {status, headers, body}. POST unless `method` says otherwise,
        the body as application/json unless a header does. A header is {"name", "value"}; with "environment" the host
        adds the value of that variable, which the pack's section of lumenflow.yaml names under a key ending in _env.
        `sink` gets the text of a 2xx answer as it comes, and ends it by returning False; it must not ask the host."""
        params = _given(url=url, body=body, method=method, headers=headers, timeout_ms=timeout_ms,
                        idle_timeout_ms=idle_timeout_ms, body_bytes_max=body_bytes_max)
        if sink is None:
            return self.ask("http/fetch", params)
        wants_more = True

        def heard(said):
            nonlocal wants_more
            if wants_more and sink(said["text"]) is False:
                wants_more = False
                self._host.notify("http/stop", {"in": self._id, "id": said["id"]})

        return self._host.ask("http/fetch", {"in": self._id, **params, "stream": True}, heard)

    def run_program(self, command, *, directory=None, environment=None, paths=None, stdin=None, timeout_ms=None,
                    output_bytes_max=None, errors_with_output=None, on_line=None):
        """Runs a program under the call's scopes, never through a shell: {exit_code, signal, limit, output, errors,
        duration_ms, isolation}. `command` is a list, `paths` a list of {pattern, access} within what the call may
        reach; `on_line(stream, line)` hears each line as it comes, on the thread that reads from the host."""
        params = _given(command=list(command), directory=directory, environment=environment, paths=paths, stdin=stdin,
                        timeout_ms=timeout_ms, output_bytes_max=output_bytes_max, errors_with_output=errors_with_output)
        if on_line is None:
            return self.ask("process/run", params)
        self._host.on_program_line(on_line)
        try:
            return self.ask("process/run", {**params, "lines": True})
        finally:
            self._host.on_program_line(None)

    def was_handled(self, kind, replay_key):
        """Whether an event of this kind was handled under that replay key."""
        return self.ask("replay_log/has", {"kind": kind, "replay_key": replay_key})["has"]

    def progress(self, fraction=None, message=None):
        """Tells how far the run is, from 0 to 1."""
        self._host.notify("tool/progress", {"in": self._id, **_given(fraction=fraction, message=message)})

    def log(self, level, message, **fields):
        """A line for the workspace's log: debug, info, warn or error."""
        self._host.notify("log", {"level": level, "message": message, **({"fields": fields} if fields else {})})

    def elicit(self, params):
        """Asks the person behind the caller to fill in a form: params and answer as MCP's elicitation/create has them."""
        return self.ask("call/elicit", {"params": params})["answer"]

    def sample(self, params):
        """Asks the caller's model to say something: params and answer as MCP's sampling/createMessage has them."""
        return self.ask("call/sample", {"params": params})["answer"]

    def ask_caller(self, questions):
        """Asks several things at once: a list of {key, method, params}, the answers in that order."""
        return self.ask("call/ask", {"questions": list(questions)})["answers"]

    def ask(self, method, params):
        """A request of the pack protocol on behalf of this run; what the methods above are made of."""
        return self._host.ask(method, {"in": self._id, **params})


class ToolContext(Run):
    """One call."""

    def __init__(self, host, params, config):
        around = params["context"]
        super().__init__(host, params["receipt_id"], around, config)
        self.asks = frozenset(around.get("asks", ()))  # which of MCP's requests the caller answers
        self.receipt_id = params["receipt_id"]
        self.tool = params["tool"]
        self.scopes = params["scopes"]  # what the sandbox lets this call reach
        self.deadline_ms = params["deadline_ms"]  # from when the call was sent
        self.subject = around["subject"]
        self.task = around.get("task")
        self.session = around.get("session")
        self.idempotency_key = around.get("idempotency_key")


class HandlerContext(Run):
    """One delivery of an event."""

    def __init__(self, host, params, config):
        super().__init__(host, params["delivery_id"], params.get("context") or {}, config)
        self.delivery_id = params["delivery_id"]  # the same for every attempt
        self.attempt = params["attempt"]  # 1 for the first


def _given(**members):
    return {name: value for name, value in members.items() if value is not None}


def _time(timestamp):
    return None if timestamp is None else normalized_timestamp(timestamp)


def _now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _first_ulid():
    return _ulid_text(time.time_ns() // 1_000_000 << 80 | int.from_bytes(os.urandom(10), "big"))


def _ulid_text(number):
    return "".join(_BASE32[number >> shift & 31] for shift in range(125, -1, -5))
