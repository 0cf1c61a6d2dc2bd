// The conductor as this browser's own device asks it: by a token that the key gets, not by the operator's session.
import { Conductor, type Schemas } from "@lumenflow/conductor-sdk";
import type { Signer } from "./store";

export async function asDevice(workspace: string, { key, subject, deviceId }: Signer) {
  const client = new Conductor({ url: location.origin });
  await client.renew(workspace, deviceId, key);
  return {
    client,
    /** Lets go on what was stopped: the signature names who asks, so the device asks itself. */
    async resume(target: string): Promise<Schemas["QueuedCommand"]> {
      const decided_at = new Date().toISOString();
      const signature = await key.signResume({ target, decided_by: subject, decided_at });
      return client.told(client.api.POST("/v2/workspaces/{id}/stop", { params: { path: { id: workspace } }, body: { target, resume: true, signature, decided_at } }));
    },
  };
}
