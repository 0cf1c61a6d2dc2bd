// The pack without a host: what a job leaves, and what a request to recover it leaves.

import assert from "node:assert/strict";
import { test } from "node:test";

import { pack } from "./acme_demo.mjs";
import { buildKernelEventV2 } from "./pack-sdk/index.js";
import { MemoryHost } from "./pack-sdk/testing.js";

const request = { target_pack: "acme-demo", target_id: "job-1", reason: "it hangs", requested_by: "operator:ana" };

test("a job is completed once", async () => {
  const host = new MemoryHost(pack);
  const done = { job_id: "job-1", status: "ok" };
  for (const _ of [1, 2]) assert.deepEqual((await host.call("acme-demo:run_job", { job_id: "job-1" })).data, done);
  const options = { idempotencyKey: "job-1", timestamp: host.now };
  assert.deepEqual(host.events, [buildKernelEventV2("acme-demo:job_completed", done, options)]);
});

test("a recovery is proposed once", async () => {
  const host = new MemoryHost(pack);
  await host.call("acme-demo:run_job", { job_id: "job-1" });
  for (const applied of [true, false]) {
    const event = buildKernelEventV2("conductor:recovery_requested", request, { timestamp: host.now });
    assert.equal(await host.deliver(event), applied);
  }
  assert.ok(host.store.get("recoveries/job-1").known);
});
