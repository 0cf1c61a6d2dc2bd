"""A host in memory, for a pack's own tests: the store, the events and the replay log, without LumenFlow.

It keeps to what the real one promises: what a run writes and emits counts when the run succeeds, or not at all; a key
stands for one event; an event is applied once. It knows no manifest, so `lumenflow pack test` stays the judge of that.
"""

import copy

from .canonical import canonical
from .errors import HostError, PackError
from .kernel_event import build_kernel_event_v2
from .pack import Pack


class MemoryHost:
    """Calls a pack's tools and delivers events to it. `store` and `events` are there to be looked at."""

    def __init__(self, pack: Pack, config=None):
        self.store = {}
        self.events = []  # what was emitted, as build_kernel_event_v2 makes it, in order
        self.logged = []
        self._pack = pack
        self._config = config or {}
        self._keys = {}  # (kind, idempotency key) -> event
        self._handled = set()  # (kind, replay key or event_id)
        self._written = {}  # by the run at hand; None: deleted
        self._held = []
        self._runs = 0
        self.now = "2026-03-01T12:00:00.000Z"

    def call(self, tool, input, subject="ws-test"):  # pylint: disable=redefined-builtin
        """The Result: {success, data} or {success, error}."""
        params = {"receipt_id": self._begin("rcpt"), "tool": tool, "input": input, "scopes": [], "deadline_ms": 30_000,
                  "context": {"subject": subject, **self._readings()}}
        try:
            result = self._pack.call(self, params, self._config)
        except PackError as fault:
            result = {"success": False, "error": {"code": fault.code, "message": fault.message}}
        if result["success"]:
            self._commit()
        return result

    def deliver(self, event):
        """Applies an event, e.g. what build_kernel_event_v2 made. False when it was applied before."""
        event = {"from": "ws-test", "channel": "sidecar", "seq": self._runs + 1, **event}
        event.pop("schema_version", None)
        _, key_of = self._pack.handlers[event["kind"]]
        seen = (event["kind"], self._pack.replay_key(event)["key"] if key_of else event["event_id"])
        if seen in self._handled:
            return False
        self._pack.handle(self, {"delivery_id": self._begin("dlv"), "attempt": 1, "event": event,
                                 "context": self._readings()}, self._config)
        self._handled.add(seen)
        self._commit()
        return True

    # What contexts ask of a host.

    def ask(self, method, params):
        answer = {"store/get": self._get, "store/put": self._put, "store/delete": self._delete, "store/scan": self._scan,
                  "event/emit": self._emit, "replay_log/has": self._has}.get(method)
        if answer is None:
            raise HostError("METHOD_NOT_ALLOWED", f"MemoryHost does not offer {method}")
        return answer(params)

    def notify(self, method, params):
        self.logged.append((method, params))

    def is_cancelled(self, _):
        return False

    def _begin(self, prefix):
        self._runs += 1
        given_up = [id(event) for event in self._held]
        self._keys = {key: event for key, event in self._keys.items() if id(event) not in given_up}
        self._written, self._held = {}, []
        return f"{prefix}-{self._runs}"

    def _readings(self):
        return {"now": self.now, "ulid": f"01J9ZK3M7Q{self._runs:08d}00000000"}

    def _commit(self):
        for key, value in self._written.items():
            if value is None:
                self.store.pop(key, None)
            else:
                self.store[key] = value
        self.events += self._held
        self._written, self._held = {}, []

    def _seen(self):
        merged = {**self.store, **self._written}
        return {key: value for key, value in merged.items() if value is not None}

    def _get(self, params):
        return {"value": copy.deepcopy(self._seen().get(params["key"]))}

    def _put(self, params):
        if not 1 <= len(params["key"].encode("utf-8")) <= 512:
            raise HostError("INVALID_INPUT", "a key has 1 to 512 bytes")
        canonical(params["value"])  # refuses what is no JSON
        self._written[params["key"]] = copy.deepcopy(params["value"])
        return {}

    def _delete(self, params):
        self._written[params["key"]] = None
        return {}

    def _scan(self, params):
        prefix, after, limit = params["prefix"].encode(), params.get("after", "").encode(), params.get("limit", 100)
        seen = sorted((key.encode("utf-8"), value) for key, value in self._seen().items())
        found = [{"key": key.decode("utf-8"), "value": value} for key, value in seen
                 if key.startswith(prefix) and (not after or key > after)]
        more = {"next": found[limit - 1]["key"]} if len(found) > limit else {}
        return {"items": found[:limit], **more}

    def _emit(self, params):
        key = params.get("idempotency_key")
        event = build_kernel_event_v2(params["kind"], params["payload"], idempotency_key=key,
                                      timestamp=params.get("timestamp", self.now))
        first = self._keys.get((event["kind"], key)) if key is not None else None
        if first is not None and canonical(first["payload"]) != canonical(event["payload"]):
            raise HostError("IDEMPOTENCY_CONFLICT", f"the key {key} of {event['kind']} stands for another payload")
        if first is None:
            if key is not None:
                self._keys[(event["kind"], key)] = event
            (self._held if params.get("with_result") else self.events).append(event)
        if params.get("with_result"):
            return {}
        stands = first or event
        at = next((index for index, each in enumerate(self.events) if each is stands), len(self.events))
        return {"event_id": stands["event_id"], "timestamp": stands["timestamp"], "seq": at + 1}

    def _has(self, params):
        return {"has": (params["kind"], params["replay_key"]) in self._handled}
