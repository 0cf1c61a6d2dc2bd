import { describe, expect, it } from "vitest";
import { said, toneOf } from "./words";

describe("an entry of the audit", () => {
  it("says which tool was called, what was decided, and how it ended", () => {
    const ts = "2026-11-22T18:00:00Z";
    expect(said({ type: "command.queued", ts, subject: "operator:ana", workspace: "ws-42", command: { kind: "conductor:tool_requested", payload: { tool: "memory:store", input: {} } } })).toBe("memory:store");
    expect(said({ type: "command.queued", ts, command: { kind: "conductor:approval_resolved", payload: { decision: "approve", approval_id: "a" } } })).toBe("conductor:approval_resolved · approve");
    const refused = { type: "command.result", ts, command_id: "c-1", state: "done", error: { code: "APPROVAL_DENIED", message: "no" } };
    expect(said(refused)).toBe("done · APPROVAL_DENIED · command_id c-1");
    expect([toneOf(refused), toneOf({ type: "command.result", state: "done" })]).toEqual(["bad", "ok"]);
    expect(said({ type: "conductor.device_enrolled", name: "Ana\u202e" })).toBe("name Ana\\u202e");
  });
});
