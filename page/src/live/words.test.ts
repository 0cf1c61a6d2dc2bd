import { describe, expect, it } from "vitest";
import type { Row } from "./timeline";
import { payloadOf, summary, toneOfEvent } from "./words";

function row(event: object): Row {
  const kind = (event as { kind?: string; type?: string }).kind ?? (event as { type?: string }).type ?? "";
  return { id: 1, event: { position: 1, ...event } as Row["event"], kind, at: "", text: "" };
}

describe("what an event says", () => {
  it("is its payload, or beside the envelope of a flat kind", () => {
    expect(payloadOf({ kind: "a:b", payload: { x: 1 } })).toEqual({ x: 1 });
    expect(payloadOf({ kind: "task_created", schema_version: 1, seq: 3, task_id: "t-1", title: "Water" })).toEqual({ task_id: "t-1", title: "Water" });
  });

  it("puts first what a reader looks for, and leaves out digests", () => {
    const said = summary(row({ kind: "agent-runtime:tool_called", payload: { envelope_hash: "ff", receipt_id: "r", duration_ms: 3, outcome: "success", tool_name: "task:create" } }));
    expect(said).toBe("task:create · success · duration_ms 3");
  });

  it("tells of what is missing", () => {
    expect(summary(row({ type: "ephemeral.dropped", channel: "sidecar", first_seq: 4, last_seq: 9 }))).toBe("sidecar 4 to 9");
  });

  it("has the colour of its outcome", () => {
    expect(toneOfEvent(row({ kind: "agent-runtime:tool_called", payload: { outcome: "denied" } }))).toBe("bad");
    expect(toneOfEvent(row({ kind: "software-delivery:gate_passed", payload: {} }))).toBe("ok");
    expect(toneOfEvent(row({ kind: "sidekick:approval_requested", payload: {} }))).toBe("warn");
  });
});
