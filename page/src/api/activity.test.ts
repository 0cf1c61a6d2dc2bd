// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { activityOf } from "./activity";
import type { Schemas } from "./conductor";

const now = Date.parse("2026-11-22T14:30:20Z");

function event(timestamp: string, outcome = "success"): Schemas["EventItem"] {
  return { schema_version: 2, kind: "agent-runtime:tool_called", event_id: "e", timestamp, from: "ws-42", channel: "sidecar", seq: 1, emitted_at: timestamp, class: "queue", log_id: "l", position: 1, payload: { outcome } } as unknown as Schemas["EventItem"];
}

describe("an hour's activity", () => {
  it("counts each event in its minute, and what failed besides", () => {
    const found = activityOf([event("2026-11-22T14:30:01Z"), event("2026-11-22T14:29:59Z", "denied"), event("2026-11-22T13:31:00Z")], now, true);
    expect(found.minutes).toHaveLength(60);
    expect(found.all.at(-1)).toBe(1);
    expect([found.all.at(-2), found.bad.at(-2)]).toEqual([1, 1]);
    expect(found.all[0]).toBe(1);
    expect([found.count, found.faults]).toEqual([3, 1]);
  });

  it("leaves out what is older, and what says no time", () => {
    expect(activityOf([event("2026-11-22T13:30:59Z"), event("never")], now, true).count).toBe(0);
  });
});
