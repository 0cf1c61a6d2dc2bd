// How this browser comes to be a device: a key that cannot leave, then the question to the workspace that pins it.
import { DeviceKey } from "@lumenflow/conductor-sdk";
import { conductor } from "../api/conductor";
import { type Asked, forgetRequest, keepRequest } from "./store";

export interface Invitation {
  workspace: string;
  deviceId: string;
  ticket: string;
  name: string;
}

/** WebCrypto and what it keeps need https, or this machine. */
export function canHaveKey(): boolean {
  return globalThis.isSecureContext && crypto.subtle !== undefined && typeof indexedDB !== "undefined";
}

/** What a link of `lumenflow device add`, or of the page, says behind `#/enroll?`. */
export function invitationOf(query: string): Invitation | undefined {
  const given = new URLSearchParams(query);
  const [workspace, deviceId, ticket] = ["workspace", "device", "ticket"].map((name) => given.get(name) ?? "");
  if (!workspace || !deviceId || !ticket) return undefined;
  return { workspace, deviceId, ticket, name: given.get("name") ?? "" };
}

export async function ask(invitation: Invitation): Promise<Asked> {
  const key = await DeviceKey.generate();
  const asked: Asked = { ...invitation, pair: key.pair };
  // Kept first: were the answer lost, the key that was asked for would be, too.
  await keepRequest(asked);
  try {
    await conductor.requestDevice({ ...invitation, key: await key.publicKey() });
  } catch (error) {
    await forgetRequest(invitation.workspace);
    throw error;
  }
  return asked;
}
