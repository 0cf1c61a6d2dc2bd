// Whether a digest is that of what is shown, computed here.
import { canonicalJson } from "@lumenflow/conductor-sdk";

export async function sha256Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** False also where secrets were left out of the document: then it is another one. */
export async function covers(document: unknown, digest: string): Promise<boolean> {
  return crypto.subtle !== undefined && (await sha256Hex(canonicalJson(document))) === digest;
}
