"""A pack: what its code registers, which must be what its manifest declares (LF1031, LF1033)."""

from .context import HandlerContext, ToolContext
from .errors import PackError, ToolError
from .process import serve


class ToolOutput:
    """What a tool answers when its data has parts for a model to read beside it, as MCP has them."""

    def __init__(self, data, content):
        self.data = data
        self.content = content  # [{"type": "text", "text": …}, …]


class Pack:
    """Tools, handlers and a status function, registered with decorators."""

    def __init__(self):
        self.tools = {}
        self.handlers = {}
        self.status_of = None

    def tool(self, name):
        """`def run(context, input)` answers the tool's data, any JSON that matches its output_schema. It raises
        ToolError for its own refusals; any other exception counts as a crash."""
        def register(function):
            if name in self.tools:
                raise ValueError(f"the tool {name} is registered twice")
            self.tools[name] = function
            return function
        return register

    def handler(self, kind, *, replay_key=None, idempotent=False):
        """`def apply(context, event)` for a kind that the manifest subscribes to; `event` is a dict with kind, event_id,
        timestamp, from, channel, seq and payload. What it raises lets the delivery be tried again.

        Either called twice with one event it leaves the same state (`idempotent`), or `replay_key(event)` says what
        makes two events the same: equal keys are applied once. The key is a function of the event alone."""
        if idempotent == (replay_key is not None):
            raise ValueError(f"the handler of {kind} needs either a replay_key or idempotent=True")

        def register(function):
            if kind in self.handlers:
                raise ValueError(f"two handlers for {kind}")
            self.handlers[kind] = (function, replay_key)
            return function
        return register

    def status(self, function):
        """`def status(receipt_id)` says what became of a call that a crash cut off: "not_applied", "unknown", or
        ("applied", data) with what the tool would have answered."""
        self.status_of = function
        return function

    def run(self):
        """Serves the pack protocol on stdin and stdout until the host is done. What the pack prints goes to stderr."""
        serve(self)

    # What follows answers the host's requests; `host` is where the run's own requests go.

    def call(self, host, params, config):
        """tool/call: the Result, without metadata."""
        function = self.tools.get(params["tool"])
        if function is None:
            raise PackError("TOOL_NOT_FOUND", f"this pack's code has no tool {params['tool']}")
        try:
            said = function(ToolContext(host, params, config), params["input"])
        except ToolError as refusal:
            error = {"code": refusal.code, "message": refusal.message}
            if refusal.details is not None:
                error["details"] = refusal.details
            return {"success": False, "error": error}
        if isinstance(said, ToolOutput):
            return {"success": True, "data": said.data, "content": said.content}
        return {"success": True, "data": said}

    def handle(self, host, params, config):
        """event/handle."""
        function, _ = self._handler_of(params["event"])
        function(HandlerContext(host, params, config), params["event"])
        return {}

    def replay_key(self, event):
        """event/replay_key."""
        _, key_of = self._handler_of(event)
        if key_of is None:
            raise PackError("INVALID_REQUEST", f"the handler of {event['kind']} has no replay key")
        key = key_of(event)
        if not isinstance(key, str) or not key:
            raise PackError("INVALID_OUTPUT", f"the replay key of {event['kind']} must be a string that is not empty, "
                                              f"not {key!r}")
        return {"key": key}

    def aftermath(self, receipt_id):
        """tool/status."""
        said = self.status_of(receipt_id)
        if isinstance(said, tuple):
            return {"status": said[0], "result": {"success": True, "data": said[1]}}
        return {"status": said}

    def description(self):
        """What pack/initialize answers beside the version."""
        handlers = [{"kind": kind, "idempotent": key is None, "replay_key": key is not None}
                    for kind, (_, key) in self.handlers.items()]
        return {"tools": list(self.tools), "handlers": handlers, "offers": ["tool/status"] if self.status_of else []}

    def _handler_of(self, event):
        if event["kind"] not in self.handlers:
            raise PackError("NOT_FOUND", f"this pack's code has no handler for {event['kind']}")
        return self.handlers[event["kind"]]
