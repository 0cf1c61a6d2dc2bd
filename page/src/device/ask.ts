// How this browser comes to be a device: a key that cannot leave, then the question to the workspace that pins it.
import { DeviceKey } from "@lumenflow/conductor-sdk";
import { conductor, Problem, type Schemas } from "../api/conductor";
import { type Asked, keepRequest } from "./store";

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

/** A key of this invitation's, kept: were the answer lost, the key that was asked for would be, too. */
export async function begin(invitation: Invitation): Promise<Asked> {
  const key = await DeviceKey.generate();
  const asked: Asked = { ...invitation, pair: key.pair };
  await keepRequest(asked);
  return asked;
}

// The same question again, by the same key, is the same; once the ticket is over, what was asked still stands.
async function ask({ ticket, workspace, deviceId, name, pair }: Asked): Promise<void> {
  try {
    await conductor.requestDevice({ ticket, workspace, deviceId, name, key: await DeviceKey.of(pair).publicKey() });
  } catch (error) {
    if (!(error instanceof Problem && (error.code === "TICKET_EXPIRED" || error.code === "TICKET_USED"))) throw error;
  }
}

/** Asks the workspace, and waits for what it decides. */
export async function decision(asked: Asked, signal: AbortSignal): Promise<Schemas["DeviceEnrollmentState"]> {
  await ask(asked);
  return conductor.deviceDecision(asked.ticket, asked.deviceId, signal);
}
