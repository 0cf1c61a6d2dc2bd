// A pack in TypeScript against the SDK's types: it compiles, and what is wrong does not.

import { Pack, ToolError, buildKernelEventV2 } from "@lumenflow/pack-sdk";
import { MemoryHost } from "@lumenflow/pack-sdk/testing";

const pack = new Pack();
pack.tool("acme:greet", async (context, input: { name: string }) => {
  if (input.name === "") throw new ToolError("NOBODY", "nobody to greet");
  await context.emit("acme:greeted", { name: input.name }, { idempotencyKey: input.name });
  const { seq } = await context.emitNow("acme:greeted", { name: input.name });
  return { greeting: `Hello ${input.name}`, seq, at: context.nowMs() };
});
pack.handler("acme:greeted", { replayKey: (event) => event.event_id }, async (context, event) => {
  for await (const { key, value } of context.store.items("greeted/")) context.log("info", key, { same: value === event.kind });
});
pack.status((receiptId) => ({ status: receiptId === "" ? "unknown" : "not_applied" }));

const event = buildKernelEventV2("acme:greeted", { name: "Ana" }, { timestamp: "2026-03-01T12:00:00Z" });
const applied: Promise<boolean> = new MemoryHost(pack).deliver(event);
export { applied };

// @ts-expect-error a handler says when two events are the same
pack.handler("acme:greeted", {}, () => undefined);
// @ts-expect-error the builder is pure: it takes the time from its caller
buildKernelEventV2("acme:greeted", {}, {});
// @ts-expect-error only three answers
pack.status(() => ({ status: "perhaps" }));
