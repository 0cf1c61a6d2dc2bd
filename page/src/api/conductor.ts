// The one client of the page: its own origin, by the session's cookie.
import { type CallOptions, Conductor, type ConductorOptions, Problem, type Schemas } from "@lumenflow/conductor-sdk";
import { parseExact } from "./exact";

const options: ConductorOptions = { url: location.origin, parse: parseExact };
export const conductor = new Conductor(options);
export const { api } = conductor;

// Set while this browser acts as a device of a workspace, without an operator: then it signs what it asks for.
let own: CallOptions["signer"];

export function actAs(signer: CallOptions["signer"]): void {
  own = signer;
  if (signer === undefined) delete options.token;
}

export function signer(): CallOptions {
  return own === undefined ? {} : { signer: own };
}

export type { Schemas };
export { Problem };

export type Role = Schemas["Session"]["role"];
const ranks: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

export function mayAct(role: Role, needed: Role): boolean {
  return ranks[role] >= ranks[needed];
}

/** What to say of anything that was thrown. */
export function told(error: unknown): { code: string; message: string } {
  if (error instanceof Problem) {
    if (error.code === "UNREACHABLE") return { code: error.code, message: "The conductor does not answer. It is asked again by itself." };
    return { code: error.code, message: error.message };
  }
  return { code: "INTERNAL", message: error instanceof Error ? error.message : String(error) };
}
