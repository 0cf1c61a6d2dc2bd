// Checks `lumenflow-proof/1` here, in the browser, from docs/formats/proof.md: that an entry is in the tree whose head the log's
// key has signed, and that it is the one that is shown. SHA-256 and Ed25519 are the browser's own.

import { parseExact, sameJson } from "../api/exact";

export interface Proof {
  format: string;
  checkpoint: string;
  origin: string;
  tree_size: number;
  root: string;
  leaf_index: number;
  entry: string;
  leaf_hash: string;
  proof: string[];
}

export interface Checked {
  holds: boolean;
  /** What was looked at, in order; the first that does not hold ends it. */
  steps: { what: string; holds: boolean }[];
  /** What the proven bytes say; undefined where they are no JSON. */
  entry?: unknown;
}

/** Of which entry the proof has to be. */
export interface Wanted {
  /** From 1. */
  position: number;
  /** As it is shown; where nothing is, the proven one is to be. */
  shown?: unknown;
}

function fromHex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

async function sha256(...parts: Uint8Array[]): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}

/** RFC 9162, 2.1.3.2: the root that a leaf and its path lead to; nothing when the path has the wrong length. */
export async function rootOf(leaf: Uint8Array<ArrayBuffer>, index: number, size: number, path: Uint8Array[]): Promise<Uint8Array | undefined> {
  if (index >= size) return undefined;
  // As integers of any size: positions pass 2^32.
  let node = BigInt(index);
  let last = BigInt(size) - 1n;
  let root = leaf;
  for (const sibling of path) {
    if (last === 0n) return undefined;
    if (node % 2n === 1n || node === last) {
      root = await sha256(Uint8Array.of(1), sibling, root);
      while (node % 2n === 0n && node !== 0n) {
        node /= 2n;
        last /= 2n;
      }
    } else {
      root = await sha256(Uint8Array.of(1), root, sibling);
    }
    node /= 2n;
    last /= 2n;
  }
  return last === 0n ? root : undefined;
}

interface Note {
  origin: string;
  size: number;
  root: Uint8Array;
  text: string;
  signatures: { name: string; keyId: string; bytes: Uint8Array<ArrayBuffer> }[];
}

/** A signed note (C2SP): the text, an empty line, then a line for each signature. */
export function parseNote(note: string): Note | undefined {
  const cut = note.lastIndexOf("\n\n");
  if (cut < 0) return undefined;
  const text = note.slice(0, cut + 1);
  const [origin, size, root] = text.split("\n");
  if (!origin || !size || !root || !/^\d+$/.test(size)) return undefined;
  const signatures = note.slice(cut + 2).split("\n").flatMap((line) => {
    const parts = /^— (\S+) (\S+)$/.exec(line);
    if (!parts?.[1] || !parts[2]) return [];
    const bytes = fromBase64(parts[2]);
    return [{ name: parts[1], keyId: toHex(bytes.subarray(0, 4)), bytes: bytes.slice(4) }];
  });
  return { origin, size: Number(size), root: fromBase64(root), text, signatures };
}

export async function signedBy(note: Note, publicKey: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const key = await crypto.subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
  const text = new TextEncoder().encode(note.text);
  for (const signature of note.signatures) {
    if (signature.name === note.origin && (await crypto.subtle.verify({ name: "Ed25519" }, key, signature.bytes, text))) return true;
  }
  return false;
}

// What is proven is bytes; what people read is what they say.
function said(entry: string): unknown {
  try {
    return parseExact(new TextDecoder("utf-8", { fatal: true }).decode(fromBase64(entry)));
  } catch {
    return undefined;
  }
}

/** Whether the entry is in the log whose key this is, and is the one that is wanted: a proof of another entry proves nothing of it. */
export async function check(proof: Proof, publicKey: string, wanted: Wanted): Promise<Checked> {
  const steps: Checked["steps"] = [];
  const step = (what: string, holds: boolean) => {
    steps.push({ what, holds });
    return holds;
  };
  const entry = said(proof.entry);
  const ended = () => ({ holds: steps.every(({ holds }) => holds), steps, entry });
  const note = parseNote(proof.checkpoint);
  if (!step("The head is a signed note", note !== undefined) || note === undefined) return ended();
  if (!step("It is signed by the log's key (Ed25519)", await signedBy(note, fromBase64(publicKey)))) return ended();
  const same = proof.format === "lumenflow-proof/1" && note.origin === proof.origin && note.size === proof.tree_size && toHex(note.root) === proof.root;
  if (!step("The proof leads to that head", same)) return ended();
  const leaf = await sha256(Uint8Array.of(0), fromBase64(proof.entry));
  if (!step("The leaf is the hash of the entry's bytes", toHex(leaf) === proof.leaf_hash)) return ended();
  if (!step(`It is the leaf of position ${wanted.position}`, proof.leaf_index === wanted.position - 1)) return ended();
  const root = await rootOf(leaf, proof.leaf_index, proof.tree_size, proof.proof.map(fromHex));
  if (!step(`The path of ${proof.proof.length} hashes leads from it to the root`, root !== undefined && toHex(root) === proof.root)) return ended();
  if (wanted.shown !== undefined) step("The entry that is shown is what those bytes say", entry !== undefined && sameJson(entry, wanted.shown));
  return ended();
}
