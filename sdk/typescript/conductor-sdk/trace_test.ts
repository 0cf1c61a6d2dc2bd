// An operator has a work unit claimed and an agent run its gates, and sees each step arrive.
//
//   trace_test.js URL WORKSPACE NAME PASSPHRASE     the workspace has WU-042 in the lane "Content: Site Comms"

import { Conductor, type WorkspaceEvent } from "./index.js";

declare const process: { argv: string[]; stdout: { write(text: string): void } };

function expect(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`expected: ${what}`);
}

const [url = "", workspace = "", name = "", passphrase = ""] = process.argv.slice(2);
const ana = new Conductor({ url });
await ana.signIn(name, passphrase);

const watching = new AbortController();
const seen: WorkspaceEvent[] = [];
const follows = (async () => {
  for await (const item of ana.follow(workspace, { after: 0, signal: watching.signal })) if ("kind" in item) seen.push(item);
})();
async function arrives(kind: string, of: (payload: Record<string, unknown>) => boolean): Promise<WorkspaceEvent> {
  for (;;) {
    const found = seen.find((event) => event.kind === kind && of(event.payload ?? {}));
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const claimed = await ana.call(workspace, "software-delivery:wu_claim", { wu_id: "WU-042", lane: "Content: Site Comms" });
expect(claimed.state === "done" && claimed.result?.success === true, `claimed: ${JSON.stringify(claimed)}`);
const place = claimed.result.data as { worktree_path: string };
expect(place.worktree_path.endsWith("WU-042"), `a worktree: ${JSON.stringify(place)}`);
const told = await arrives("software-delivery:wu_claimed", (payload) => payload["wu_id"] === "WU-042");
expect(told.from === workspace && told.event_id.length > 0, `from the workspace: ${JSON.stringify(told)}`);

const turned = await ana.call(workspace, "agent:execute-turn", { goal: "run gates on WU-042" });
expect(turned.state === "done" && turned.result?.success === true, `turned: ${JSON.stringify(turned)}`);
const answer = turned.result.data as { turn_id: string; status: string; evidence_refs: string[]; tool_calls: { tool: string }[] };
expect(answer.status === "reply" && answer.evidence_refs.length > 0, `a reply with evidence: ${JSON.stringify(answer)}`);
const ofTurn = (payload: Record<string, unknown>) => payload["turn_id"] === answer.turn_id;
const steps = [
  told,
  await arrives("agent-runtime:turn_started", ofTurn),
  await arrives("agent-runtime:tool_called", (payload) => ofTurn(payload) && payload["tool_name"] === "software-delivery:gates"),
  await arrives("software-delivery:gate_passed", (payload) => payload["wu_id"] === "WU-042"),
  await arrives("agent-runtime:turn_completed", ofTurn),
].map((event) => event.seq);
expect(steps.every((seq, i) => i === 0 || seq > (steps[i - 1] ?? 0)), `in their order: ${steps.join(" ")}`);

watching.abort();
await follows.catch(() => undefined);
await ana.signOut();
process.stdout.write(`turn ${answer.turn_id} seen from claim to completion\n`);
