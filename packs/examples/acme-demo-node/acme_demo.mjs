// Runs pretended jobs, says when one is done, and proposes how to recover one.

import { Pack } from "./pack-sdk/index.js";

export const pack = new Pack();

// Where a real pack would do the work.
pack.tool("acme-demo:run_job", async (context, { job_id }) => {
  const done = { job_id, status: "ok" };
  await context.store.put(`jobs/${job_id}`, done);
  // The job's id is the key: however often the job is run, it was completed once.
  await context.emit("acme-demo:job_completed", done, { idempotencyKey: job_id });
  return done;
});

const replayKey = ({ payload }) => `${payload.target_id}/${payload.turn_id ?? ""}`;

// Proposes, and does nothing by itself. Writing under the job's id is an upsert: twice leaves what once leaves.
pack.handler("conductor:recovery_requested", { replayKey }, async (context, { payload }) => {
  if (payload.target_pack !== "acme-demo") return;
  const known = (await context.store.get(`jobs/${payload.target_id}`)) !== null;
  await context.store.put(`recoveries/${payload.target_id}`,
    { known, reason: payload.reason, proposal: "call acme-demo:run_job with this job_id again" });
});

await pack.runAsMain(import.meta.url);
