import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { check, type Proof } from "./proof";

const hash = (...parts: Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest();
const leafOf = (entry: Uint8Array) => hash(Uint8Array.of(0), entry);

// RFC 9162, 2.1.1 and 2.1.3.1, as they are written there: by recursion.
function split(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}
function root(leaves: Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  const at = split(leaves.length);
  return hash(Uint8Array.of(1), root(leaves.slice(0, at)), root(leaves.slice(at)));
}
function path(index: number, leaves: Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  const at = split(leaves.length);
  return index < at ? [...path(index, leaves.slice(0, at)), root(leaves.slice(at))] : [...path(index - at, leaves.slice(at)), root(leaves.slice(0, at))];
}

const keys = generateKeyPairSync("ed25519");
const publicKey = keys.publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64");

function proofOf(index: number, size: number): Proof {
  const entries = Array.from({ length: size }, (_, number) => Buffer.from(`{"n":${number}}`));
  const leaves = entries.map(leafOf);
  const head = Buffer.from(root(leaves));
  const origin = "lumenflow/test";
  const text = `${origin}\n${size}\n${head.toString("base64")}\n`;
  const signature = Buffer.concat([Buffer.from("00000000", "hex"), sign(null, Buffer.from(text), keys.privateKey)]);
  return {
    format: "lumenflow-proof/1",
    checkpoint: `${text}\n— ${origin} ${signature.toString("base64")}\n`,
    origin,
    tree_size: size,
    root: head.toString("hex"),
    leaf_index: index,
    entry: (entries[index] as Buffer).toString("base64"),
    leaf_hash: Buffer.from(leaves[index] as Uint8Array).toString("hex"),
    proof: path(index, leaves).map((one) => Buffer.from(one).toString("hex")),
  };
}

describe("a proof", () => {
  it("holds for every entry of trees of every size", async () => {
    for (let size = 1; size <= 9; ++size) for (let index = 0; index < size; ++index) expect(await check(proofOf(index, size), publicKey, { position: index + 1, shown: { n: index } }), `${index} of ${size}`).toMatchObject({ holds: true });
  });

  it("does not hold when anything of it is another", async () => {
    const good = proofOf(5, 11);
    const other = proofOf(6, 11);
    const bad: Partial<Proof>[] = [
      { entry: other.entry },
      { leaf_index: 6 },
      { leaf_hash: other.leaf_hash, entry: other.entry },
      { proof: good.proof.slice(1) },
      { proof: [...good.proof, good.root] },
      { root: other.leaf_hash },
      { tree_size: 12 },
      { checkpoint: good.checkpoint.replace("\n11\n", "\n12\n") },
      { checkpoint: "nonsense" },
      { checkpoint: proofOf(5, 12).checkpoint },
    ];
    for (const change of bad) expect((await check({ ...good, ...change }, publicKey, { position: 6 })).holds, JSON.stringify(change).slice(0, 80)).toBe(false);
    const stranger = generateKeyPairSync("ed25519").publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64");
    expect((await check(good, stranger, { position: 6 })).steps).toEqual([{ what: "The head is a signed note", holds: true }, { what: "It is signed by the log's key (Ed25519)", holds: false }]);
  });

  it("is of the entry that is shown, and of no other", async () => {
    const good = proofOf(5, 11);
    expect(await check(good, publicKey, { position: 6, shown: { n: 5 } })).toMatchObject({ holds: true, entry: { n: 5 } });
    const altered = await check(good, publicKey, { position: 6, shown: { n: 4 } });
    expect(altered).toMatchObject({ holds: false, entry: { n: 5 } });
    expect(altered.steps.at(-1)).toEqual({ what: "The entry that is shown is what those bytes say", holds: false });
    expect((await check(good, publicKey, { position: 7, shown: { n: 5 } })).steps.at(-1)).toEqual({ what: "It is the leaf of position 7", holds: false });
  });
});
