"""The pack that protocol_test.py drives, in Python."""

from lumenflow_pack import Pack, ToolError, ToolOutput

pack = Pack()


@pack.tool("probe:echo")
def echo(_, input):
    return input


@pack.tool("probe:surroundings")
def surroundings(context, _):
    return {"receipt_id": context.receipt_id, "tool": context.tool, "subject": context.subject, "now_ms": context.now_ms(),
            "ulids": [context.new_ulid(), context.new_ulid()], "config": context.config}


@pack.tool("probe:ledger")
def ledger(context, input):
    context.store.put("a", input)
    context.store.delete("b")
    absent = context.store.get("b") is None
    keys = [key for key, _ in context.store.items("a")]
    emitted = context.emit_now("probe:done", {"n": 1}, idempotency_key="k", timestamp="2026-03-01T13:00:00+01:00")
    context.emit("probe:done", {"n": 2})
    return {"a": context.store.get("a"), "absent": absent, "keys": keys, "event_id": emitted["event_id"]}


@pack.tool("probe:refuse")
def refuse(_, __):
    raise ToolError("NOT_FOUND", "no such thing", {"asked": True})


@pack.tool("probe:crash")
def crash(_, __):
    raise RuntimeError("the tool broke")


@pack.tool("probe:until_cancelled")
def until_cancelled(context, _):
    while True:
        context.store.get("a")


@pack.tool("probe:print")
def print_to_stdout(context, _):
    print("this is no message")
    context.progress(0.5, "half")
    context.log("info", "a line", n=1)
    return ToolOutput({"printed": True}, [{"type": "text", "text": "printed"}])


@pack.tool("probe:outside")
def outside(context, _):
    return {"data": context.invoke("other:tool", {"x": 1}, idempotency_key="i"),
            "status": context.fetch("https://example.com/hook", "{}")["status"],
            "handled": context.was_handled("conductor:recovery_requested", "t-1"),
            "task": context.tasks("claim", {"task_id": "t-1"})}


@pack.tool("probe:streamed")
def streamed(context, given):
    pieces = []

    def take(text):
        pieces.append(text)
        return len("".join(pieces)) < given.get("wanted", 1000)

    said = context.fetch("https://example.com/stream", method="GET", sink=take,
                         headers=[{"name": "authorization", "value": "Bearer ", "environment": "PROBE_KEY"}])
    return {"text": "".join(pieces), "complete": said["complete"], "type": said["headers"]["content-type"]}


@pack.tool("probe:program")
def program(context, _):
    lines = []
    end = context.run_program(["printf", "a\\nb"], directory="jobs", environment={"X": "1"}, stdin="in",
                              paths=[{"pattern": "jobs/**", "access": "read"}], timeout_ms=1000,
                              on_line=lambda stream, line: lines.append(f"{stream}: {line}"))
    return {"lines": lines, "exit_code": end["exit_code"], "limit": end["limit"]}


@pack.handler("conductor:recovery_requested", replay_key=lambda event: event["payload"]["target_id"])
def recover(context, event):
    context.store.put("recovered/" + event["payload"]["target_id"], {"attempt": context.attempt, "from": event["from"]})


@pack.handler("task_created", idempotent=True)
def created(_, event):
    raise RuntimeError("not today, " + event["payload"]["task_id"])


@pack.status
def status(receipt_id):
    return {"rcpt-applied": ("applied", {"n": 1}), "rcpt-not": "not_applied"}.get(receipt_id, "unknown")


if __name__ == "__main__":
    pack.run()
