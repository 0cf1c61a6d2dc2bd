import { describe, expect, it } from "vitest";
import { covers } from "./digest";

describe("a digest", () => {
  // From a real approval: SHA-256 of the canonical JSON of what is shown.
  const shown = { b: [1, { z: "ä", a: null }], a: "x" };
  it("is that of what is shown, whatever the order of members", async () => {
    const { createHash } = await import("node:crypto");
    const digest = createHash("sha256").update('{"a":"x","b":[1,{"a":null,"z":"ä"}]}').digest("hex");
    expect(await covers(shown, digest)).toBe(true);
    expect(await covers({ ...shown, a: "y" }, digest)).toBe(false);
  });
});
