import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Schemas } from "../api/conductor";
import { parseExact } from "../api/exact";

// The client of the page reads its address when it is loaded.
Object.assign(globalThis, { location: { origin: "http://127.0.0.1" } });
const { canonicalJson } = await import("@lumenflow/conductor-sdk");
const { assured, examine, examineRecovery, recoveryDocument, statementOf } = await import("./examine");

type Approval = Schemas["Approval"];
const digest = (document: unknown) => createHash("sha256").update(canonicalJson(document)).digest("hex");

const covered = { approvals: 1, expires_at: "2026-11-23T00:00:00.000Z", input: { path: "/a", n: 3 }, log_id: "l", nonce: "n", rules: [{ rule: "workspace:ask" }], subject: "ws-42:conductor", surfaces: ["policy:ask"], tool: "odd:ask" };

function approval(changes: Partial<Approval> = {}, preview: { [name: string]: unknown } = covered): Approval {
  return { approval_id: "a", receipt_id: "r", surface: "policy:ask", tool_name: "odd:ask", call_digest: digest(preview), preview, requested_by: "ws-42:conductor", expires_at: "2026-11-23T00:00:00.000Z", workspace_id: "ws-42", state: "pending", position: 1, requested_at: "2026-11-22T00:00:00.000Z", ...changes };
}

describe("what is to be decided", () => {
  it("is what the digest covers", async () => {
    expect(await examine(approval())).toEqual({ holds: true, why: [] });
    const told = statementOf(approval({ tool_name: "memory:recall", requested_by: "ws-42:local:root", expires_at: "2029-01-01T00:00:00.000Z" }));
    expect(told).toMatchObject({ tool: "odd:ask", subject: "ws-42:conductor", expiresAt: "2026-11-23T00:00:00.000Z", input: covered.input, rules: ["workspace:ask"] });
  });

  it("is not what is said beside it, and that is told", async () => {
    const beside: [Partial<Approval>, RegExp][] = [
      [{ tool_name: "memory:recall" }, /says that the tool is memory:recall; what would be signed says odd:ask/],
      [{ tool_name: "odd:ask\u200b" }, /the tool is odd:ask\\u200b;/],
      [{ requested_by: "ws-42:local:root" }, /who asks is ws-42:local:root; what would be signed says ws-42:conductor/],
      [{ expires_at: "2026-11-29T00:00:00.000Z" }, /the end of waiting is 2026-11-29/],
    ];
    for (const [change, why] of beside) {
      const found = await examine(approval(change));
      expect(found).toMatchObject({ holds: false, why: [expect.stringMatching(why)] });
      await expect(assured(examine(approval(change)))).rejects.toThrow(/^Nothing was signed\. /);
    }
  });

  it("is nothing where the digest is another one", async () => {
    const otherwise = [{ ...covered, input: { path: "/b", n: 3 } }, { ...covered, tool: "memory:recall" }, {}, { ...covered, input: parseExact('{"path":"/a","n":9007199254740993}') }, { ...covered, input: "\ud800" }];
    for (const preview of otherwise) {
      const found = await examine({ ...approval(), preview: preview as Approval["preview"] });
      expect(found.why.join(), JSON.stringify(preview)).toMatch(/digest that would be signed is not that/);
    }
    expect((await examine(approval({ call_digest: "0".repeat(64) }))).holds).toBe(false);
    const large = await examine(approval({}, { ...covered, input: { bytes_left_out: 70_000 } }));
    expect(large.why).toEqual(["It is too large to be sent here, so not all of it is shown."]);
  });

  it("may be an event that waits for its handler", async () => {
    const preview = { approvals: 1, event: { event_id: "e", from: "ws-42:phone:p", kind: "sidekick:command_received", payload: { a: 1 }, stream: "phone:p" }, expires_at: covered.expires_at, log_id: "l", nonce: "n", pack: "sidekick", pack_integrity: "x", surfaces: ["phone"] };
    const waits = approval({ tool_name: "sidekick:command_received", requested_by: "ws-42:pack:sidekick" }, preview);
    expect(await examine(waits)).toEqual({ holds: true, why: [] });
    expect(statementOf(waits)).toMatchObject({ tool: "sidekick:command_received", subject: "ws-42:phone:p", pack: "sidekick", rules: ["phone"] });
    expect((await examine({ ...waits, requested_by: "ws-42:pack:other" })).why).toHaveLength(1);
  });
});

describe("what is consented to", () => {
  const recovery = { recovery_id: "rec", receipt_id: "r", cleanup_status: "needs_recovery", recovery_action: "put it back", recovery_call: { tool: "odd:mend", input: { n: 1 } }, log_id: "l", state: "open", call_digest: "" };
  recovery.call_digest = digest(recoveryDocument(recovery));
  it("is what the digest covers, or nothing", async () => {
    expect((await examineRecovery(recovery)).holds).toBe(true);
    for (const change of [{ recovery_action: "do nothing" }, { recovery_call: null }, { recovery_call: { tool: "odd:mend", input: { n: 2 } } }, { cleanup_status: "clean" }, { receipt_id: "r-2" }]) {
      expect((await examineRecovery({ ...recovery, ...change })).holds, JSON.stringify(change)).toBe(false);
    }
  });
});
